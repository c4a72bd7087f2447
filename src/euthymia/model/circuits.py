"""What is not known of a prefrontal circuit, and circuits that differ in it.

Excitation is published as a whole. Which part of it runs through NMDA receptors, and at which concentration ketamine takes half of that
away in vivo, is not known for any class of cell: twelve numbers, the split of a circuit.
"""

from dataclasses import replace

import jax

from ..core.types import CORTICAL
from .parameters import Physiology, Splits

SPLIT_ROWS = frozenset(("prefrontal.nmda_share", "prefrontal.tonic_share", *(f"nmdar.drive_ic50.{name}" for name in CORTICAL)))
"""Evidence rows of the typical circuit's split."""


def split_of(physiology: Physiology) -> Splits:
    """The split of the circuit of a physiology."""
    p = physiology.prefrontal
    return Splits(p.nmda_share, p.tonic_share, physiology.receptor.drive_ic50[: len(CORTICAL)])


def with_split(physiology: Physiology, split: Splits) -> Physiology:
    """The same physiology with the circuit of another split."""
    prefrontal = replace(physiology.prefrontal, nmda_share=split.nmda_share, tonic_share=split.tonic_share)
    potency = physiology.receptor.drive_ic50.at[: len(CORTICAL)].set(split.drive_ic50)
    return replace(physiology, prefrontal=prefrontal, receptor=replace(physiology.receptor, drive_ic50=potency))


def rows_of_split(split: Splits) -> dict[str, float | list[float]]:
    """The evidence rows of the typical circuit's split at the values of one circuit, in the rows' units."""
    potencies = dict(zip((f"nmdar.drive_ic50.{name}" for name in CORTICAL), split.drive_ic50.tolist(), strict=True))
    return {"prefrontal.nmda_share": split.nmda_share.tolist(), "prefrontal.tonic_share": split.tonic_share.tolist(), **potencies}


def alone(split: Splits) -> Splits:
    """An ensemble of one circuit."""
    return jax.tree.map(lambda numbers: numbers[None], split)
