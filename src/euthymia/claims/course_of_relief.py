"""Predictions about the course of relief: when it comes, when it goes, and what keeps it."""

from functools import partial

import numpy as np

from ..clinic.symptoms import repaired
from ..core.constants import DAY, WEEK
from ..core.types import Scalar
from ..simulation.course import at_rest
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit
from .claim import Prediction
from .draws import with_following
from .in_use import at, model_in_use
from .reference_runs import reference_run, relief, undosed
from .way3_habenula import highest_tone

SIX_WEEKS = 6 * WEEK
LONG = "45 d"
"""Horizon that holds six weeks."""
AFTER_SIX = "60 d"
"""Horizon of six infusions that holds a relapse."""
FELL_BACK = 22.0
"""MADRS that counts as a relapse (Murrough 2013)."""
NEEDED = ("way 1", "way 3", "way 4", "way 5")
"""Ways that relief on the first day needs."""
HALF_WAY = 0.9
"""A dopamine tone below that of health."""
IMMORTAL = {"spines.elimination_of_young": 1e-6}
"""Young spines that do not die, and mature as before; per day."""


def _course() -> Simulation:
    """The default protocol for six weeks."""
    return reference_run(horizon=LONG)


def _time_of_peak(arm: str) -> float:
    """When relief beyond the visit is largest, h after the first dose."""
    run = _course()
    relieved = run.madrs("context") - run.madrs(arm)
    return float(relieved.time[int(np.argmax(relieved.to_numpy()))]) - first_visit(run.protocol)


def _largest_rise(arm: str) -> float:
    """Largest rise of MADRS above its lowest before, from 1 h to 24 h; points."""
    madrs = reference_run().madrs(arm)
    course = madrs.sel(time=slice(1.0, DAY)).to_numpy()
    return float((course - np.minimum.accumulate(course)).max())


def _kept(hours: float, arm: str = "as given", run: Simulation | None = None) -> float:
    """Relief at a time as a share of that at 24 h."""
    run = _course() if run is None else run
    return relief(arm, hours, run) / relief(arm, DAY, run)


def _kept_with_immortal_spines(hours: float) -> float:
    """The same where young spines do not die, in a brain that is as healthy and a patient who is as ill."""
    with at(with_following(IMMORTAL)):
        return _kept(hours)


def _days_to_relapse(protocol: str, horizon: str) -> float:
    """Days from the last dose until MADRS is back at ``FELL_BACK``; infinite if it is not."""
    run = reference_run(protocol=protocol, horizon=horizon)
    last = run.protocol.doses[-1].start
    madrs = run.madrs().sel(time=slice(last + DAY, None))
    back = madrs.time[(madrs >= FELL_BACK).to_numpy()]
    return (float(back[0]) - last) / DAY if back.size else float("inf")


def _cost(way: str) -> float:
    """MADRS at 24 h without a way less that with all of them, points."""
    return reference_run().at(DAY, f"without {way}") - reference_run().at(DAY)


def _worth_of_dopamine(tone: float) -> float:
    """Latent shift of all items by a dopamine tone (healthy = 1) over that by the healthy one."""
    model = model_in_use()
    ill, well = (at_rest(model.physiology, undosed(stress)) for stress in (None, 0.0))

    def shift(level: Scalar) -> Scalar:
        return repaired(model.symptoms, ill._replace(reward=level), ill, well, ill).sum()

    return float(shift(well.reward * tone) / shift(well.reward))


PREDICTIONS = {
    "course.peak": Prediction(lambda: _time_of_peak("as given"), lambda: _time_of_peak("without regrowth")),
    "course.no_second_dip": Prediction(lambda: _largest_rise("as given"), lambda: _largest_rise("without trapping")),
    "course.three_days": Prediction(lambda: _kept(3 * DAY), lambda: _kept(3 * DAY, "without regrowth")),
    "course.two_weeks": Prediction(lambda: _kept(2 * WEEK), lambda: _kept_with_immortal_spines(2 * WEEK)),
    "course.four_weeks": Prediction(lambda: _kept(4 * WEEK), lambda: _kept_with_immortal_spines(4 * WEEK)),
    "course.six_weeks": Prediction(lambda: _kept(SIX_WEEKS), lambda: _kept_with_immortal_spines(SIX_WEEKS)),
    "course.young_spines": Prediction(lambda: _kept(4 * WEEK), lambda: _kept_with_immortal_spines(4 * WEEK)),
    "course.six_infusions": Prediction(
        lambda: _days_to_relapse("ketamine-iv-six", AFTER_SIX), lambda: _days_to_relapse("ketamine-iv", LONG)
    ),
    **{f"course.{way.replace(' ', '')}_at_24h": Prediction(partial(_cost, way), lambda: _cost("way 2")) for way in NEEDED},
    "course.way2_at_24h": Prediction(lambda: _cost("way 2"), lambda: _cost("way 4")),
    "course.health_and_no_further": Prediction(lambda: _worth_of_dopamine(highest_tone()), lambda: _worth_of_dopamine(HALF_WAY)),
}
