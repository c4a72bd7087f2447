"""Predictions about way 1, the prefrontal circuit under NMDA block."""

from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.stats import ks_2samp

from ..analysis.circuit_conditions import CONDITIONS, REVERSED_IN_SLICE, Condition, Experiment, Readouts, met, readouts
from ..analysis.dose_response import CIRCUITS, SEED, Draws, dose_curve_draws, drawn, rates_at
from ..analysis.high_baseline import HIGH_BASELINE, at_baseline
from ..analysis.standard_infusion import standard_infusion
from ..circuits.prefrontal import CLASSES, E, Prefrontal, gamma_power, impulse_control
from ..core.constants import DAY, MINUTE
from ..model.parameters import DoseCurve, Physiology, Splits
from .claim import Prediction
from .in_use import model_in_use, once, once_per_numbers
from .reference_runs import dose_ends, reference_run, reference_value, undosed

PV, SST, VIP = CLASSES.index("PV"), CLASSES.index("SST"), CLASSES.index("VIP")
THRESHOLD = 0.1
"""Share of a rate that counts as its fall or rise."""
FREQUENCIES = 64
"""Frequencies in the gamma band."""
MILLISECOND = 1e-3
"""s."""
CONDITIONED = 20_000
"""Circuits drawn."""
IN_SLICE = CONDITIONS[:2]


def _without_nmda(cell_class: int) -> Prefrontal:
    """The circuit with one class whose excitation is AMPA alone."""
    p = model_in_use().physiology.prefrontal
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
    physiology = model_in_use().physiology
    ic50 = physiology.receptor.drive_ic50[: len(CLASSES)].at[jnp.array(spared, int)].set(jnp.inf)
    rates = rates_at(physiology.prefrontal, 1 / (1 + jnp.array([0.0, concentration])[:, None] / ic50), jnp.ones(()))
    return float(rates[1, E] / rates[0, E] - 1)


@once_per_numbers
def _curves(p: Prefrontal, priors: DoseCurve) -> Draws:
    return dose_curve_draws(p, priors, jax.random.key(SEED), CIRCUITS)


def _random_circuits() -> Draws:
    """Dose-response curves of random circuits."""
    model = model_in_use()
    return _curves(model.physiology.prefrontal, model.dose_curve)


class DrawnCircuits(NamedTuple):
    """Circuits drawn from the priors, and what they do in the experiments that they are held against."""

    splits: Splits
    read: Readouts


@once_per_numbers
def _drawn_circuits(physiology: Physiology, priors: DoseCurve, experiment: Experiment, pyramidal_keep_drive: bool) -> DrawnCircuits:
    splits = drawn(priors, jax.random.key(SEED), CONDITIONED)
    if pyramidal_keep_drive:
        splits = replace(splits, drive_ic50=splits.drive_ic50.at[:, E].set(jnp.inf))
    return DrawnCircuits(splits, readouts(physiology, experiment, splits))


@once
def _experiment() -> Experiment:
    return standard_infusion(model_in_use())


def _circuits(pyramidal_keep_drive: bool = False) -> DrawnCircuits:
    """Circuits drawn from the priors, beside the numbers in use."""
    model = model_in_use()
    return _drawn_circuits(model.physiology, model.dose_curve, _experiment(), pyramidal_keep_drive)


def _share_falling(pyramidal_keep_drive: bool = False) -> float:
    """Share of drawn circuits whose pyramidal rate falls at the end of the standard infusion."""
    return float((_circuits(pyramidal_keep_drive).read.peak[:, E] < 0).mean())


def _share_rising(conditions: tuple[Condition, ...]) -> float:
    """Share whose pyramidal rate rises there, of the drawn circuits that meet some conditions."""
    read = _circuits().read
    return float((np.asarray(read.peak)[met(read, conditions).all(0), E] > 0).mean())


def _glutamine_by_the_others(conditions: tuple[Condition, ...]) -> float:
    """Share that meets labelled glutamine, of the drawn circuits that meet some conditions."""
    read = _circuits().read
    return float((CONDITIONS[-1].margin(read)[met(read, conditions).all(0)] > 0).mean())


