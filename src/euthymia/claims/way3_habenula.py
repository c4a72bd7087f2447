"""Predictions about way 3, the lateral habenula and what lies below it."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from ..analysis.omitted_reward import excited_rate, volley
from ..circuits.habenula.parameters import CHANNELS, Nucleus
from ..circuits.midbrain import pause_after_volley, raphe_rate
from ..core.constants import DAY, WEEK
from ..core.types import ACTIVITIES
from ..model.closures.recipes import nucleus_activity, nucleus_outputs
from ..model.closures.response import HABENULA_OUTPUTS, habenula_output, no_correction
from .claim import Prediction
from .in_use import at, model_in_use, once, once_per_numbers
from .reference_runs import dose_ends, reference_run, reference_value, relief, undosed

BURST_RATE = [name for name, _ in HABENULA_OUTPUTS].index("burst_rate")
BURSTING = ACTIVITIES.index("burst")
NEXT_TO_NOTHING = 1e-3
"""Feedback of dopamine on its release."""
STEP_OF_SHIFT = 0.1
"""mV; how finely the nucleus is told apart in fresh runs."""
TWENTY_MINUTES = 1 / 3
"""h."""


def _nucleus_without(channel: str) -> Nucleus:
    """The nucleus with the cells' channel of one kind removed."""
    p = model_in_use().physiology.nucleus
    conductance = p.cell.conductance.at[CHANNELS.index(channel)].set(0)
    return replace(p, cell=replace(p.cell, conductance=conductance))


_outputs = once_per_numbers(nucleus_outputs)
_activity = once_per_numbers(nucleus_activity)
_excited_rate = once_per_numbers(excited_rate)


def _shift(stress: float | None) -> float:
    """Shift of resting potentials (mV) in an undosed patient's habenula, in steps, so that a patient who hardly differs has the same."""
    return STEP_OF_SHIFT * round(float(undosed(stress).fast.habenula_shift) / STEP_OF_SHIFT)


@once
def _burst_rate(without: str | None = None) -> float:
    """Burst rate (Hz) of the depressed patient's nucleus in a fresh run, whole or without a channel."""
    p = model_in_use().physiology.nucleus if without is None else _nucleus_without(without)
    return float(_outputs(p, 1.0, _shift(None))[BURST_RATE])


@once
def _bursting_cells(stress: float | None = None) -> float:
    """Share of cells that burst, by the main criterion, in a fresh run of the nucleus of an undosed patient."""
    return float(_activity(model_in_use().physiology.nucleus, 1.0, _shift(stress)).cells[0, BURSTING])


def _bursts_lost(channels: tuple[str, ...]) -> float:
    """Share of the burst rate that is lost without one of these channels, the smallest over them."""
    return min(1 - _burst_rate(channel) / _burst_rate() for channel in channels)


def _excess_bursts_lost(arm: str) -> float:
    """Largest fall of the burst rate, as a share of what the depressed habenula has beyond the healthy one."""
    rate = reference_run().data.habenula_burst_rate.sel(arm=arm)
    return float((rate[0] - rate.min()) / (rate[0] - float(undosed(0.0).fast.habenula.burst_rate)))


def _share_in_bursts(arm: str) -> float:
    """Change of the share of spikes that fall in bursts, when least NMDA drive is left; share of what it was."""
    data = reference_run().data.sel(arm=arm)
    share = data.habenula_burst_rate / (data.habenula_burst_rate + data.habenula_tonic_rate)
    least = int(np.argmax(data.drive_loss.sel(cell_class="habenula").to_numpy()))
    return float(share[least] / share[0] - 1)


def _firing_over_health(stress: float | None) -> float:
    """All spikes of an undosed patient's habenula over those of a healthy one."""
    nuclei = (undosed(level).fast.habenula for level in (stress, 0.0))
    patient, healthy = (float(nucleus.tonic_rate + nucleus.burst_rate) for nucleus in nuclei)
    return patient / healthy


def _tonic_rate_lost(arm: str) -> float:
    """Largest fall of tonic firing, as a share of what it was."""
    rate = reference_run().data.habenula_tonic_rate.sel(arm=arm)
    return float(1 - rate.min() / rate[0])


def _tonic_rate_from_nmda() -> float:
    """Tonic firing that a nucleus loses with its NMDA receptors, as a share of what it was."""
    p = model_in_use().physiology
    rest = undosed().fast
    without = habenula_output(p.closures, jnp.zeros(()), rest.habenula_shift, no_correction())
    return float(1 - without.tonic_rate / rest.habenula.tonic_rate)


def highest_tone() -> float:
    """Highest dopamine tone over that of health."""
    return float(reference_run().data.dopamine.sel(arm="as given").max() / undosed(0.0).rest.dopamine)


def _highest_tone_without_feedback() -> float:
    """The same where no autoreceptor holds the release of dopamine back."""
    with at({"dopamine.autoreceptor_feedback": NEXT_TO_NOTHING}):
        return highest_tone()


def _rise_of_active_share(arm: str) -> float:
    """Largest rise of the number of dopamine cells that fire, as a share of what it was."""
    share = reference_run().data.dopamine_active_share.sel(arm=arm)
    return float(share.max() / share[0] - 1)


