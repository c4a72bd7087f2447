"""Way 3, the lateral habenula and what lies below it: claims."""

from dataclasses import replace
from functools import cache

import jax.numpy as jnp

from ..analysis.omitted_reward import excited_rate, volley
from ..circuits.habenula import CHANNELS, Nucleus
from ..circuits.midbrain import pause_after_volley, raphe_rate
from ..core.types import ACTIVITIES
from ..model.closures.recipes import nucleus_activity, nucleus_outputs
from ..model.closures.response import HABENULA_OUTPUTS, habenula_output, no_correction
from ..model.default import default_model
from .claim import Claim, Control, around
from .reference_runs import dose_ends, reference_run, reference_value, undosed

BURST_RATE = [name for name, _ in HABENULA_OUTPUTS].index("burst_rate")
BURSTING = ACTIVITIES.index("burst")
TWENTY_MINUTES, WEEK = 1 / 3, 168.0
"""h."""


def _without(channel: str) -> Nucleus:
    """The nucleus with the cells' channel of one kind removed."""
    p = default_model().physiology.nucleus
    conductance = p.cell.conductance.at[CHANNELS.index(channel)].set(0)
    return replace(p, cell=replace(p.cell, conductance=conductance))


@cache
def _burst_rate(without: str | None = None) -> float:
    """Burst rate (Hz) of the depressed patient's nucleus in a fresh run, whole or without a channel."""
    p = default_model().physiology.nucleus if without is None else _without(without)
    return float(nucleus_outputs(p, 1.0, float(undosed().fast.habenula_shift))[BURST_RATE])


@cache
def _bursting_cells(stress: float | None = None) -> float:
    """Share of cells that burst, by the main criterion, in a fresh run of the nucleus of an undosed patient."""
    patient = undosed() if stress is None else undosed(stress)
    return float(nucleus_activity(default_model().physiology.nucleus, 1.0, float(patient.fast.habenula_shift)).cells[0, BURSTING])


def _bursts_lost(without: tuple[str, ...]) -> float:
    """Share of the burst rate that ends without any one of these channels: the least of them."""
    return min(1 - _burst_rate(each) / _burst_rate() for each in without)


def _excess_bursts_gone(arm: str) -> float:
    """Largest fall of the burst rate, as a share of what the depressed habenula has beyond the healthy one."""
    rate = reference_run().data.habenula_burst_rate.sel(arm=arm)
    return float((rate[0] - rate.min()) / (rate[0] - float(undosed(0.0).fast.habenula.burst_rate)))


def _tonic_lost(arm: str) -> float:
    """Largest fall of tonic firing, as a share of what it was."""
    rate = reference_run().data.habenula_tonic_rate.sel(arm=arm)
    return float(1 - rate.min() / rate[0])


def _tonic_without_nmda() -> float:
    """The fall that a nucleus without NMDA receptors would have."""
    p = default_model().physiology
    rest = undosed().fast
    without = habenula_output(p.closures, jnp.zeros(()), rest.habenula_shift, no_correction())
    return float(1 - without.tonic_rate / rest.habenula.tonic_rate)


def _bound_after_a_day() -> float:
    """Block by trapping in bursting cells 24 h after the dose, as a share of its peak."""
    bound = reference_run().data.bound.sel(site="habenula_burst")
    return float(bound.sel(time=24.0, method="nearest") / bound.max())


def _untrapped_after_a_day() -> float:
    """The same for a block that follows the concentration."""
    block = reference_run().data.pore_block.sel(cell_class="habenula")
    return float(block.sel(time=24.0, method="nearest") / block.max())


def _relief_lost(arm: str, hours: float) -> float:
    """Share of the relief beyond the context that ends with an arm's link."""
    course = reference_run()
    return (course.at(hours, arm) - course.at(hours)) / (course.at(hours, "context") - course.at(hours))


def _active(stress: float | None) -> float:
    """Active dopamine cells of an undosed patient over those of a healthy one."""
    return float(undosed(stress).fast.midbrain.active_share / undosed(0.0).fast.midbrain.active_share)


def _rescued(hours: float, arm: str = "as given") -> float:
    """Share of the deficit in active dopamine cells that is made good."""
    lost = float(undosed(0.0).fast.midbrain.active_share) - reference_value("dopamine_active_share", 0.0, arm)
    return (reference_value("dopamine_active_share", hours, arm) - reference_value("dopamine_active_share", 0.0, arm)) / lost


def _pause(spikes: float, strength: float = 1.0) -> float:
    """Pause of dopamine cells (ms) after so many synchronous spikes per habenula cell, at a synapse so many times as strong."""
    p = default_model().physiology.midbrain.dopamine
    return float(pause_after_volley(replace(p, synapse_strength=p.synapse_strength * strength), jnp.asarray(spikes)))


def _pause_at_omission(p: Nucleus, stress: float | None) -> float:
    """Pause of dopamine cells (ms) when a pulse, as after an omitted reward, reaches the habenula of an undosed patient."""
    experiment = default_model().omitted_reward
    rate = excited_rate(p, experiment, jnp.ones(()), undosed(stress).fast.habenula_shift)
    return _pause(volley(p, experiment, rate))


def _longer_at_omission(p: Nucleus) -> float:
    return _pause_at_omission(p, None) - _pause_at_omission(p, 0.0)


