"""All claims of this version."""

from . import combinations, comparators, mood, receptor, way1, way2, way3, way4, way5
from .claim import Claim, Verdict, run

CLAIMS: tuple[Claim, ...] = tuple(
    claim for module in (receptor, way1, way2, way3, way4, way5, mood, comparators, combinations) for claim in module.CLAIMS
)


def verify() -> list[Verdict]:
    """Run every claim and its control."""
    return [run(claim) for claim in CLAIMS]
