"""What conditioning makes of the priors of prefrontal circuits, as one table of numbers, with its variants and controls."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from ..analysis.circuit_conditions import CONDITIONS, PARVALBUMIN_FIRST, REVERSED_IN_SLICE, SETTLED, Experiment, met, readouts
from ..analysis.high_baseline import AtBaseline, at_baseline, at_high_baseline
from ..analysis.standard_infusion import standard_infusion
from ..circuits.prefrontal import CLASSES, E, gamma_power, steady_rates
from ..core.types import CORTICAL
from ..evidence.circuit_ensemble import NUMBERS
from ..model.circuits import with_split
from ..model.parameters import DoseCurve, Euthymia, Physiology, Splits
from .circuit_ensemble import Conditioned, acceptance, conditioned, distances, held_against, left_out, widened
from .sizes import SEED_OF_CIRCUITS

QUANTILES = (0.05, 0.5, 0.95)
SST, VIP = CLASSES.index("SST"), CLASSES.index("VIP")
GAMMA_NODES = 16
"""Frequencies in the gamma band."""
WIDTHS = {"priors half as wide": 1 / 2, "priors twice as wide": 2.0}
CARRIERS = 2
"""Numbers of which it is asked how far they carry the sign."""
RESAMPLED, OF_MEMBERS = 1000, 100
"""Times that so many members are drawn again, for the error of a median."""


def conditioned_summary(model: Euthymia, draws: int, seed: int) -> dict[str, Any]:
    """Draw circuits beside the numbers of a model, and sum up what conditioning makes of them.

    Raises
    ------
    InputError
        If none of them meets every condition.
    """
    experiment = standard_infusion(model)
    return summary(model, experiment, conditioned(model.physiology, model.dose_curve, experiment, draws, seed), seed)


def summary(model: Euthymia, experiment: Experiment, circuits: Conditioned, seed: int = SEED_OF_CIRCUITS) -> dict[str, Any]:
    """Conditions, numbers and results of conditioning, beside its variants and controls.

    Parameters
    ----------
    model, experiment
        What they were drawn for.
    circuits
        The draws.
    seed
        Theirs; a second set is drawn with another.
    """
    physiology, priors = model.physiology, model.dose_curve
    draws, accepted, numbers = circuits.met.shape[1], circuits.accepted, _numbers(circuits)
    in_slice = np.flatnonzero(circuits.met[:2].all(0))
    glutamine, ordered = circuits.met[CONDITIONS.index(CONDITIONS[-1])], circuits.met[2]
    return {
        "draws": draws,
        "seed": seed,
        "accepted": len(accepted),
        "conditions": _conditions(circuits),
        "rising": {
            "before": circuits.share_rising(np.arange(draws)),
            "after_slice": circuits.share_rising(in_slice),
            "after_all": circuits.share_rising(accepted),
        },
        "glutamine_met": {
            "after_slice": float(glutamine[in_slice].mean()),
            "after_slice_and_order": float(glutamine[in_slice][ordered[in_slice]].mean()),
        },
        "numbers": numbers,
        "carriers": _carriers(circuits, numbers),
        "results": _results(physiology, experiment, circuits),
        "error_of_median": _error_of_median(circuits, seed),
        "variants": _variants(physiology, priors, experiment, circuits, seed),
        "controls": _controls(physiology, experiment, circuits),
    }


def _of_number(circuits: Conditioned, name: str) -> np.ndarray:
    """One number of the draws, by its name and that of the class."""
    number, _, cells = name.partition(" ")
    return np.asarray(getattr(circuits.splits, number))[:, CORTICAL.index(cells)]


def _numbers(circuits: Conditioned) -> dict[str, dict[str, Any]]:
    """Every number of every class before and after, and how far apart these are."""
    apart = distances(circuits)
    return {
        f"{number} {name}": {
            "before": _quantiles(_of_number(circuits, f"{number} {name}")),
            "after": _quantiles(_of_number(circuits, f"{number} {name}")[circuits.accepted]),
            "distance": float(getattr(apart, number)[which]),
        }
        for number in NUMBERS
        for which, name in enumerate(CORTICAL)
    }


def _carriers(circuits: Conditioned, numbers: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Share rising of all draws in which the number that is moved furthest is within its interval after conditioning, and then the next
    one too: how far they carry the sign.
    """
    furthest = sorted(numbers, key=lambda name: numbers[name]["distance"], reverse=True)[:CARRIERS]
    within, rising = np.ones(circuits.met.shape[1], bool), {}
    for name in furthest:
        low, _, high = numbers[name]["after"]
        within &= (low <= _of_number(circuits, name)) & (_of_number(circuits, name) <= high)
        rising[name] = circuits.share_rising(np.flatnonzero(within))
    return rising


def _conditions(circuits: Conditioned) -> dict[str, dict[str, Any]]:
    """What each condition leaves, alone and with those before, and how many of the circuits that meet all others meet it."""
    of_each = zip(CONDITIONS, circuits.met.mean(1), acceptance(circuits), left_out(circuits), strict=True)
    return {
        condition.name: {"target": condition.target, "alone": float(alone), "with_those_before": together, "by_the_others": others}
        for condition, alone, together, others in of_each
    }


