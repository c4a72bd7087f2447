"""Fits to data, and the model held against data."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from ..core.runtime import configure
from ..evidence.robustness import Robustness
from ..inference.sizes import DRAWS_OF_CIRCUITS, DRAWS_OF_POSTERIOR, DRAWS_OF_PREDICTION, PATIENTS, SEED_OF_CIRCUITS, check_circuit_draws
from ..protocols.nonmem_layout import AS_IT_SAYS, TableLayout
from .courses import model_like, silent, whole
from .types import Calibration, Model, PharmacokineticFit, PopulationFit, Verdict

VALIDATIONS = ("pharmacology", "clinic")


def fit_pk(data: str | Path, layout: TableLayout = AS_IT_SAYS, progress: Callable[[int], None] = lambda done: None) -> PharmacokineticFit:
    """Estimate how each person handles ketamine from blood samples, with the spread between people as the prior.

    Parameters
    ----------
    data
        Event table (CSV) of doses (mg) and concentrations (ng/mL) over time (h).
    layout
        What the table leaves unsaid, such as ``TableLayout("ketamine, i.v.", dv_unit="nmol/L")``.
    progress
        Called with the number of people done.

    Returns
    -------
    Estimates of each person, predictions of each sample, shrinkage, a predictive check, whether the fit failed and why, and warnings; its
    ``person`` is a subject as the patient of a protocol.

    Raises
    ------
    InputError
        If the table cannot be read, or nobody in it has doses and samples.

    Examples
    --------
    >>> import euthymia as eu
    >>> fit = eu.fit_pk("samples.csv")  # doctest: +SKIP
    >>> fit.individuals.estimate.sel(parameter="clearance")  # doctest: +SKIP
    """
    from ..protocols.nonmem import read_events

    subjects = read_events(Path(data), layout)
    configure()
    from ..inference.pharmacokinetics import check_subjects, fit

    check_subjects(subjects)
    return fit(subjects, progress=progress)


def fit_population(
    data: str | Path,
    layout: TableLayout = AS_IT_SAYS,
    traits: Collection[str] | None = None,
    progress: Callable[[str], None] = silent,
) -> PopulationFit:
    """Estimate the population's pharmacokinetics of ketamine from blood samples of at least six people; minutes of work.

    Parameters
    ----------
    data, layout
        As for :func:`fit_pk`.
    traits
        What is estimated, such as ``["clearance", "central_volume"]``; what was measured in enough people if left out.
    progress
        Called with what is done next.

    Returns
    -------
    Typical values, variances between people and residual error with their uncertainty, and what says whether to trust them.

    Raises
    ------
    InputError
        If the table cannot be read, or there are too few people for a trait.

    Examples
    --------
    >>> import euthymia as eu
    >>> fit = eu.fit_population("samples.csv")  # doctest: +SKIP
    >>> fit.traits.sel(parameter="clearance")  # doctest: +SKIP
    """
    from ..protocols.nonmem import read_events

    subjects = read_events(Path(data), layout)
    configure()
    from ..inference.population_pk import fit_population as run

    return run(subjects, traits=traits, progress=progress)


def calibrate(
    *rows: str, patients: int = PATIENTS, draws: int = DRAWS_OF_POSTERIOR, progress: Callable[[str], None] = silent
) -> Calibration:
    """Fit how patients differ and the effect of context to trials kept for calibration; many minutes of work.

    Parameters
    ----------
    rows
        Published numbers to fit (ids of evidence rows); all that were read and stand for patients of their own if left out.
    patients
        Virtual patients of the ensemble, 16 to 10,000.
    draws
        From the proposal of the posterior, 50 to 100,000.
    progress
        Called with what is done next.

    Returns
    -------
    The fit; :func:`euthymia.inference.fitted.fitted_set` makes a file of it.

    Raises
    ------
    InputError
        If a row does not exist or is not for calibration, or a number is out of range.
    """
    from ..inference.sizes import check_draws
    from ..trials.published import calibration_numbers

    check_draws(patients, draws)
    calibration_numbers(rows)
    configure()
    from ..inference.calibration import calibrate as run

    return run(rows, patients, draws, progress=progress)


def verify() -> list[Verdict]:
    """Check every claim of this version, each with a control in which its mechanism is removed; minutes of work.

    Returns
    -------
    A verdict for each claim; ``stands`` says whether it is the recorded one.

    Examples
    --------
    >>> import euthymia as eu
    >>> all(verdict.stands for verdict in eu.verify())  # doctest: +SKIP
    True
    """
    configure()
    from ..claims.catalogue import verify as run

    return run()


def draw_claims(before: Robustness, draws: int, out: Path | None = None, progress: Callable[[str], None] = silent) -> Robustness:
    """Run the claims also at models whose free rows are drawn from their ranges; a minute or so for each draw.

    Parameters
    ----------
    before
        Draws that are there already, as of :func:`euthymia.evidence.robustness.begin`.
    draws
        How many there are in the end.
    out
        File that holds what there is after each draw.
    progress
        Called with the number of draws done.

    Returns
    -------
    In which draws each claim holds.
    """
    configure()
    from ..claims.catalogue import claims
    from ..claims.draws import extend

    return extend(claims(), before, draws, lambda robustness: None if out is None else robustness.write(out), progress)


def condition_circuits(draws: int = DRAWS_OF_CIRCUITS, seed: int = SEED_OF_CIRCUITS, model: Model | None = None) -> dict[str, Any]:
    """Draw prefrontal circuits from their priors (rows ``dose_curve.*``) and keep those that do what slices, rats and people show.

    Parameters
    ----------
    draws
        Circuits to draw, 100 to 1,000,000.
    seed
        Of the draws.
    model
        Numbers; those of the evidence if left out.

    Returns
    -------
    Conditions, numbers before and after, results, variants and controls, as of
    :func:`euthymia.evidence.circuit_ensemble.conditioning`.

    Raises
    ------
    InputError
        If a number is out of range, or no circuit meets every condition.

    Examples
    --------
    >>> import euthymia as eu
    >>> found = eu.condition_circuits()  # doctest: +SKIP
    >>> found["rising"]  # doctest: +SKIP
    """
    check_circuit_draws(whole("draws", draws), whole("seed", seed))
    configure()
    from ..inference.circuit_summary import conditioned_summary

    used = model_like(model)
    return conditioned_summary(used.parameters, draws, seed)


def validate(
    what: str = "pharmacology",
    *,
    patients: int = PATIENTS,
    draws: int = DRAWS_OF_PREDICTION,
    progress: Callable[[str], None] = silent,
) -> list:
    """The model beside studies that were held out.

    Parameters
    ----------
    what
        "pharmacology" (concentrations) or "clinic" (outcomes of trials beside predictive intervals; minutes of work).
    patients, draws
        Of the clinic: virtual patients of the ensemble, and draws of trials.
    progress
        Called with what is done next.

    Returns
    -------
    A row for each observation.

    Raises
    ------
    InputError
        If there is no such validation, or a number is out of range.
    """
    from ..core.errors import unknown
    from ..inference.sizes import check_draws

    if what not in VALIDATIONS:
        raise unknown("validate", what, VALIDATIONS)
    check_draws(patients, draws)
    configure()
    if what == "pharmacology":
        from ..validation.pharmacology import pharmacology

        return pharmacology()
    from ..inference.fitted import shipped
    from ..validation.trials import predict_held_out

    return predict_held_out(shipped(), patients, draws, progress).rows
