"""All claims of this version: what the evidence says of each, joined to its predictions."""

from collections.abc import Mapping, Sequence
from functools import cache

from ..evidence.claims import ClaimRow, claim_rows
from ..evidence.registry import evidence
from . import (
    combinations,
    comparators,
    course_of_relief,
    madrs,
    receptor,
    way1_prefrontal,
    way2_calcium,
    way3_habenula,
    way4_regrowth,
    way5_reset,
)
from .claim import Claim, Control, Prediction, Verdict, run

PREDICTIONS: dict[str, dict[str, Prediction]] = {
    "receptor": receptor.PREDICTIONS,
    "way1": way1_prefrontal.PREDICTIONS,
    "way2": way2_calcium.PREDICTIONS,
    "way3": way3_habenula.PREDICTIONS,
    "way4": way4_regrowth.PREDICTIONS,
    "way5": way5_reset.PREDICTIONS,
    "madrs": madrs.PREDICTIONS,
    "course": course_of_relief.PREDICTIONS,
    "comparators": comparators.PREDICTIONS,
    "combinations": combinations.PREDICTIONS,
}
"""By group of claims and by claim; claims run in this order of groups."""


def join(rows: Mapping[str, Sequence[ClaimRow]], predictions: Mapping[str, Mapping[str, Prediction]]) -> tuple[Claim, ...]:
    """Claims with their predictions: groups in the order of the predictions, claims of a group in that of the rows.

    Raises
    ------
    ValueError
        If a claim has no prediction, a prediction has no claim, or both say what was observed.
    """
    for group in {**predictions, **rows}:
        claimed, predicted = {row.id for row in rows.get(group, ())}, set(predictions.get(group, {}))
        if claimed - predicted:
            raise ValueError(f"{group}.yaml: no prediction for {', '.join(sorted(claimed - predicted))}")
        if predicted - claimed:
            raise ValueError(f"{group}.yaml: no claim for the prediction {', '.join(sorted(predicted - claimed))}")
    return tuple(_claim(row, predictions[group][row.id]) for group in predictions for row in rows[group])


def _claim(row: ClaimRow, prediction: Prediction) -> Claim:
    if row.observed is not None and prediction.observed is not None:
        raise ValueError(f"{row.id}: what was observed is stated and computed; keep one")
    return Claim(
        id=row.id,
        statement=row.statement,
        target=row.observation,
        predict=prediction.predict,
        tolerance=row.tolerance.bounds(evidence()),
        control=Control(row.control, prediction.controlled),
        standing=row.standing,
        why=row.why or "",
        observed=prediction.observed() if prediction.observed is not None else row.observed or "",
        chosen=row.chosen,
    )


@cache
def claims() -> tuple[Claim, ...]:
    """Every claim, in the order in which they run."""
    return join(claim_rows(), PREDICTIONS)


def verify() -> list[Verdict]:
    """Run every claim and its control."""
    return [run(claim) for claim in claims()]
