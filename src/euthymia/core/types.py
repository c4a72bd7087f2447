"""Array types with named axes. Canonical units are listed in CONVENTIONS.md."""

from jaxtyping import Array, Float

Scalar = Float[Array, ""]
PerEnantiomer = Float[Array, "enantiomer"]
PerLigand = Float[Array, "ligand"]
PerSubunit = Float[Array, "subunit"]
PerCellClass = Float[Array, "cell_class"]
PerItem = Float[Array, "item"]

ENANTIOMERS = ("S", "R")
LIGANDS = ("S-ketamine", "R-ketamine", "S-norketamine", "R-norketamine")
SUBUNITS = ("GluN2A", "GluN2B", "GluN2C", "GluN2D")
CELL_CLASSES = ("pyramidal", "parvalbumin", "somatostatin", "habenula")
