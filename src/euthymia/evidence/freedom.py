"""The freedom of the model: rows that were chosen for the course of mood, with what in view, beside the observations explained."""

from dataclasses import dataclass
from typing import Literal

from .claims import ClaimRow, claim_rows
from .registry import evidence
from .rows import Parameter

FOLLOWING = ("links.limbic_input_per_lost_spine",)
"""Rows that are set by others: an undosed patient has his limbic drive."""
Fate = Literal["drawn", "follows", "fitted", "kept"]


@dataclass(frozen=True)
class Freedom:
    """A row that was free, and the claims about the observations that it was chosen with."""

    row: Parameter
    fate: Fate
    """What becomes of it where rows are drawn: it is drawn from its range, follows from others, or is kept, because it was fitted to trials
    or no range is known."""
    claims: tuple[ClaimRow, ...]


def freedoms() -> tuple[Freedom, ...]:
    """Every row of which the evidence says what it was chosen with, be it nothing."""
    claims = [claim for group in claim_rows().values() for claim in group]
    return tuple(
        Freedom(row, fate(row), tuple(claim for claim in claims if claim.observation in row.chosen_with))
        for row in evidence().parameters.values()
        if row.chosen_with is not None
    )


def fitted_beside() -> tuple[Parameter, ...]:
    """Rows that were fitted to trials and of which the evidence does not say what they were chosen with before."""
    rows = evidence().parameters
    return tuple(rows[name] for name in evidence().calibrated if rows[name].chosen_with is None)


def fate(row: Parameter) -> Fate:
    """What becomes of a row where rows are drawn."""
    if row.id in FOLLOWING:
        return "follows"
    if row.id in evidence().calibrated:
        return "fitted"
    return "kept" if row.lower is None or row.upper is None or isinstance(row.value, list) else "drawn"


def drawn_rows() -> tuple[Parameter, ...]:
    """The rows that are drawn."""
    return tuple(freedom.row for freedom in freedoms() if freedom.fate == "drawn")
