"""Predictions about way 1, the prefrontal circuit under NMDA block."""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..analysis.dose_response import Draws, dose_curve_draws, rates_at
from ..circuits.prefrontal import CLASSES, E, Prefrontal, gamma_power
from ..core.constants import DAY, MINUTE
from ..model.default import default_model
from .claim import Prediction
from .reference_runs import dose_ends, reference_run, reference_value, undosed

PV, SST = CLASSES.index("PV"), CLASSES.index("SST")
THRESHOLD = 0.1
"""Share of a rate that counts as its fall or rise."""
CIRCUITS = 2000
"""Random circuits."""
SEED = 0
FREQUENCIES = 64
"""Frequencies in the gamma band."""


def _without_nmda(cell_class: int) -> Prefrontal:
    """The circuit with one class whose excitation is AMPA alone."""
    p = default_model().physiology.prefrontal
    return replace(p, nmda_share=p.nmda_share.at[cell_class].set(0), tonic_share=p.tonic_share.at[cell_class].set(0))


def _lead_over_pyramidal(p: Prefrontal, cell_class: int) -> float:
    """Minutes from the fall of a class to the rise of pyramidal cells in the standard infusion; −∞ if that does not come."""
    loss = reference_run().data.drive_loss.sel(time=slice(0, dose_ends())).isel(cell_class=slice(len(CLASSES)))
    rates = np.asarray(rates_at(p, 1 - jnp.asarray(loss.to_numpy()), undosed().fast.recurrence))
    relative = rates / rates[0] - 1

    def first(crossed: np.ndarray) -> float:
        return float(loss.time[np.argmax(crossed)]) / MINUTE if crossed.any() else np.inf

    rise, fall = first(relative[:, E] >= THRESHOLD), first(relative[:, cell_class] <= -THRESHOLD)
    return rise - fall if np.isfinite(rise) else -np.inf


def _pyramidal_change(concentration: float, spared: tuple[int, ...] = ()) -> float:
    """Change of the healthy pyramidal rate at a concentration (µM), where some classes keep their NMDA drive; share."""
    physiology = default_model().physiology
    ic50 = physiology.receptor.drive_ic50[: len(CLASSES)].at[jnp.array(spared, int)].set(jnp.inf)
    rates = rates_at(physiology.prefrontal, 1 / (1 + jnp.array([0.0, concentration])[:, None] / ic50), jnp.ones(()))
    return float(rates[1, E] / rates[0, E] - 1)


@cache
def _random_circuits() -> Draws:
    """Dose-response curves of random circuits."""
    model = default_model()
    return dose_curve_draws(model.physiology.prefrontal, model.dose_curve, jax.random.key(SEED), CIRCUITS)


@eqx.filter_jit
def _gamma_power(p: Prefrontal, nmda: Float[Array, "cell_class"]) -> Array:
    """Gamma power of a healthy circuit at given shares of the NMDA drive of each class."""
    rates = rates_at(p, nmda[None], jnp.ones(()))[0]
    return gamma_power(p, rates, nmda, jnp.ones(()), jnp.ones(()), jnp.linspace(0, 1, FREQUENCIES))


def _gamma_rise(spared: tuple[int, ...] = ()) -> float:
    """Gamma power of a healthy circuit at the highest concentration of the standard infusion over that without drug."""
    p, loss = default_model().physiology.prefrontal, reference_run().data.drive_loss.max("time").to_numpy()[: len(CLASSES)]
    nmda = (1 - jnp.asarray(loss)).at[jnp.array(spared, int)].set(1)
    return float(_gamma_power(p, nmda) / _gamma_power(p, jnp.ones(len(CLASSES))))


def _mean_surge(arm: str) -> float:
    """Mean rise of glutamate over the infusion, with the lag of measurement; share."""
    measured = reference_run().data.measured_glutamate.sel(arm=arm, time=slice(0, dose_ends()))
    return float(measured.integrate("time")) / dose_ends()


def _focus_change(hours: float, arm: str) -> float:
    """Change of focus, as a share of what it was."""
    return reference_value("focus", hours, arm) / reference_value("focus", 0.0, arm) - 1


class WorstFocus(NamedTuple):
    """The largest change of focus on the first day."""

    change: float
    """Share of what it was."""
    minutes: float
    """After the end of the infusion."""


def _worst_focus(arm: str) -> WorstFocus:
    focus = reference_run().data.focus.sel(arm=arm, time=slice(0, 24))
    worst = focus.time[np.argmin(focus.to_numpy())]
    return WorstFocus(float(focus.min() / focus[0] - 1), float(worst - dose_ends()) / MINUTE)


PREDICTIONS = {
    "way1.somatostatin_first": Prediction(
        lambda: _lead_over_pyramidal(default_model().physiology.prefrontal, SST), lambda: _lead_over_pyramidal(_without_nmda(SST), SST)
    ),
    "way1.parvalbumin_first": Prediction(
        lambda: _lead_over_pyramidal(default_model().physiology.prefrontal, PV), lambda: _lead_over_pyramidal(_without_nmda(PV), PV)
    ),
    "way1.surge": Prediction(lambda: _mean_surge("as given"), lambda: _mean_surge("without way 1")),
    "way1.surge_ends": Prediction(
        lambda: reference_value("measured_glutamate", 193 * MINUTE), lambda: reference_value("measured_glutamate", dose_ends())
    ),
    "way1.rise_1uM": Prediction(lambda: _pyramidal_change(1.0), lambda: _pyramidal_change(1.0, (PV, SST))),
    "way1.fall_10uM": Prediction(lambda: _pyramidal_change(10.0), lambda: _pyramidal_change(10.0, (E,))),
    "way1.fall_high": Prediction(lambda: _pyramidal_change(30.0), lambda: _pyramidal_change(30.0, (E,))),
    "way1.inverted_u_is_rare": Prediction(lambda: _random_circuits().share_inverted, lambda: _random_circuits().share_rising),
    "way1.gamma_rises": Prediction(_gamma_rise, lambda: _gamma_rise((PV, SST))),
    "way1.gamma_size": Prediction(_gamma_rise, lambda: _gamma_rise((PV, SST))),
    "way1.focus_falls": Prediction(lambda: _worst_focus("as given").change, lambda: _worst_focus("without way 1").change),
    "way1.focus_worst": Prediction(lambda: _worst_focus("as given").minutes, lambda: _worst_focus("without way 1").minutes),
    "way1.focus_later": Prediction(lambda: _focus_change(DAY, "as given"), lambda: _focus_change(DAY, "without regrowth")),
}
