"""Claims at models whose free rows are drawn from their ranges: in what share of them each holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log

import jax

from ..core.errors import NoFiniteAnswer
from ..core.parameters import fill
from ..core.types import Scalar
from ..core.units import factor
from ..evidence.freedom import FOLLOWING, drawn_rows
from ..evidence.registry import evidence
from ..evidence.robustness import Robustness
from ..model.circuits import rows_of_split
from ..model.default import default_model, lookup
from ..plasticity.spines import Spines, density, healthy_rates
from .claim import Claim, Verdict, run
from .in_use import Rows, arrays, at, model_in_use
from .reference_runs import undosed

SEED = 14
"""Of the draws, each of which has its own number beside it."""
PROBES = 3
"""Draws after which a claim whose numbers never changed is taken to rest on none of the rows that are drawn."""


@dataclass(frozen=True)
class Shipped:
    """A claim with its numbers at the model that ships; None if it has none."""

    claim: Claim
    numbers: tuple[float, float] | None


def drawn(number: int) -> Rows:
    """Values of the free rows in the draw of a number: each within its range, by its logarithm where that begins above zero.

    What cannot be is drawn again: a healthy dendrite in which fewer transient spines vanish than none.
    """
    rows, key, attempt = drawn_rows(), jax.random.fold_in(jax.random.key(SEED), number), 0
    while True:
        uniform = jax.random.uniform(jax.random.fold_in(key, attempt), (len(rows),)).tolist()
        values = {row.id: _between(row.lower or 0.0, row.upper or 0.0, share) for row, share in zip(rows, uniform, strict=True)}
        if _possible(values):
            return values
        attempt += 1


def _possible(rows: Rows) -> bool:
    """Whether a healthy dendrite loses no fewer transient spines than none."""
    return bool(healthy_rates(fill(Spines, lookup(arrays(rows)))).vanishing > 0)


def _between(lower: float, upper: float, share: float) -> float:
    return exp(log(lower) + share * log(upper / lower)) if lower > 0 else lower + share * (upper - lower)


def circuit(number: int) -> Rows:
    """Values of the rows that make the circuit of a number in the ensemble, from 0, the typical one."""
    return rows_of_split(default_model().circuits.of(number))


def with_following(rows: Rows) -> Rows:
    """Values of rows, with the one that follows: an undosed patient keeps his limbic drive."""
    p, patient = model_in_use().physiology, undosed()
    with at(rows):
        other = undosed()
        missing = (patient.fast.limbic_input - other.fast.limbic_input) / (1 - density(other.rest.spines))
    (name,) = FOLLOWING
    return {**rows, name: _in_row(name, p.links.spines_on_limbic_input + missing, "nA")}


def _in_row(row: str, value: Scalar, unit: str) -> float:
    """A value in the unit of its row."""
    return float(value) * factor(unit, evidence().parameters[row].unit)


def extend(
    claims: Sequence[Claim],
    before: Robustness,
    count: int,
    keep: Callable[[Robustness], None] = lambda robustness: None,
    progress: Callable[[str], None] = lambda text: None,
    rows_of: Callable[[int], Rows] = lambda number: with_following(drawn(number)),
) -> Robustness:
    """Draws up to a count, on top of those that are there.

    Parameters
    ----------
    claims
        Those of ``before``.
    keep
        Called with what there is after each draw, so that a run that was stopped goes on.
    progress
        Called with the number of draws done.
    rows_of
        Values of rows in the draw of a number; drawn from the ranges of the free rows if left out.
    """
    with at({}):
        shipped = [Shipped(claim, _numbers(claim)) for claim in claims] if before.draws < count else []
    moved, probed = set[str](), 0
    while before.draws < count:
        held: dict[str, bool] = {}
        with at(rows_of(before.draws)):
            for reference in shipped:
                name = reference.claim.id
                now = reference.numbers if probed >= PROBES and name not in moved else _numbers(reference.claim)
                held[name] = now is not None and holds(reference.claim, now)
                moved |= {name} if now != reference.numbers else set()
        probed += 1
        before = before.after(held)
        keep(before)
        progress(f"{before.draws}/{count} draws")
    return before


def _numbers(claim: Claim) -> tuple[float, float] | None:
    """What a claim and its control predict; None where the model has no answer."""
    try:
        verdict = run(claim)
    except (NoFiniteAnswer, ValueError):
        return None
    return verdict.predicted, verdict.controlled


def holds(claim: Claim, numbers: tuple[float, float]) -> bool:
    """The prediction is inside the tolerance and that of the control is not."""
    verdict = Verdict(claim, None, *numbers)
    return verdict.agrees and verdict.control_fails
