"""Circuits as SBML formulas: the prefrontal circuit in its own time, the habenula by its surface, and the midbrain."""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.polynomial.chebyshev import cheb2poly

from ..circuits.prefrontal import CLASSES, background
from ..core.numerics.chebyshev import Surface
from ..core.types import CORTICAL
from ..model.closures.response import HABENULA_OUTPUTS
from .sbml_formulas import Formulas, Writer
from .sbml_targets import site

ACTING = ("tonic_rate", "burst_rate", "unblocked")
"""Outputs of the habenula that act on the slow states."""
NEAR_ZERO = 1e-3
"""Below it x/(1 − e⁻ˣ) is 1 + x/2 + x²/12 to rounding error."""


class Prefrontal(NamedTuple):
    """Outputs of the prefrontal circuit."""

    relative_rate: str
    """Pyramidal rate, healthy = 1."""
    release: str
    """Relative rise of glutamate release over the circuit without drug."""


class Midbrain(NamedTuple):
    """Outputs of habenula and midbrain."""

    raphe_drive: str
    dopamine_tone: str
    """At steady state."""
    unblocked: str
    """Share of NMDA pores in the habenula that are free of Mg2+."""


def prefrontal(formulas: Formulas, drive_loss: Mapping[str, str], recurrence: str) -> Prefrontal:
    """The prefrontal circuit with drug, and its twin without."""
    of = formulas.parameter
    for name, current in zip(CLASSES, background(formulas.physiology.prefrontal), strict=True):
        formulas.number(f"background__{name}", f"current that makes the healthy rate of {name} a rest", current, "pA")
    midazolam = site(formulas, "midazolam")
    gain = formulas.rule(
        "inhibition",
        "strength of prefrontal inhibition",
        f"1 + {of('monoamine.gaba_potentiation')}*{midazolam}/({midazolam} + {of('monoamine.gaba_ec50')})" if midazolam else "1",
    )
    nmda = {name: f"(1 - {drive_loss[cell]})" for name, cell in zip(CLASSES, CORTICAL, strict=True)}
    drugged = _mean_field(formulas, "rate", "", nmda, recurrence, gain)
    undrugged = _mean_field(formulas, "undrugged_rate", " without drug", dict.fromkeys(CLASSES, "1"), recurrence, "1")
    release = formulas.rule("release", "rise of glutamate release", f"{of('prefrontal.glutamate_gain')}*({drugged}/{undrugged} - 1)")
    return Prefrontal(f"({drugged}/{of('prefrontal.baseline', CLASSES[0])})", release)


def _mean_field(formulas: Formulas, prefix: str, about: str, nmda: Mapping[str, str], recurrence: str, inhibition: str) -> str:
    """Four rates and the slow NMDA drive; returns the pyramidal rate."""
    of, E, slow = formulas.parameter, CLASSES[0], f"{prefix}__slow"
    rate = {name: f"{prefix}__{name}" for name in CLASSES}
    above = f"({of('prefrontal.threshold')} - {of('prefrontal.reset')})"
    for name, start in zip(CLASSES, formulas.brain.fast.rates, strict=True):
        weight = f"{of('prefrontal.weights', name, E)}*{recurrence}" if name == E else of("prefrontal.weights", name, E)
        share = of("prefrontal.nmda_share", name)
        excited = f"{weight}*((1 - {share})*{rate[E]} + {share}*{nmda[name]}*{slow})"
        inhibited = " + ".join(f"{of('prefrontal.weights', name, source)}*{rate[source]}" for source in CLASSES if source != E)
        tonic = f"background__{name}*(1 - {of('prefrontal.tonic_share', name)}*(1 - {nmda[name]}))"
        current = f"({excited} + {inhibition}*({inhibited}) + {tonic})"
        x = formulas.rule(
            f"{prefix}__{name}__excess",
            f"mean voltage of {name} above threshold, over its noise{about}",
            f"({of('prefrontal.rest')} + {current}/{of('prefrontal.leak', name)} - {of('prefrontal.threshold')})"
            f"/{of('prefrontal.softness')}",
        )
        rectified = f"piecewise(1 + {x}/2 + {x}^2/12, abs({x}) < {NEAR_ZERO}, {x}/(1 - exp(-{x})))"
        transfer = f"{of('prefrontal.softness')}*{rectified}/({of('prefrontal.spike_time', name)}*{above})"
        formulas.fast(rate[name], f"prefrontal rate of {name}{about}", start, transfer)
    formulas.fast(slow, f"slow NMDA drive{about}", formulas.brain.fast.rates[0], rate[E], "prefrontal.nmda_time")
    return rate[E]


