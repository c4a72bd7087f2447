"""Way 1, the prefrontal circuit under NMDA block: claims."""

from dataclasses import replace
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..analysis.dose_response import Draws, dose_curve_draws, rates_at
from ..circuits.prefrontal import CLASSES, E, Prefrontal, gamma_power
from ..model.default import default_model
from .claim import Claim, Control, between
from .reference_runs import dose_ends, reference_run, reference_value, undosed

PV, SST = CLASSES.index("PV"), CLASSES.index("SST")
CHANGE = 0.1
"""Share of a rate that counts as its fall or rise."""
MINUTES = 60.0
"""In an hour."""
DRAWS = 2000
"""Random circuits."""
SEED = 0
BAND = 64
"""Frequencies in the gamma band."""


def _without_nmda(which: int) -> Prefrontal:
    """The circuit with one class whose excitation is AMPA alone."""
    p = default_model().physiology.prefrontal
    return replace(p, nmda_share=p.nmda_share.at[which].set(0), tonic_share=p.tonic_share.at[which].set(0))


def _lead(p: Prefrontal, which: int) -> float:
    """Minutes from the fall of a class to the rise of pyramidal cells in the standard infusion; −∞ if that does not come."""
    loss = reference_run().data.drive_loss.sel(time=slice(0, dose_ends())).isel(cell_class=slice(len(CLASSES)))
    rates = np.asarray(rates_at(p, 1 - jnp.asarray(loss.to_numpy()), undosed().fast.recurrence))
    relative = rates / rates[0] - 1

    def first(moved: np.ndarray) -> float:
        return float(loss.time[np.argmax(moved)]) * MINUTES if moved.any() else np.inf

    rise, fall = first(relative[:, E] >= CHANGE), first(relative[:, which] <= -CHANGE)
    return rise - fall if np.isfinite(rise) else -np.inf


def _pyramidal(concentration: float, spared: tuple[int, ...] = ()) -> float:
    """Change of the healthy pyramidal rate at a concentration (µM), where some classes keep their NMDA drive; share."""
    physiology = default_model().physiology
    potency = physiology.receptor.drive_ic50[: len(CLASSES)].at[jnp.array(spared, int)].set(jnp.inf)
    rates = rates_at(physiology.prefrontal, 1 / (1 + jnp.array([0.0, concentration])[:, None] / potency), jnp.ones(()))
    return float(rates[1, E] / rates[0, E] - 1)


@cache
def _draws() -> Draws:
    model = default_model()
    return dose_curve_draws(model.physiology.prefrontal, model.dose_curve, jax.random.key(SEED), DRAWS)


@eqx.filter_jit
def _gamma(p: Prefrontal, nmda: Float[Array, "cell_class"]) -> Array:
    rates = rates_at(p, nmda[None], jnp.ones(()))[0]
    return gamma_power(p, rates, nmda, jnp.ones(()), jnp.ones(()), jnp.linspace(0, 1, BAND))


def _gamma_rise(spared: tuple[int, ...] = ()) -> float:
    """Gamma power of a healthy circuit at the highest concentration of the standard infusion over that without drug."""
    p, loss = default_model().physiology.prefrontal, reference_run().data.drive_loss.max("time").to_numpy()[: len(CLASSES)]
    nmda = (1 - jnp.asarray(loss)).at[jnp.array(spared, int)].set(1)
    return float(_gamma(p, nmda) / _gamma(p, jnp.ones(len(CLASSES))))


def _mean_surge(arm: str) -> float:
    """Mean rise of glutamate over the infusion, as an instrument shows it."""
    shown = reference_run().data.measured_glutamate.sel(arm=arm, time=slice(0, dose_ends()))
    return float(shown.integrate("time")) / dose_ends()


def _focus(hours: float, arm: str) -> float:
    """Change of focus, as a share of what it was."""
    return reference_value("focus", hours, arm) / reference_value("focus", 0.0, arm) - 1


def _worst_focus(arm: str) -> tuple[float, float]:
    """Largest change of focus on the first day as a share, and when it comes, minutes after the end of the infusion."""
    focus = reference_run().data.focus.sel(arm=arm, time=slice(0, 24))
    return float(focus.min() / focus[0] - 1), float(focus.time[np.argmin(focus.to_numpy())] - dose_ends()) * MINUTES