def _moved_furthest(number: str, cell_class: int) -> float:
    """How far the observations in slice move the distribution of a number of a class (Kolmogorov–Smirnov); 0 if another moves further."""
    splits, read = _circuits()
    kept = met(read, IN_SLICE).all(0)
    moved = jax.tree.map(lambda numbers: np.array([ks_2samp(column, column[kept]).statistic for column in np.asarray(numbers).T]), splits)
    distance = getattr(moved, number)[cell_class]
    return float(distance) if distance == max(map(np.max, jax.tree.leaves(moved))) else 0.0


def _published(baseline: tuple[float, ...] | None = None, slow: bool = False) -> Prefrontal:
    """The circuit as published, all excitation fast, at its low baseline or at other rates (Hz); or with its slow part here."""
    p = model_in_use().physiology.prefrontal
    p = p if baseline is None else replace(p, baseline=jnp.array(baseline))
    return p if slow else replace(p, nmda_share=jnp.zeros_like(p.nmda_share))


def _slow_alone(p: Prefrontal, cell_class: int) -> Prefrontal:
    """The circuit with one class that pyramidal cells excite through NMDA receptors alone."""
    return replace(p, nmda_share=p.nmda_share.at[cell_class].set(1))


def _reversal(recurrence: float = 1.0) -> float:
    """Response of somatostatin cells to current into VIP cells, at the high baseline over that at the low one.

    ``recurrence`` multiplies the weight among pyramidal cells.
    """

    def response(p: Prefrontal) -> float:
        return float(at_baseline(replace(p, weights=p.weights.at[E, E].multiply(recurrence))).response[SST, VIP])

    return response(_published(HIGH_BASELINE)) / response(_published())


def _growth(p: Prefrontal) -> float:
    """Growth of the slowest mode at the baseline, 1/s."""
    return float(at_baseline(p).growth) / MILLISECOND


@eqx.filter_jit
def _gamma_power(p: Prefrontal, nmda: Float[Array, "cell_class"]) -> Array:
    """Gamma power of a healthy circuit at given shares of the NMDA drive of each class."""
    rates = rates_at(p, nmda[None], jnp.ones(()))[0]
    return gamma_power(p, rates, nmda, jnp.ones(()), jnp.ones(()), jnp.linspace(0, 1, FREQUENCIES))


def _gamma_rise(spared: tuple[int, ...] = ()) -> float:
    """Gamma power of a healthy circuit at the highest concentration of the standard infusion over that without drug."""
    p, loss = model_in_use().physiology.prefrontal, reference_run().data.drive_loss.max("time").to_numpy()[: len(CLASSES)]
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


@once
def _impulse_control(arm: str) -> np.ndarray:
    """Impulse control over the course, as a share of what it was."""
    p, data = model_in_use().physiology.prefrontal, reference_run().data.sel(arm=arm)
    states = (data[name].to_numpy() for name in ("prefrontal_rates", "prefrontal_nmda", "recurrence", "prefrontal_inhibition"))
    values = np.asarray(_impulse_controls(p, *map(jnp.asarray, states)))
    return values / values[0]


@eqx.filter_jit
def _impulse_controls(p: Prefrontal, rates: Array, nmda: Array, recurrence: Array, inhibition: Array) -> Array:
    return jax.vmap(lambda *state: impulse_control(p, *state))(rates, nmda, recurrence, inhibition)


def _executive_changes(hours: float, arm: str) -> tuple[float, float]:
    """Change of focus and of impulse control so long after the end of the infusion, as shares of what they were."""
    at = dose_ends() + hours
    node = int(np.abs(reference_run().data.time.to_numpy() - at).argmin())
    return _focus_change(at, arm), float(_impulse_control(arm)[node]) - 1


def _impulse_control_spared(arm: str) -> float:
    """Largest fall of focus less that of impulse control, on the first day; share of what they were."""
    first_day = reference_run().data.time.to_numpy() <= DAY
    return float(_impulse_control(arm)[first_day].min()) - 1 - _worst_focus(arm).change


