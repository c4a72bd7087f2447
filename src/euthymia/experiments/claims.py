"""All claims of this version."""

from . import receptor, way2, way4
from .claim import Claim, Verdict, run

CLAIMS: tuple[Claim, ...] = (*receptor.CLAIMS, *way2.CLAIMS, *way4.CLAIMS)


def verify() -> list[Verdict]:
    """Run every claim and its control."""
    return [run(claim) for claim in CLAIMS]
