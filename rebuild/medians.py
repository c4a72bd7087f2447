"""Take many virtual patients through every protocol that ships, and store their medians: `python -m rebuild.medians`; minutes of work."""

from euthymia.core.constants import WEEK
from euthymia.core.errors import InputError
from euthymia.core.files import atomic_write
from euthymia.core.runtime import configure
from euthymia.evidence.cohort_medians import FILE, CohortMedians, Quantiles
from euthymia.evidence.computed import model_hash

from . import say
from .inputs import DATA
from .stored import as_yaml

ABOUT = "MADRS of virtual patients under every protocol that ships, points: median, and what 5 % are below and above. By `make rebuild`."
PATIENTS = 200
FOLLOWED = 6 * WEEK
"""At least, h: comparisons show a short course beside a long one."""


def main() -> None:
    """Compute and store."""
    configure()
    from euthymia.protocols.reading import builtin_names

    madrs = {}
    for name in builtin_names():
        try:
            madrs[name] = of_protocol(name)
        except InputError as error:
            say(f"{name} is left out: {error}")
    computed = CohortMedians(inputs=model_hash(), patients=PATIENTS, madrs=madrs)
    atomic_write(DATA / FILE, f"# {ABOUT}\n{as_yaml(computed.model_dump())}")


def of_protocol(name: str) -> dict[str, Quantiles]:
    """MADRS of the patients at the checkpoints."""
    from euthymia.model.default import default_model
    from euthymia.population.cohort import cohort
    from euthymia.population.summary import visit_summaries
    from euthymia.protocols.reading import read
    from euthymia.simulation.visits import checkpoints_until, first_visit

    say(name)
    shipped = read(name)
    protocol = shipped.with_canonical(horizon=max(shipped.horizon, FOLLOWED))
    visits = visit_summaries(cohort(protocol, PATIENTS), default_model().ratings)
    checkpoints = checkpoints_until(protocol.horizon - first_visit(protocol))
    return {at: Quantiles(**visit.madrs._asdict()) for at, visit in zip(checkpoints, visits, strict=True)}


if __name__ == "__main__":
    main()