def _trapped_after_a_day(by_kinetics: bool = False) -> float:
    """Block by trapping in bursting cells 24 h after the dose, as a share of its peak; by the receptor's own kinetics or not."""
    data = reference_run().data
    bound = data.bound_by_kinetics if by_kinetics else data.bound.sel(site="habenula_burst")
    return float(bound.sel(time=DAY, method="nearest") / bound.max())


def _pore_block_after_a_day() -> float:
    """Block that follows the concentration 24 h after the dose, as a share of its peak."""
    block = reference_run().data.pore_block.sel(cell_class="habenula")
    return float(block.sel(time=DAY, method="nearest") / block.max())


def _relief_lost(arm: str, hours: float) -> float:
    """Share of the relief beyond the context that an arm loses."""
    run = reference_run()
    return (run.at(hours, arm) - run.at(hours)) / relief("as given", hours)


def _active_share_over_health(stress: float | None) -> float:
    """Active dopamine cells of an undosed patient over those of a healthy one."""
    return float(undosed(stress).fast.midbrain.active_share / undosed(0.0).fast.midbrain.active_share)


def _active_share_restored(hours: float, arm: str = "as given") -> float:
    """Share of the deficit in active dopamine cells that is made good."""
    lost = float(undosed(0.0).fast.midbrain.active_share) - reference_value("dopamine_active_share", 0.0, arm)
    return (reference_value("dopamine_active_share", hours, arm) - reference_value("dopamine_active_share", 0.0, arm)) / lost


def _dopamine_pause(spikes: float, strength: float = 1.0) -> float:
    """Pause of dopamine cells (ms) after so many synchronous spikes per habenula cell, at a synapse so many times as strong."""
    p = model_in_use().physiology.midbrain.dopamine
    return float(pause_after_volley(replace(p, synapse_strength=p.synapse_strength * strength), jnp.asarray(spikes)))


def _pause_at_omission(p: Nucleus, stress: float | None) -> float:
    """Pause of dopamine cells (ms) when a pulse, as after an omitted reward, reaches the habenula of an undosed patient."""
    experiment = model_in_use().omitted_reward
    rate = _excited_rate(p, experiment, jnp.ones(()), jnp.asarray(_shift(stress)))
    return _dopamine_pause(volley(p, experiment, rate))


def _longer_at_omission(p: Nucleus) -> float:
    """Pause at an omitted reward in depression less that in health, ms."""
    return _pause_at_omission(p, None) - _pause_at_omission(p, 0.0)


def _raphe_change(tonic: float, burst: float) -> float:
    """Change of raphe firing by habenula spikes outside and inside bursts (Hz), share."""
    p = model_in_use().physiology.midbrain.raphe
    silent = jnp.zeros(())
    return float(raphe_rate(p, jnp.asarray(tonic), jnp.asarray(burst)) / raphe_rate(p, silent, silent) - 1)


PREDICTIONS = {
    "way3.bursting_healthy": Prediction(lambda: _bursting_cells(0.0), _bursting_cells),
    "way3.bursting_depressed": Prediction(_bursting_cells, lambda: _bursting_cells(0.0)),
    "way3.bursts_need_both": Prediction(lambda: _bursts_lost(("NMDA", "T")), lambda: _bursts_lost(("h",))),
    "way3.calms_bursts": Prediction(lambda: _excess_bursts_lost("as given"), lambda: _excess_bursts_lost("without habenula")),
    "way3.fewer_bursts": Prediction(lambda: _share_in_bursts("as given"), lambda: _share_in_bursts("without habenula")),
    "way3.hyperactive": Prediction(lambda: _firing_over_health(None), lambda: _firing_over_health(0.0)),
    "way3.spares_tonic": Prediction(lambda: _tonic_rate_lost("as given"), _tonic_rate_from_nmda),
    "way3.trapping": Prediction(_trapped_after_a_day, _pore_block_after_a_day),
    "way3.trapping_by_kinetics": Prediction(lambda: _trapped_after_a_day(by_kinetics=True), _pore_block_after_a_day),
    "way3.not_needed_at_24h": Prediction(lambda: _relief_lost("without habenula", DAY), lambda: _relief_lost("without way 4", DAY)),
    "way3.dopamine_halved": Prediction(lambda: _active_share_over_health(None), lambda: _active_share_over_health(0.0)),
    "way3.dopamine_rescued": Prediction(
        lambda: _active_share_restored(dose_ends() + TWENTY_MINUTES),
        lambda: _active_share_restored(dose_ends() + TWENTY_MINUTES, "without habenula"),
    ),
    "way3.dopamine_bounded": Prediction(highest_tone, _highest_tone_without_feedback),
    "way3.dopamine_population": Prediction(lambda: _rise_of_active_share("as given"), lambda: _rise_of_active_share("without habenula")),
    "way3.dopamine_kept": Prediction(lambda: _active_share_restored(WEEK), lambda: _active_share_restored(WEEK, "untreated")),
    "way3.pause": Prediction(lambda: _dopamine_pause(1.0), lambda: _dopamine_pause(1.0, 1 / 2)),
    "way3.disappointment": Prediction(
        lambda: _longer_at_omission(model_in_use().physiology.nucleus), lambda: _longer_at_omission(_nucleus_without("T"))
    ),
    "way3.raphe": Prediction(lambda: _raphe_change(0.0, 50.0), lambda: _raphe_change(5.0, 0.0)),
}
