"""A spray and a new tablet together, as the trials of esketamine gave them: claims."""

from .claim import Claim, Control, around, between
from .reference_runs import reference_run

FOUR_WEEKS = 672.0
"""h."""
ACTIVE, CONTROL = "esketamine-spray-and-escitalopram", "placebo-spray-and-escitalopram"


def _remains(arm: str) -> float:
    """Share of the rating that remains after four weeks of placebo spray and escitalopram."""
    course = reference_run(protocol=CONTROL)
    return course.at(FOUR_WEEKS, arm) / course.at(0.0, arm)


def _difference(protocol: str) -> float:
    """MADRS at four weeks over that of the control arm, points."""
    return reference_run(protocol=protocol).at(FOUR_WEEKS) - reference_run(protocol=CONTROL).at(FOUR_WEEKS)


CLAIMS = (
    Claim(
        "combinations.placebo_spray",
        "share of the rating that remains after four weeks of placebo spray and escitalopram (within a tenth)",
        "transform.placebo_28d",
        lambda: _remains("as given"),
        around("transform.placebo_28d", 1 / 10),
        Control("escitalopram without its context", lambda: _remains("mechanisms alone")),
    ),
    Claim(
        "combinations.esketamine",
        "esketamine spray beside escitalopram is better than placebo spray (points at week 4)",
        "transform.difference_28d",
        lambda: _difference(ACTIVE),
        between("transform.difference_28d"),
        Control("esketamine removed", lambda: _difference(CONTROL)),
        "disagrees",
        "eight sprays repair nearly all that this one typical patient lacks; in trials some do not respond, and regrowth here knows no end",
    ),
)
