"""Ketamine at the NMDA receptor: three measures of block, which are not interchangeable.

``bound``       share of receptors that carry the drug, trapped until the channel opens again;
``pore_block``  loss of NMDA charge in a cell class at its voltage, where Mg2+ competes for the pore;
``drive_loss``  effective loss of NMDA drive to a circuit in vivo, with its own potency.

The molecules compete for one site, so they enter as one concentration in equivalents of racemic ketamine.
Concentrations µM, voltages mV, time h.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..biophysics.magnesium import Magnesium, magnesium_constant, magnesium_unblock
from ..core.parameters import parameter
from ..core.types import CELL_CLASSES, SITES, SUBUNITS, PerCellClass, PerLigand, PerSite, PerSubunit, Scalar

LIGANDS = (
    *("S-ketamine", "R-ketamine", "S-norketamine", "R-norketamine", "S-hydroxynorketamine", "R-hydroxynorketamine"),
    *("memantine", "MK-801"),
)
"""Molecules that compete for the site."""
CLASS_OF_SITE = np.array([next(i for i, name in enumerate(CELL_CLASSES) if site.startswith(name)) for site in SITES])


class NMDAReceptor(eqx.Module):
    """Affinities of the site and subunit composition of the receptors in each cell class."""

    magnesium: Magnesium
    binding_constant: PerLigand = parameter(
        tuple(f"nmdar.Ki.{ligand}" for ligand in LIGANDS),
        "uM",
        "binding constant against [3H]MK-801; only ratios are used",
    )
    affinity: PerSubunit = parameter(
        tuple(f"nmdar.affinity.{subunit}" for subunit in SUBUNITS),
        "uM",
        "racemic ketamine, without Mg2+, at the reference voltage",
    )
    reference_voltage: Scalar = parameter("nmdar.reference_voltage", "mV", "voltage at which affinities were measured")
    voltage_slope: Scalar = parameter("nmdar.voltage_slope", "mV", "depolarisation that raises the constant e-fold")
    on_rate: Scalar = parameter("nmdar.on_rate", "1/(uM*h)", "binding to an open pore free of Mg2+")
    off_rate: Scalar = parameter("nmdar.off_rate", "1/h", "leaving an open pore")

    composition: Float[Array, "cell_class subunit"] = parameter(
        tuple(f"nmdar.composition.{name}" for name in CELL_CLASSES), "dimensionless", "share of NMDA conductance by GluN2A, 2B, 2C, 2D"
    )
    voltage: PerCellClass = parameter(tuple(f"nmdar.voltage.{name}" for name in CELL_CLASSES), "mV", "typical membrane voltage")
    open_probability: PerSite = parameter(
        tuple(f"nmdar.open_probability.{name}" for name in SITES), "dimensionless", "time-averaged share of open channels"
    )
    drive_ic50: PerCellClass = parameter(
        tuple(f"nmdar.drive_ic50.{name}" for name in CELL_CLASSES), "uM", "concentration that halves NMDA drive in vivo"
    )


def racemate_equivalents(p: NMDAReceptor, ligands: Float[Array, "*batch ligand"]) -> Float[Array, "*batch"]:
    """Concentration of racemic ketamine (µM) that competes like a mixture of ``LIGANDS`` (µM).

    Other differences between molecules (off-rate, trapping, preference for a subunit) are left out.
    """
    strength = 1 / p.binding_constant
    racemate = jnp.mean(strength[:2])
    return ligands @ (strength / racemate)


def pore_block(p: NMDAReceptor, concentration: Float[Array, "*batch"]) -> Float[Array, "*batch cell_class"]:
    """Loss of NMDA charge by competition with Mg2+ for the pore, averaged over subunits by the charge each carries.

    One subunit passes 1/(1 + Mg/K_Mg(V) + c/K(V)), so that its half-block is K(V)(1 + Mg/K_Mg(V)).
    """
    V = p.voltage[:, None]
    magnesium = p.magnesium.concentration / (magnesium_constant(p.magnesium, V) * p.magnesium.subunit_scale)
    K = p.affinity * jnp.exp((V - p.reference_voltage) / p.voltage_slope)
    c = jnp.asarray(concentration)[..., None, None]
    undrugged = p.composition / (1 + magnesium)
    lost = undrugged * (c / K) / (1 + magnesium + c / K)
    return jnp.sum(lost, -1) / jnp.sum(undrugged, -1)


def drive_loss(p: NMDAReceptor, concentration: Float[Array, "*batch"]) -> Float[Array, "*batch cell_class"]:
    """Effective loss of NMDA drive per cell class: c/(c + K)."""
    c = jnp.asarray(concentration)[..., None]
    return c / (c + p.drive_ic50)


def resting_unblock(p: NMDAReceptor) -> PerSite:
    """Fraction of pores free of Mg2+ at the typical voltage of each site's cell class."""
    return magnesium_unblock(p.magnesium, p.voltage)[CLASS_OF_SITE]


def trapping_rates(p: NMDAReceptor, concentration: Scalar, activity: PerSite, unblocked: PerSite) -> tuple[PerSite, PerSite]:
    """Rates a, b (1/h) of d(bound)/dt = a (1 − B) − b B: open channels bind in Mg-free time, and release only while open.

    a = P_open k_on c m,  b = P_open k_off. Depolarisation weakens binding as it does in :func:`pore_block`; one rate pair
    stands for every subunit.

    Parameters
    ----------
    p
        Rates.
    concentration
        c, µM of racemic ketamine.
    activity
        Activity of the circuit that opens the channels, undrugged and healthy = 1; it scales P_open.
    unblocked
        m, share of pores free of Mg2+.
    """
    k_on = p.on_rate * jnp.exp(-(p.voltage - p.reference_voltage) / p.voltage_slope)[CLASS_OF_SITE]
    opening = activity * p.open_probability
    return opening * k_on * concentration * unblocked, opening * p.off_rate
