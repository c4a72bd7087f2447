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
PerItem = Float[Array, "item"]

ENANTIOMERS = ("S", "R")
SUBUNITS = ("GluN2A", "GluN2B", "GluN2C", "GluN2D")
CELL_CLASSES = ("pyramidal", "parvalbumin", "somatostatin", "habenula")
