"""One row of the evidence by its id."""

from ..core.errors import unknown
from .registry import evidence
from .rows import Parameter, Target


def lookup(row: str) -> Parameter | Target:
    """A number of the model, or an observation that it is compared with: value, unit, spread, source, provenance, note.

    Of a row that was fitted to trials, the value is where the fit began; ``euthymia evidence`` shows what the fit made of it, too.

    Parameters
    ----------
    row
        Id of the row.

    Raises
    ------
    InputError
        If there is no such row.

    Examples
    --------
    >>> import euthymia as eu
    >>> half_life = eu.evidence.lookup("ketamine.effect_site_half_life")
    >>> half_life.value, half_life.unit, half_life.provenance
    (8.3, 'min', 'read')
    """
    known = evidence()
    every: dict[str, Parameter | Target] = {**known.parameters, **known.targets}
    if row not in every:
        raise unknown("evidence", row, every)
    return every[row]