def midbrain(formulas: Formulas, cortical: str, drive_loss: str, stress: str, dat: str, mao_block: str) -> Midbrain:
    """Habenula, RMTg, dopamine and raphe, at a loss of NMDA drive that habenular cells still feel."""
    of = formulas.parameter
    shift = formulas.rule(
        "habenula_shift",
        "shift of the habenula's resting potential",
        f"{of('links.stress_on_habenula')}*{stress}/({stress} + {of('links.stress_for_half_shift')})"
        f" + {of('links.dopamine_on_habenula')}*(dopamine - 1)",
        "mV",
    )
    zero = formulas.number("silent", "no spikes", 0.0, "Hz")
    nmda = f"(1 - {drive_loss})*(1 - {of('links.trapped_on_habenula')}*trapped)"
    *firing, unblocked = _habenula(formulas, formulas.physiology.closures.habenula, nmda, shift, zero)
    healthy = [of("midbrain.healthy", pattern) for pattern in ("tonic", "burst")]
    inhibition = _dopamine_inhibition(formulas, "now", firing, zero, formulas.rule)
    healthy_inhibition = _dopamine_inhibition(formulas, "healthy", healthy, zero, formulas.once)
    raphe = _raphe_rate(formulas, "now", firing, zero, formulas.rule)
    healthy_raphe = _raphe_rate(formulas, "healthy", healthy, zero, formulas.once)
    excess = f"({inhibition} - {healthy_inhibition})/{of('midbrain.dopamine.inhibition_scale')}"
    share = of("midbrain.dopamine.active_share")
    odds = formulas.rule(
        "active_odds",
        "odds of a dopamine cell to fire",
        f"{share}/(1 - {share})*{cortical}^{of('midbrain.dopamine.cortex_on_active')}*exp(-({excess}))",
    )
    spikes = formulas.rule(
        "dopamine_drive",
        "spikes that release dopamine, healthy = 1",
        f"{odds}/(1 + {odds})/{share}*{cortical}^{of('midbrain.dopamine.cortex_on_rate')}",
    )
    tone = _dopamine_tone(formulas, spikes, dat, mao_block)
    return Midbrain(formulas.rule("raphe_drive", "drive of the raphe", f"{raphe}/{healthy_raphe}"), tone, unblocked)


def _dopamine_tone(formulas: Formulas, spikes: str, dat: str, mao_block: str) -> str:
    """Release by these spikes under cooperative autoreceptors, in the closed form of the root of a cubic."""
    of = formulas.parameter
    q = formulas.rule(
        "dopamine_per_spike",
        "dopamine per spike",
        f"1/((1 - {of('serotonin.dopamine_dat_share')}*{dat})*(1 - {of('serotonin.dopamine_mao_share')}*{mao_block}))",
    )
    a = of("serotonin.dopamine_feedback")
    p = formulas.rule("dopamine_release_scale", "scale of dopamine release, squared", f"(1 - {a})/({a}*{q}^2)")
    release = f"2*sqrt({p}/3)*sinh(arcsinh(3/2*{spikes}/(1 - {a})*sqrt(3/{p}))/3)"
    return formulas.rule("dopamine_tone", "dopamine tone at steady state", f"{release}*{q}")


def _dopamine_inhibition(formulas: Formulas, about: str, firing: Sequence[str], zero: str, write: Writer) -> str:
    """Inhibition of dopamine cells by the RMTg and, directly, by the habenula at a tonic and a burst rate."""
    of, (tonic, burst) = formulas.parameter, firing
    relay = f"{of('midbrain.rmtg.threshold')} + {of('midbrain.rmtg.tonic_weight')}*{tonic} + {of('midbrain.rmtg.burst_weight')}*{burst}"
    formula = f"max({relay}, {zero}) + {of('midbrain.dopamine.direct_weight')}*({tonic} + {burst})"
    return write(f"dopamine_inhibition__{about}", f"inhibition of dopamine cells, {about}", formula, "Hz")


def _raphe_rate(formulas: Formulas, about: str, firing: Sequence[str], zero: str, write: Writer) -> str:
    """Rate of serotonin cells at a tonic and a burst rate of the habenula."""
    of, (tonic, burst) = formulas.parameter, firing
    F = f"({tonic} + {of('midbrain.raphe.burst_facilitation')}*{burst})"
    driven = f"{of('midbrain.raphe.drive')} + {of('midbrain.raphe.excitation')}*({tonic} + {burst})"
    feedback = f"{of('midbrain.raphe.inhibition')}*{F}^2/({F} + {of('midbrain.raphe.half_facilitation')})"
    return write(f"raphe__{about}", f"rate of the raphe, {about}", f"max({driven} - {feedback}, {zero})", "Hz")


def _habenula(formulas: Formulas, surface: Surface, nmda: str, shift: str, zero: str) -> list[str]:
    """What acts, from the surface as a polynomial in its two variables; none is negative."""
    scaled = []
    for index, (name, value, unit) in enumerate((("nmda", nmda, "dimensionless"), ("shift", shift, "mV"))):
        low, high = (
            formulas.number(f"habenula__{name}__{side}", f"{side} border of the surface of the habenula, {name}", bound[index], unit)
            for side, bound in (("lower", surface.lower), ("upper", surface.upper))
        )
        coordinate = f"(2*min(max({value}, {low}), {high}) - {low} - {high})/({high} - {low})"
        scaled.append(formulas.rule(f"habenula__{name}", f"coordinate on that surface, {name}", coordinate))
    powers = np.asarray(surface.coefficients)
    for axis in range(2):
        powers = np.apply_along_axis(_padded_powers, axis, powers)
    outputs = []
    for index, (name, unit) in enumerate(HABENULA_OUTPUTS):
        if name in ACTING:
            unit, least = (unit, zero) if unit == "Hz" else ("dimensionless", "0")
            scale = formulas.number(f"habenula__{name}__scale", f"scale of the habenula's {name}", surface.scale[index], unit)
            rows = [_horner([repr(float(power)) for power in row], scaled[1]) for row in powers[..., index]]
            start = getattr(formulas.brain.fast.habenula, name)
            formula = f"max({scale}*{_horner(rows, scaled[0])}, {least})"
            outputs.append(formulas.fast(f"habenula__{name}", f"habenula, {name}", start, formula, unit=unit))
    return outputs


def _padded_powers(coefficients: np.ndarray) -> np.ndarray:
    """Coefficients of powers from those of Chebyshev polynomials, as many."""
    powers = cheb2poly(coefficients)
    return np.pad(powers, (0, len(coefficients) - len(powers)))


def _horner(coefficients: list[str], x: str) -> str:
    """Σ cₖ xᵏ."""
    return reduce(lambda inner, coefficient: f"({coefficient} + {x}*{inner})", coefficients[-2::-1], coefficients[-1])