def _raphe(tonic: float, burst: float) -> float:
    """Change of raphe firing by habenula spikes outside and inside bursts (Hz), share."""
    p = default_model().physiology.midbrain.raphe
    silent = jnp.zeros(())
    return float(raphe_rate(p, jnp.asarray(tonic), jnp.asarray(burst)) / raphe_rate(p, silent, silent) - 1)


CLAIMS = (
    Claim(
        "way3.bursting_healthy",
        "share of habenula cells that burst in health (within a half)",
        "yang2018.burst_share_control",
        lambda: _bursting_cells(0.0),
        around("yang2018.burst_share_control", 1 / 2),
        Control("typical stress", _bursting_cells),
    ),
    Claim(
        "way3.bursting_depressed",
        "share of habenula cells that burst in depression (within a half)",
        "yang2018.burst_share_depressed",
        _bursting_cells,
        around("yang2018.burst_share_depressed", 1 / 2),
        Control("stress 0", lambda: _bursting_cells(0.0)),
    ),
    Claim(
        "way3.bursts_need_both",
        "bursts end without NMDA receptors and without T-type channels (share of the burst rate lost with either, at least)",
        "yang2018.needs_NMDAR_and_T",
        lambda: _bursts_lost(("NMDA", "T")),
        (0.9, 1.0),
        Control("the h current removed instead", lambda: _bursts_lost(("h",))),
        observed="both needed",
    ),
    Claim(
        "way3.calms_bursts",
        "ketamine brings bursting back to the healthy level (share of the excess that goes, at best)",
        "yang2018.reversed",
        lambda: _excess_bursts_gone("as given"),
        (0.75, 2.0),
        Control("the habenula's NMDA link cut", lambda: _excess_bursts_gone("without habenula")),
        "disagrees",
        "the loss of NMDA drive at 0.5 mg/kg is about half of what ends the excess: the potency gap",
        observed="reversed",
    ),
    Claim(
        "way3.spares_tonic",
        "ketamine spares tonic firing (largest loss, at most a tenth)",
        None,
        lambda: _tonic_lost("as given"),
        (-0.1, 0.1),
        Control("the nucleus without NMDA receptors", _tonic_without_nmda),
        "disagrees",
        "in this cell NMDA current also depolarises tonic cells",
    ),
    Claim(
        "way3.trapping",
        "trapped ketamine still blocks the receptors of bursting cells at 24 h (share of its peak, at least half)",
        "ma2023.burst_suppression",
        _bound_after_a_day,
        (0.5, 1.0),
        Control("block that follows the concentration", _untrapped_after_a_day),
        "disagrees",
        "bursting keeps the channels opening, and at the assumed rates of an open channel the drug is out within the hour",
        observed="blocked for up to 24 h",
    ),
    Claim(
        "way3.not_needed_at_24h",
        "relief at 24 h does not need the habenula's receptors (share of it lost without them)",
        "zhou2021.without_habenula",
        lambda: _relief_lost("without habenula", 24.0),
        (-0.25, 0.25),
        Control("way 4 removed instead", lambda: _relief_lost("without way 4", 24.0)),
        "disagrees",
        "dopamine helps the limbic lock to open within hours; without it a typical patient escapes with the spines of the second day",
    ),
    Claim(
        "way3.dopamine_halved",
        "depression halves the share of dopamine cells that fire (over health, within a fifth)",
        "belujon2014.active_share",
        lambda: _active(None),
        around("belujon2014.active_share", 1 / 5),
        Control("stress 0", lambda: _active(0.0)),
    ),
    Claim(
        "way3.dopamine_rescued",
        "20 min after the dose the deficit in active dopamine cells is made good (share of it)",
        "belujon2014.rescued",
        lambda: _rescued(dose_ends() + TWENTY_MINUTES),
        (0.75, 1.5),
        Control("the habenula's NMDA link cut", lambda: _rescued(dose_ends() + TWENTY_MINUTES, "without habenula")),
        observed="reversed in full",
    ),
    Claim(
        "way3.dopamine_kept",
        "the deficit is still made good a week later (share of it)",
        "rincon2017.duration",
        lambda: _rescued(WEEK),
        (0.5, 1.5),
        Control("untreated", lambda: _rescued(WEEK, "untreated")),
        "disagrees",
        "nothing in the model outlasts the drug in the habenula, and new spines move dopamine little",
        observed="restored for up to 7 d",
    ),
    Claim(
        "way3.pause",
        "one synchronous habenula spike silences dopamine cells (ms, within a tenth)",
        "ji2007.pause",
        lambda: _pause(1.0),
        around("ji2007.pause", 1 / 10),
        Control("half the strength of the synapse", lambda: _pause(1.0, 1 / 2)),
    ),
    Claim(
        "way3.disappointment",
        "an omitted reward silences dopamine for longer in depression than in health (ms, by at least five)",
        None,
        lambda: _longer_at_omission(default_model().physiology.nucleus),
        (5.0, 100.0),
        Control("no T-type channels", lambda: _longer_at_omission(_without("T"))),
    ),
    Claim(
        "way3.raphe",
        "habenula spikes at a high rate and in bursts slow the raphe (change of its rate, share)",
        "raphe1996.high_rates",
        lambda: _raphe(0.0, 50.0),
        (-1.0, -0.01),
        Control("few single spikes, which excite it", lambda: _raphe(5.0, 0.0)),
        observed="inhibited at high rates, excited at low ones",
    ),
)