def _quantiles(numbers: ArrayLike) -> list[float]:
    return np.quantile(np.asarray(numbers), QUANTILES).tolist()


def _accepted(circuits: Conditioned) -> Splits:
    return jax.tree.map(lambda numbers: jnp.asarray(np.asarray(numbers)[circuits.accepted]), circuits.splits)


@eqx.filter_jit
def _gamma_ratios(physiology: Physiology, experiment: Experiment, splits: Splits) -> Float[Array, "circuit"]:
    """Gamma power at the end of the standard infusion over that before, in healthy circuits."""
    one, nodes = jnp.ones(()), jnp.linspace(0, 1, GAMMA_NODES)

    def of_circuit(split: Splits) -> Array:
        p = with_split(physiology, split).prefrontal

        def power(nmda: Array) -> Array:
            return gamma_power(p, steady_rates(p, nmda, one, one), nmda, one, one, nodes)

        return power(1 / (1 + experiment.concentration[-1] / split.drive_ic50)) / power(jnp.ones_like(split.drive_ic50))

    return jax.lax.map(of_circuit, splits, batch_size=GAMMA_NODES)


def _results(physiology: Physiology, experiment: Experiment, circuits: Conditioned) -> dict[str, list[float]]:
    """Quantiles over the circuits that are left."""
    peak = circuits.read.peak[circuits.accepted]
    return {
        **{name: _quantiles(peak[:, which]) for which, name in enumerate(CORTICAL)},
        "glutamine": _quantiles(circuits.read.glutamine[circuits.accepted]),
        "gamma": _quantiles(np.asarray(_gamma_ratios(physiology, experiment, _accepted(circuits)))),
    }


def _error_of_median(circuits: Conditioned, seed: int) -> float:
    """SD of the median rise of so many circuits as may ship."""
    peak = circuits.read.peak[circuits.accepted, E]
    chosen = np.random.default_rng(seed).integers(len(peak), size=(RESAMPLED, OF_MEMBERS))
    return float(np.median(peak[chosen], 1).std())


def _variants(physiology: Physiology, priors: DoseCurve, experiment: Experiment, circuits: Conditioned, seed: int) -> dict[str, Any]:
    """The same with one thing changed; a variant may leave no circuit."""

    def short(variant: Conditioned) -> Mapping[str, Any]:
        chosen = variant.accepted
        before = variant.share_rising(np.arange(variant.met.shape[1]))
        if not len(chosen):
            return {"accepted": 0, "rising": [before, None], "pyramidal": None, "glutamine": None}
        return {
            "accepted": len(chosen),
            "rising": [before, variant.share_rising(chosen)],
            "pyramidal": _quantiles(variant.read.peak[chosen, E]),
            "glutamine": _quantiles(variant.read.glutamine[chosen]),
        }

    draws = circuits.met.shape[1]
    strict = (*CONDITIONS[:2], PARVALBUMIN_FIRST, *CONDITIONS[3:])
    return {
        "another seed": short(held_against(physiology, priors, experiment, draws, seed + 1)),
        **{name: short(held_against(physiology, widened(priors, factor), experiment, draws, seed)) for name, factor in WIDTHS.items()},
        "parvalbumin cells first": short(replace(circuits, met=met(circuits.read, strict))),
        "13C left out": short(replace(circuits, met=circuits.met[:3])),
        "slice reversed": short(replace(circuits, met=met(circuits.read, REVERSED_IN_SLICE))),
    }


def _controls(physiology: Physiology, experiment: Experiment, circuits: Conditioned) -> dict[str, float]:
    """What must not happen, over all circuits that are left, and how many lose the high baseline."""
    splits, kept = _accepted(circuits), jnp.inf
    pyramidal_alone = replace(splits, drive_ic50=splits.drive_ic50.at[:, E + 1 :].set(kept))
    interneurons_alone = replace(splits, drive_ic50=splits.drive_ic50.at[:, E].set(kept))

    def at_both(split: Splits) -> tuple[AtBaseline, AtBaseline]:
        p = with_split(physiology, split).prefrontal
        return at_baseline(p), at_baseline(at_high_baseline(p))

    low, high = jax.vmap(at_both)(splits)
    reversed_ = low.response[:, SST, VIP] * high.response[:, SST, VIP] < 0
    return {
        "largest_rise_where_interneurons_keep_their_drive": float(readouts(physiology, experiment, pyramidal_alone).peak[:, E].max()),
        "least_change_at_10_uM_where_pyramidal_cells_keep_theirs": float(readouts(physiology, experiment, interneurons_alone).high.min()),
        "share_with_unstable_high_baseline": float((high.growth > 0).mean()),
        "share_with_response_reversal": float(reversed_.mean()),
        "draws_not_settled": int((circuits.read.residual >= SETTLED).sum()),
    }
