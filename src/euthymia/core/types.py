"""Array types with named axes. Canonical units are listed in CONVENTIONS.md."""

import jax
from jaxtyping import Array, Float

# Concentrations span eight orders of magnitude over a course, and the laws are tested to 1e-10.
jax.config.update("jax_enable_x64", True)

Scalar = Float[Array, ""]
PerEnantiomer = Float[Array, "enantiomer"]
PerLigand = Float[Array, "ligand"]
PerSubunit = Float[Array, "subunit"]
PerCellClass = Float[Array, "cell_class"]
PerDrive = Float[Array, "drive"]
PerItem = Float[Array, "item"]
PerSite = Float[Array, "site"]

ENANTIOMERS = ("S", "R")
SUBUNITS = ("GluN2A", "GluN2B", "GluN2C", "GluN2D")
CORTICAL_ABBREVIATIONS = {"pyramidal": "E", "parvalbumin": "PV", "somatostatin": "SST", "vip": "VIP"}
"""Cortical cell classes, and their abbreviations in models of the prefrontal circuit."""
CORTICAL = tuple(CORTICAL_ABBREVIATIONS)
CELL_CLASSES = (*CORTICAL, "habenula")
DRIVES = (*CELL_CLASSES, "limbic", "resting")
"""Whose NMDA drive is read: that of cell classes and, of pyramidal cells, that of the limbic network and of receptors at rest."""
ACTIVITIES = ("silent", "tonic", "burst")
SITES = (*CORTICAL, *(f"habenula_{activity}" for activity in ACTIVITIES))
"""Where receptors trap the drug: habenular cells by their activity, because open channels bind."""
