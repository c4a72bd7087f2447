"""All claims of this version."""

from . import way2, way4
from .claim import Claim, Verdict, run

CLAIMS: tuple[Claim, ...] = (*way2.CLAIMS, *way4.CLAIMS)


def verify() -> list[Verdict]:
    """Run every claim and its control."""
    return [run(claim) for claim in CLAIMS]