OF_NO_CIRCUIT = frozenset(
    (
        "way1.inverted_u_is_rare",
        "way1.falls_in_most_circuits",
        "way1.slices_decide_the_sign",
        "way1.glutamine_by_the_others",
        "way1.one_number_carries_the_sign",
        "way1.response_reversal",
    )
)
"""Claims that are the same in every circuit: of priors, and of the circuit as published."""
PREDICTIONS = {
    "way1.somatostatin_first": Prediction(
        lambda: _lead_over_pyramidal(model_in_use().physiology.prefrontal, SST), lambda: _lead_over_pyramidal(_without_nmda(SST), SST)
    ),
    "way1.parvalbumin_first": Prediction(
        lambda: _lead_over_pyramidal(model_in_use().physiology.prefrontal, PV), lambda: _lead_over_pyramidal(_without_nmda(PV), PV)
    ),
    "way1.surge": Prediction(lambda: _mean_surge("as given"), lambda: _mean_surge("without way 1")),
    "way1.surge_ends": Prediction(
        lambda: reference_value("measured_glutamate", 193 * MINUTE), lambda: reference_value("measured_glutamate", dose_ends())
    ),
    "way1.rise_1uM": Prediction(lambda: _pyramidal_change(1.0), lambda: _pyramidal_change(1.0, (PV, SST))),
    "way1.fall_10uM": Prediction(lambda: _pyramidal_change(10.0), lambda: _pyramidal_change(10.0, (E,))),
    "way1.fall_high": Prediction(lambda: _pyramidal_change(30.0), lambda: _pyramidal_change(30.0, (E,))),
    "way1.inverted_u_is_rare": Prediction(lambda: _random_circuits().share_inverted, lambda: _random_circuits().share_rising),
    "way1.falls_in_most_circuits": Prediction(_share_falling, lambda: _share_falling(pyramidal_keep_drive=True)),
    "way1.slices_decide_the_sign": Prediction(lambda: _share_rising(IN_SLICE), lambda: _share_rising(REVERSED_IN_SLICE)),
    "way1.glutamine_by_the_others": Prediction(
        lambda: _glutamine_by_the_others(CONDITIONS[:-1]), lambda: _glutamine_by_the_others(REVERSED_IN_SLICE)
    ),
    "way1.one_number_carries_the_sign": Prediction(lambda: _moved_furthest("tonic_share", E), lambda: _moved_furthest("drive_ic50", E)),
    "way1.response_reversal": Prediction(_reversal, lambda: _reversal(recurrence=0.0)),
    "way1.high_baseline_stands": Prediction(
        lambda: _growth(_published(HIGH_BASELINE, slow=True)), lambda: _growth(_slow_alone(_published(HIGH_BASELINE, slow=True), SST))
    ),
    "way1.gamma_rises": Prediction(_gamma_rise, lambda: _gamma_rise((PV, SST))),
    "way1.gamma_size": Prediction(_gamma_rise, lambda: _gamma_rise((PV, SST))),
    "way1.focus_falls": Prediction(lambda: _worst_focus("as given").change, lambda: _worst_focus("without way 1").change),
    "way1.focus_worst": Prediction(lambda: _worst_focus("as given").minutes, lambda: _worst_focus("without way 1").minutes),
    "way1.inhibition_least_impaired": Prediction(
        lambda: _impulse_control_spared("as given"), lambda: _impulse_control_spared("without way 1")
    ),
    "way1.cognition_2h": Prediction(
        lambda: max(_executive_changes(2.0, "as given")), lambda: max(_executive_changes(2.0, "without way 1"))
    ),
    "way1.cognition_24h": Prediction(
        lambda: max(_executive_changes(DAY, "as given"), key=abs), lambda: max(_executive_changes(2.0, "as given"), key=abs)
    ),
    "way1.focus_later": Prediction(lambda: _focus_change(DAY, "as given"), lambda: _focus_change(DAY, "without regrowth")),
}
