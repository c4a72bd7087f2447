"""Predictions about way 5, the limbic lock and its release."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from ..brain.attractor import Attractor, Window, bistable_window, communication, fixed_points
from ..core.constants import DAY, WEEK
from ..links import every_link
from ..model.baseline import jacobian
from ..model.state import pack
from .claim import Prediction
from .in_use import at, model_in_use, once
from .reference_runs import reference_run, reference_value, undosed

STILL_SPINES = {"spines.transient_lifetime": 1e12, "spines.elimination_of_young": 0.0, "spines.maturation": 0.0}
"""Spines to which nothing happens."""
ANAESTHETIC = 0.9
"""Loss of NMDA drive under anaesthesia, assumed."""
DRUG_GONE = 4.0
"""When most of the drug is gone, h."""


_jacobian = eqx.filter_jit(jacobian)


@once
def _window() -> Window:
    """Limbic drives between which there are two stable states, without drug and at healthy opposition."""
    return eqx.filter_jit(bistable_window)(model_in_use().physiology.limbic.attractor, jnp.zeros(()), jnp.ones(()))


def _position_in_window(stress: float | None) -> float:
    """Limbic drive of an undosed patient, 0 at the lower and 1 at the upper edge of the window with two states."""
    lower, upper = _window()
    return float((undosed(stress).fast.limbic_input - lower) / (upper - lower))


def _lock_probability(stress: float | None = None) -> float:
    """Probability of the lock in an undosed patient."""
    return float(reference_run(stress=stress).data.lock.sel(arm="untreated")[0])


def _slowest_return(**rows: float) -> float:
    """Growth (1/h) of the departure from rest that fades most slowly in the undosed patient, with other values of rows from then on."""
    brain = undosed()
    with at(rows):
        return float(jnp.linalg.eigvals(_jacobian(model_in_use().physiology, pack(brain.rest), brain, every_link())).real.max())


@eqx.filter_jit
def _communication(p: Attractor, block: Array, limbic_input: Array) -> Array:
    """How far the two networks move each other in the quiet state at a loss of NMDA drive."""
    quiet = fixed_points(p, block, limbic_input, jnp.ones(())).rest
    return communication(p, quiet, block, limbic_input, jnp.ones(()))


def _communication_left(block: float) -> float:
    """Communication of the two networks of a healthy, quiet brain at a loss of NMDA drive, as a share of that without."""
    p, drive = model_in_use().physiology.limbic.attractor, undosed(0.0).fast.limbic_input
    undrugged, drugged = (float(_communication(p, jnp.asarray(loss), drive)) for loss in (0.0, block))
    return drugged / undrugged


def _peak_loss() -> float:
    """Largest loss of NMDA drive that way 5 reads in the default protocol."""
    return float(reference_run().data.limbic_block.sel(arm="as given").max())


def _share_released(hours: float, arm: str = "as given") -> float:
    """Share of the lock that is gone."""
    return 1 - reference_value("lock", hours, arm) / reference_value("lock", 0.0, arm)


def _slowing_of_lock(hours: float, arm: str = "as given") -> float:
    """Share by which the rate of locking has fallen."""
    return 1 - reference_value("lock_into", hours, arm) / reference_value("lock_into", 0.0, arm)


def _reset(hours: float, arm: str = "as given") -> float:
    """Escape and consolidation together: the smaller of the share released and the share by which locking has slowed."""
    return min(_share_released(hours, arm), _slowing_of_lock(hours, arm))


PREDICTIONS = {
    "way5.two_states": Prediction(lambda: _position_in_window(None), lambda: _position_in_window(0.0)),
    "way5.one_state_in_health": Prediction(lambda: _position_in_window(0.0), lambda: _position_in_window(None)),
    "way5.locked": Prediction(_lock_probability, lambda: _lock_probability(0.0)),
    "way5.unlocked_in_health": Prediction(lambda: _lock_probability(0.0), _lock_probability),
    "way5.rest_is_stable": Prediction(_slowest_return, lambda: _slowest_return(**STILL_SPINES)),
    "way5.acute_is_partial": Prediction(lambda: _communication_left(_peak_loss()), lambda: _communication_left(ANAESTHETIC)),
    "way5.acute_within_default_mode": Prediction(lambda: _communication_left(_peak_loss()), lambda: _communication_left(ANAESTHETIC)),
    "way5.acute_whole_brain": Prediction(lambda: _communication_left(_peak_loss()), lambda: _communication_left(ANAESTHETIC)),
    "way5.anaesthesia": Prediction(lambda: _communication_left(ANAESTHETIC), lambda: _communication_left(_peak_loss())),
    "way5.escape_is_partial": Prediction(lambda: _share_released(DRUG_GONE), lambda: _share_released(DRUG_GONE, "without way 5")),
    "way5.reset": Prediction(lambda: _reset(DAY), lambda: _reset(DAY, "without way 5")),
    "way5.consolidated": Prediction(lambda: _reset(WEEK), lambda: _reset(WEEK, "without regrowth")),
    "way5.normal_at_2d": Prediction(lambda: _share_released(2 * DAY), lambda: _share_released(2 * DAY, "without way 5")),
    "way5.relapse": Prediction(lambda: _share_released(10 * DAY), lambda: _share_released(2 * DAY)),
}
