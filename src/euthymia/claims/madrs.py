"""Mood, on which all ways act together: claims."""

from ..evidence.registry import evidence
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit
from .claim import Claim, Control, around_mean
from .reference_runs import reference_run

SEPARATE = 2.0
"""Points between two arms that a trial would tell apart."""
MINUTES = 60.0
"""In an hour."""
SLOW_ITEMS = ("reduced_sleep", "reduced_appetite")


def _relief(arm: str, hours: float) -> float:
    """Fall in MADRS beyond that of the visit alone, points."""
    return reference_run().at(hours, "context") - reference_run().at(hours, arm)


def _change(course: Simulation, hours: float, arm: str = "as given") -> float:
    return course.at(hours, arm) - course.at(0.0, arm)


def separates(course: Simulation) -> float:
    """When a course is first better than its context by ``SEPARATE`` points, h after the first visit; infinite if never."""
    gap = course.madrs("context") - course.madrs()
    apart = gap.time[(gap >= SEPARATE).to_numpy()]
    return float(apart[0]) - first_visit(course.protocol) if apart.size else float("inf")


def _largest_item_change(items: tuple[str, ...]) -> float:
    """Largest fall of any of these items at 24 h, points."""
    rating = reference_run().data["items"].sel(arm="as given", item=list(items))
    return float((rating[0] - rating.sel(time=24.0, method="nearest")).max())


def _observed_decay() -> float:
    return evidence().target("zarate2006.effect_7d").value / evidence().target("zarate2006.effect_24h").value


def _largest_change(arm: str) -> float:
    """Largest improvement of an arm of the standard course, as a change in points."""
    madrs = reference_run().madrs(arm)
    return float(madrs.min() - madrs[0])


CLAIMS = (
    Claim(
        "mood.onset",
        "ketamine is better than its visit within the first rating that separated them (first two points apart, min)",
        "zarate2006.onset",
        lambda: separates(reference_run()) * MINUTES,
        (0.0, evidence().target("zarate2006.onset").value),
        Control("escitalopram against its own context", lambda: separates(reference_run(protocol="escitalopram")) * MINUTES),
    ),
    Claim(
        "mood.2h",
        "MADRS changes as in the open-label series at 2 h (points, mean ± 2 standard errors)",
        "murrough2013b.madrs_2h",
        lambda: _change(reference_run(), 2.0),
        around_mean("murrough2013b.madrs_2h"),
        Control("visit alone", lambda: _change(reference_run(), 2.0, "context")),
        "disagrees",
        "the series was open, so that hope adds to its number, and one typical patient improves less than the mean of an arm",
    ),
    Claim(
        "mood.24h",
        "MADRS changes as in the midazolam-controlled trial at 24 h (points, mean ± 2 standard errors)",
        "murrough2013.madrs_24h",
        lambda: _change(reference_run("midazolam"), 24.0),
        around_mean("murrough2013.madrs_24h"),
        Control("midazolam visit alone", lambda: _change(reference_run("midazolam"), 24.0, "context")),
    ),
    Claim(
        "mood.decay",
        "relief beyond saline at 7 d is about half of that at 24 h (ratio)",
        "zarate2006.effect_7d",
        lambda: _relief("as given", 168.0) / _relief("as given", 24.0),
        (0.25, 0.75),
        Control("regrowth removed", lambda: _relief("without regrowth", 168.0) / _relief("without regrowth", 24.0)),
        "disagrees",
        "relief follows spines, which are at their most at 2 to 3 d, and a lock that stays open",
        observed=f"{_observed_decay():.3g}, from effect sizes",
    ),
    Claim(
        "mood.midazolam",
        "MADRS changes after midazolam as in that trial at 24 h (points, mean ± 2 standard errors)",
        "murrough2013.madrs_24h_midazolam",
        lambda: _change(reference_run(protocol="midazolam"), 24.0),
        around_mean("murrough2013.madrs_24h_midazolam"),
        Control("no drug and no visit", lambda: _change(reference_run(protocol="midazolam"), 24.0, "untreated")),
    ),
    Claim(
        "mood.saline",
        "MADRS changes after saline as after repeated visits (largest fall, points, mean ± 2 standard errors)",
        "singh2016.madrs_15d_saline",
        lambda: _largest_change("context"),
        around_mean("singh2016.madrs_15d_saline"),
        Control("no visit", lambda: _largest_change("untreated")),
    ),
    Claim(
        "mood.slow_items",
        "sleep and appetite hardly move within a day (larger change of the two items, points)",
        None,
        lambda: _largest_item_change(SLOW_ITEMS),
        (-0.5, 0.5),
        Control("reported sadness instead", lambda: _largest_item_change(("reported_sadness",))),
    ),
)
