"""Predictions about a spray and a new tablet together, as the trials of esketamine gave them."""

from ..core.constants import WEEK
from .claim import Prediction
from .reference_runs import reference_run

FOUR_WEEKS = 4 * WEEK
ACTIVE, CONTROL = "esketamine-spray-and-escitalopram", "placebo-spray-and-escitalopram"


def _remaining_share(arm: str) -> float:
    """Share of the rating that remains after four weeks of placebo spray and escitalopram."""
    run = reference_run(protocol=CONTROL)
    return run.at(FOUR_WEEKS, arm) / run.at(0.0, arm)


def _difference_to_control(protocol: str) -> float:
    """MADRS at four weeks over that of the control arm, points."""
    return reference_run(protocol=protocol).at(FOUR_WEEKS) - reference_run(protocol=CONTROL).at(FOUR_WEEKS)


PREDICTIONS = {
    "combinations.placebo_spray": Prediction(lambda: _remaining_share("as given"), lambda: _remaining_share("mechanisms alone")),
    "combinations.esketamine": Prediction(lambda: _difference_to_control(ACTIVE), lambda: _difference_to_control(CONTROL)),
}
