"""Predictions about mood, on which all ways act together."""

from ..core.constants import DAY, MINUTE, WEEK
from ..evidence.registry import evidence
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit
from .claim import Prediction
from .reference_runs import reference_run, relief

SEPARATE = 2.0
"""Points between two arms that a trial would tell apart."""
SLOW_ITEMS = ("reduced_sleep", "reduced_appetite")


def _change(run: Simulation, hours: float, arm: str = "as given") -> float:
    """Change in MADRS since the start, points."""
    return run.at(hours, arm) - run.at(0.0, arm)


def separates(run: Simulation) -> float:
    """When a run is first better than its context by ``SEPARATE`` points, h after the first visit; infinite if never."""
    gap = run.madrs("context") - run.madrs()
    apart = gap.time[(gap >= SEPARATE).to_numpy()]
    return float(apart[0]) - first_visit(run.protocol) if apart.size else float("inf")


def _largest_item_change(items: tuple[str, ...]) -> float:
    """Largest fall of any of these items at 24 h, points."""
    rating = reference_run().data["items"].sel(arm="as given", item=list(items))
    return float((rating[0] - rating.sel(time=DAY, method="nearest")).max())


def _observed_decay() -> str:
    """Effect size of ketamine at 7 d over that at 24 h."""
    ratio = evidence().target("zarate2006.effect_7d").value / evidence().target("zarate2006.effect_24h").value
    return f"{ratio:.3g}, from effect sizes"


def _largest_change(arm: str) -> float:
    """Largest improvement of an arm of the default protocol, as a change in points."""
    madrs = reference_run().madrs(arm)
    return float(madrs.min() - madrs[0])


PREDICTIONS = {
    "mood.onset": Prediction(
        lambda: separates(reference_run()) / MINUTE, lambda: separates(reference_run(protocol="escitalopram")) / MINUTE
    ),
    "mood.2h": Prediction(lambda: _change(reference_run("open label"), 2.0), lambda: _change(reference_run("open label"), 2.0, "context")),
    "mood.24h": Prediction(lambda: _change(reference_run("midazolam"), DAY), lambda: _change(reference_run("midazolam"), DAY, "context")),
    "mood.decay": Prediction(
        lambda: relief("as given", WEEK) / relief("as given", DAY),
        lambda: relief("without way 4", WEEK) / relief("without way 4", DAY),
        _observed_decay,
    ),
    "mood.midazolam": Prediction(
        lambda: _change(reference_run(protocol="midazolam"), DAY), lambda: _change(reference_run(protocol="midazolam"), DAY, "untreated")
    ),
    "mood.saline": Prediction(lambda: _largest_change("context"), lambda: _largest_change("untreated")),
    "mood.slow_items": Prediction(lambda: _largest_item_change(SLOW_ITEMS), lambda: _largest_item_change(("reported_sadness",))),
}