CLAIMS = (
    Claim(
        "way1.somatostatin_first",
        "somatostatin cells fall by a tenth before pyramidal cells rise by a tenth (lead in the infusion, min)",
        "homayoun2007.order",
        lambda: _lead(default_model().physiology.prefrontal, SST),
        (0.1, 40.0),
        Control("somatostatin cells without NMDA receptors", lambda: _lead(_without_nmda(SST), SST)),
        observed="interneurons change first",
    ),
    Claim(
        "way1.parvalbumin_first",
        "parvalbumin cells fall by a tenth before pyramidal cells rise by a tenth (lead in the infusion, min)",
        "homayoun2007.order",
        lambda: _lead(default_model().physiology.prefrontal, PV),
        (0.1, 40.0),
        Control("parvalbumin cells without NMDA receptors", lambda: _lead(_without_nmda(PV), PV)),
        "disagrees",
        "somatostatin cells lead in this circuit, and parvalbumin cells, which pyramidal cells drive, follow the rise",
        observed="interneurons change first",
    ),
    Claim(
        "way1.surge",
        "glutamate rises as labelled glutamine does in people (mean over the infusion, with the lag of measurement; share)",
        "abdallah2018.glutamine",
        lambda: _mean_surge("as given"),
        between("abdallah2018.glutamine"),
        Control("way 1 removed", lambda: _mean_surge("without way 1")),
    ),
    Claim(
        "way1.surge_ends",
        "nothing is left of the surge 193 min after the start (rise as an instrument shows it, share)",
        "mrs2021.glutamate_193min",
        lambda: reference_value("measured_glutamate", 193 / MINUTES),
        between("mrs2021.glutamate_193min"),
        Control("at the end of the infusion", lambda: reference_value("measured_glutamate", dose_ends())),
        "disagrees",
        "release follows the slow tail of the drug; the observation is of the whole pool of another area, which cycles only in part",
    ),
    Claim(
        "way1.rise_1uM",
        "pyramidal cells fire more at 1 µM (change of rate, share)",
        "gerhard2020.excitation_1uM",
        lambda: _pyramidal(1.0),
        (0.01, 10.0),
        Control("interneurons keep their NMDA drive", lambda: _pyramidal(1.0, (PV, SST))),
        observed="excitatory currents more frequent",
    ),
    Claim(
        "way1.fall_10uM",
        "pyramidal cells fire less at 10 µM (change of rate, share)",
        "gerhard2020.excitation_10uM",
        lambda: _pyramidal(10.0),
        (-1.0, -0.01),
        Control("pyramidal cells keep their NMDA drive", lambda: _pyramidal(10.0, (E,))),
        "disagrees",
        "in this circuit the fall below the undrugged rate comes between 10 and 30 µM",
        observed="excitatory currents less frequent",
    ),
    Claim(
        "way1.fall_high",
        "pyramidal cells release less glutamate at 30 µM, where an anaesthetic dose is assumed to lead (change of rate, share)",
        "moghaddam1997.release_200",
        lambda: _pyramidal(30.0),
        (-1.0, -0.01),
        Control("pyramidal cells keep their NMDA drive", lambda: _pyramidal(30.0, (E,))),
        observed="less than before at 200 mg/kg",
    ),
    Claim(
        "way1.inverted_u_is_rare",
        "few random circuits rise by 30 % and then fall below the undrugged rate, an inverted U (share of them, below a hundredth)",
        None,
        lambda: _draws().share_inverted,
        (0.0, 0.01),
        Control("the rise alone", lambda: _draws().share_rising),
    ),
    Claim(
        "way1.gamma_rises",
        "gamma power rises with 0.5 mg/kg (power at the peak over that before)",
        "shaw2015.gamma",
        _gamma_rise,
        (1.05, 10.0),
        Control("interneurons keep their NMDA drive", lambda: _gamma_rise((PV, SST))),
        observed="larger",
    ),
    Claim(
        "way1.gamma_size",
        "gamma power rises as much as in rats (power at the peak over that before)",
        "pinault2008.gamma",
        _gamma_rise,
        between("pinault2008.gamma"),
        Control("interneurons keep their NMDA drive", lambda: _gamma_rise((PV, SST))),
        "disagrees",
        "the circuit has no population rhythm of its own; and the rats had a higher dose",
    ),
    Claim(
        "way1.focus_falls",
        "persistent activity decays faster while the drug is there (largest change of focus, share)",
        "wang2013.persistent_firing",
        lambda: _worst_focus("as given")[0],
        (-1.0, -0.01),
        Control("way 1 removed", lambda: _worst_focus("without way 1")[0]),
        observed="persistent firing falls",
    ),
    Claim(
        "way1.focus_worst",
        "working memory is worst within 20 min after the dose is in (minutes after the end of the infusion)",
        "ma2015.worst",
        lambda: _worst_focus("as given")[1],
        (0.0, 20.0),
        Control("way 1 removed", lambda: _worst_focus("without way 1")[1]),
        observed="15 min after an injection into muscle",
    ),
    Claim(
        "way1.focus_later",
        "a day later the circuit holds activity for longer than before the dose (change of focus, share)",
        None,
        lambda: _focus(24.0, "as given"),
        (0.01, 1.0),
        Control("regrowth removed", lambda: _focus(24.0, "without regrowth")),
    ),
)
