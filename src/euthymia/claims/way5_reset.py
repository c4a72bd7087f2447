"""Way 5, the limbic lock and its release: claims."""

from functools import cache

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array

from ..brain.attractor import Attractor, Window, bistable_window, communication, fixed_points
from ..core.constants import DAY
from ..links import PYRAMIDAL
from ..model.default import default_model
from .claim import Claim, Control
from .reference_runs import reference_run, reference_value, undosed

ANAESTHETIC = 0.9
"""Loss of NMDA drive under anaesthesia, assumed."""
AFTER = 4.0
"""When most of the drug is gone, h."""


@cache
def _window() -> Window:
    return eqx.filter_jit(bistable_window)(default_model().physiology.limbic.attractor, jnp.zeros(()), jnp.ones(()))


def _place_in_window(stress: float | None) -> float:
    """Limbic drive of an undosed patient, 0 at the lower and 1 at the upper edge of the window with two states."""
    lower, upper = _window()
    return float((undosed(stress).fast.limbic_input - lower) / (upper - lower))


def _locked(stress: float | None = None) -> float:
    """Probability of the lock in an undosed patient."""
    return float(reference_run(stress=stress).data.lock.sel(arm="untreated")[0])


@eqx.filter_jit
def _communication(p: Attractor, block: Array, limbic_input: Array) -> Array:
    quiet = fixed_points(p, block, limbic_input, jnp.ones(())).rest
    return communication(p, quiet, block, limbic_input, jnp.ones(()))


def _communication_left(block: float) -> float:
    """How far the two networks of a healthy, quiet brain still move each other at a loss of NMDA drive, as a share."""
    p, drive = default_model().physiology.limbic.attractor, undosed(0.0).fast.limbic_input
    undrugged, drugged = (float(_communication(p, jnp.asarray(each), drive)) for each in (0.0, block))
    return drugged / undrugged


def _peak_loss() -> float:
    """Largest loss of NMDA drive that way 5 reads in the standard course."""
    return float(reference_run().data.drive_loss.isel(cell_class=PYRAMIDAL).max())


def _released(hours: float, arm: str = "as given") -> float:
    """Share of the lock that is gone."""
    return 1 - reference_value("lock", hours, arm) / reference_value("lock", 0.0, arm)


def _slower_to_lock(hours: float, arm: str = "as given") -> float:
    """Share by which the rate of locking has fallen."""
    return 1 - reference_value("lock_into", hours, arm) / reference_value("lock_into", 0.0, arm)


def _reset(hours: float, arm: str = "as given") -> float:
    """Escape and consolidation together: the smaller of the released share and the share by which locking has slowed."""
    return min(_released(hours, arm), _slower_to_lock(hours, arm))


CLAIMS = (
    Claim(
        "way5.two_states",
        "the depressed fixed point has a quiet and a locked limbic state (place in the window of drives with both, 0 to 1)",
        None,
        lambda: _place_in_window(None),
        (0.0, 1.0),
        Control("stress 0", lambda: _place_in_window(0.0)),
    ),
    Claim(
        "way5.one_state_in_health",
        "a healthy brain has the quiet state alone (place against that window, below 0)",
        None,
        lambda: _place_in_window(0.0),
        (-10.0, 0.0),
        Control("typical stress", lambda: _place_in_window(None)),
    ),
    Claim(
        "way5.locked",
        "an over-active limbic network holds the depressed brain (probability of the lock)",
        "alexander2019.area25",
        _locked,
        (0.9, 1.0),
        Control("stress 0", lambda: _locked(0.0)),
        observed="over-active area 25 blunts anticipation of reward",
    ),
    Claim(
        "way5.acute_is_partial",
        "at the standard dose the networks of a healthy brain still speak to each other, though less (share of undrugged)",
        "enigma2020.salience",
        lambda: _communication_left(_peak_loss()),
        (0.5, 0.99),
        Control("a loss as in anaesthesia", lambda: _communication_left(ANAESTHETIC)),
        observed="connectivity lower (Cohen d 1.13)",
    ),
    Claim(
        "way5.acute_within_default_mode",
        "the same against the default-mode network (share of undrugged)",
        "enigma2020.default_mode",
        lambda: _communication_left(_peak_loss()),
        (0.5, 0.99),
        Control("a loss as in anaesthesia", lambda: _communication_left(ANAESTHETIC)),
        observed="connectivity lower (Cohen d 0.63)",
    ),
    Claim(
        "way5.acute_whole_brain",
        "connectivity of the whole brain is higher during the infusion (share of undrugged)",
        "driesen2013.connectivity",
        lambda: _communication_left(_peak_loss()),
        (1.01, 10.0),
        Control("a loss as in anaesthesia", lambda: _communication_left(ANAESTHETIC)),
        "disagrees",
        "studies contradict each other; in a quiet state the model sides with those that found less",
        observed="higher",
    ),
    Claim(
        "way5.anaesthesia",
        "at an anaesthetic loss the networks hardly speak to each other (share of undrugged, below a tenth)",
        "nicol2020.cessation",
        lambda: _communication_left(ANAESTHETIC),
        (0.0, 0.1),
        Control("the standard dose", lambda: _communication_left(_peak_loss())),
        observed="cortical activity ceased in five of six sheep",
    ),
    Claim(
        "way5.escape_is_partial",
        "one standard infusion unlocks some brains and not all (share of the lock gone at 4 h)",
        None,
        lambda: _released(AFTER),
        (0.05, 0.95),
        Control("way 5 removed", lambda: _released(AFTER, "without way 5")),
        "disagrees",
        "loss of drive and the rise of dopamine together empty the typical patient's lock within the infusion",
    ),
    Claim(
        "way5.reset",
        "at 24 h the lock is left and a new one is harder to fall into (smaller of two shares: lock gone, locking slowed; at least half)",
        None,
        lambda: _reset(DAY),
        (0.5, 1.0),
        Control("regrowth removed", lambda: _reset(DAY, "without regrowth")),
    ),
    Claim(
        "way5.normal_at_2d",
        "two days later limbic connectivity is normal (share of the lock gone, at least half)",
        "evans2018.normalised",
        lambda: _released(2 * DAY),
        (0.5, 1.0),
        Control("way 5 removed", lambda: _released(2 * DAY, "without way 5")),
        observed="insula and default mode as in controls at 2 d",
    ),
    Claim(
        "way5.relapse",
        "ten days later that is over (share of the lock gone, below half)",
        "evans2018.reverted",
        lambda: _released(10 * DAY),
        (-0.1, 0.5),
        Control("two days instead", lambda: _released(2 * DAY)),
        "disagrees",
        "spines that stay after the dose keep the limbic drive down, and a new lock takes longer than the course",
        observed="gone at 10 d",
    ),
)
