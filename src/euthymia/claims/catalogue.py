"""All claims of this version."""

from . import combinations, comparators, receptor
from . import madrs as mood
from . import way1_prefrontal as way1
from . import way2_calcium as way2
from . import way3_habenula as way3
from . import way4_regrowth as way4
from . import way5_reset as way5
from .claim import Claim, Verdict, run

CLAIMS: tuple[Claim, ...] = tuple(
    claim for module in (receptor, way1, way2, way3, way4, way5, mood, comparators, combinations) for claim in module.CLAIMS
)


def verify() -> list[Verdict]:
    """Run every claim and its control."""
    return [run(claim) for claim in CLAIMS]
