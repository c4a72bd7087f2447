"""The potency gap: per way, the loss that the sources give beside the loss that the way needs."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ..brain.attractor import Attractor, Window, bistable_window, critical_block
from ..circuits.prefrontal import E
from ..core.compiler_options import MANY_KERNELS
from ..core.device import on_device
from ..core.exported_programs import exported_with
from ..core.types import Scalar
from ..links import habenula_loss, habenula_shift, unadapted
from ..model.closures.response import habenula_output, no_correction
from ..model.parameters import Euthymia
from ..plasticity.excitotoxicity import damage_source, load_for_damage
from ..simulation.simulate import Simulation
from .dose_response import rates_at, times_to_change

RISE = 0.1
"""Rise of the pyramidal rate, as a share, that counts as disinhibition."""
CONCENTRATIONS = np.linspace(0.0, 5.0, 501)
"""µM; where that rise is looked for."""
LOSSES = np.linspace(0.0, 1.0, 201)
"""Where the end of bursting is looked for."""
ROUNDING = 1e-9


class PotencyGap(NamedTuple):
    """Losses as shares, 0 to 1."""

    way: str
    reads: str
    sources_give: float
    """Peak pore block by competition with magnesium, from measured affinities."""
    link_reads: float
    """Peak of the word this way reads, as far as it is not adapted to, or of what it makes of two."""
    needs: float | None
    """Loss at which the way is half engaged; None if there is nothing to engage."""
    criterion: str


def _disinhibition(model: Euthymia, simulation: Simulation) -> float | None:
    """Loss of somatostatin NMDA drive at which pyramidal cells have risen; every class loses by its own potency."""
    physiology = model.physiology
    potency = np.asarray(physiology.receptor.drive_ic50)[: len(physiology.prefrontal.baseline)]
    lost = CONCENTRATIONS[:, None] / (CONCENTRATIONS[:, None] + potency)
    rates = rates_at(physiology.prefrontal, on_device(1 - lost), on_device(simulation.undosed("recurrence")))
    concentration = float(times_to_change(CONCENTRATIONS, np.asarray(rates), RISE)[E])
    somatostatin = simulation.data.indexes["cell_class"].get_loc("somatostatin")
    return None if np.isnan(concentration) else concentration / (concentration + float(potency[somatostatin]))


def _lasting_repair(model: Euthymia, simulation: Simulation) -> float | None:
    """Block that, if it lasted, would halve the damage that stress drives; None if there is no stress."""
    toxicity, stress = model.physiology.excitotoxicity, simulation.person.stress
    stressed, healthy = 1 + toxicity.glutamate_excess * stress, jnp.ones(())
    halfway = (damage_source(toxicity, stressed) + damage_source(toxicity, healthy)) / 2
    return float(1 - load_for_damage(toxicity, halfway) / stressed) if stress > 0 else None


def _calm_habenula(model: Euthymia, simulation: Simulation, output: str) -> float | None:
    """Loss at which an output of this patient's habenula is down to that of a healthy one, at its undosed resting potential."""
    closures, links = model.physiology.closures, model.physiology.links
    healthy_shift = jax.jit(habenula_shift)(links, 0.0, simulation.data.healthy_reward.item())
    healthy = float(getattr(habenula_output(closures, jnp.ones(()), healthy_shift, no_correction()), output))
    ill = on_device(np.full(len(LOSSES), simulation.undosed("habenula_shift")))
    course = np.asarray(getattr(habenula_output(closures, on_device(1 - LOSSES), ill, no_correction()), output))
    down = course <= healthy * (1 + ROUNDING)
    return float(LOSSES[np.argmax(down)]) if down.any() and not down[0] else None


def felt_losses(simulation: Simulation) -> xr.DataArray:
    """Loss of NMDA drive that cell classes of a course feel, along time and class: what they have not adapted to."""
    data = simulation.data
    used_to = 0 * data.adaptation if "adaptation" in simulation.without else data.adaptation
    loss, used_to = (by_class.transpose("time", "cell_class") for by_class in (data.drive_loss, used_to.sel(arm="as given")))
    return loss.copy(data=np.asarray(jax.jit(unadapted)(loss.values, used_to.values)))


def _lost_in_habenula(model: Euthymia, simulation: Simulation) -> float:
    """Largest loss of NMDA drive that is felt, by drug in the fluid and drug that is trapped."""
    trapped = simulation.data.bound.sel(site="habenula_burst").values
    return float(np.max(jax.jit(habenula_loss)(model.physiology.links, felt_losses(simulation).values, trapped)))


def _lost_at_rest(model: Euthymia, simulation: Simulation) -> float:
    """Largest loss that receptors at rest feel: the one by which BDNF is engaged."""
    p, engaged = model.physiology.links, float(simulation.data.resting_engagement.sel(arm="as given").max())
    return float(p.signalling_ec50) * (engaged / (1 - engaged)) ** (1 / float(p.cooperativity))


@exported_with(MANY_KERNELS)
def _limbic(p: Attractor, limbic_input: Scalar) -> tuple[Scalar, Window]:
    return critical_block(p, limbic_input, jnp.ones(())), bistable_window(p, jnp.zeros(()), jnp.ones(()))


def _release(model: Euthymia, simulation: Simulation) -> float | None:
    """Loss at which the locked state of this patient's limbic network ends; None unless a quiet one is beside it."""
    drive = simulation.undosed("limbic_input")
    needed, window = _limbic(model.physiology.limbic.attractor, on_device(drive))
    return float(needed) if window.lower <= drive <= window.upper else None


def potency_gaps(model: Euthymia, simulation: Simulation) -> list[PotencyGap]:
    """The gap of each way at the peak of one course."""
    block, felt = (share.max("time").to_series().to_dict() for share in (simulation.data.pore_block, felt_losses(simulation)))
    strict = _calm_habenula(model, simulation, "burst_rate_strict")
    by_strict = "none" if strict is None else f"{100 * strict:.0f} %"
    return [
        PotencyGap(
            "way 1",
            "drive loss",
            block["somatostatin"],
            felt["somatostatin"],
            _disinhibition(model, simulation),
            f"the loss in somatostatin cells at which pyramidal cells fire {100 * RISE:.0f} % faster, in the typical circuit",
        ),
        PotencyGap(
            "way 2",
            "pore block",
            block["pyramidal"],
            block["pyramidal"],
            _lasting_repair(model, simulation),
            "a lasting loss that halves the stress-driven damage, at assumed load and cooperativity",
        ),
        PotencyGap(
            "way 3",
            "drive loss, bound",
            block["habenula"],
            _lost_in_habenula(model, simulation),
            _calm_habenula(model, simulation, "burst_rate"),
            f"the loss at which a depressed habenula bursts no more than a healthy one, by rate ({by_strict}, bursts counted strictly)",
        ),
        PotencyGap(
            "way 4",
            "drive loss",
            block["pyramidal"],
            _lost_at_rest(model, simulation),
            float(model.physiology.links.signalling_ec50),
            "the loss that half engages eEF2 signalling, assumed",
        ),
        PotencyGap(
            "way 5",
            "drive loss",
            block["pyramidal"],
            float(simulation.data.limbic_block.sel(arm="as given").max()),
            _release(model, simulation),
            "the loss at which the locked state ends without the help of noise, at assumed recurrence",
        ),
    ]
