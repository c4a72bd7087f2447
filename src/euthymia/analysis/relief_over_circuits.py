"""What each way does to mood over the circuits of the ensemble, whose pyramidal potency is read by three ways."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..core.constants import DAY
from ..core.types import CORTICAL
from ..model.circuits import with_split
from ..model.parameters import Euthymia, Splits
from ..protocols.protocol import Protocol
from ..simulation.simulate import simulate

WAYS = ("way 1", "way 3", "way 4", "way 5")
"""Those that the first dose engages."""
IN_ALL = "all ways"
SHARED, OWN = "shared", "own"
PYRAMIDAL = CORTICAL.index("pyramidal")


def at_own_potency(model: Euthymia, split: Splits) -> Euthymia:
    """The model with another circuit, in which the limbic network and receptors at rest keep the potency of the typical one."""
    receptor = model.physiology.receptor
    kept = receptor.ic50_ratio * receptor.drive_ic50[PYRAMIDAL] / split.drive_ic50[PYRAMIDAL]
    physiology = with_split(model.physiology, split)
    return replace(model, physiology=replace(physiology, receptor=replace(physiology.receptor, ic50_ratio=kept)))


def at_shared_potency(model: Euthymia, split: Splits) -> Euthymia:
    """The model with another circuit, whose pyramidal potency the limbic network and receptors at rest share."""
    return replace(model, physiology=with_split(model.physiology, split))


def relief_over_circuits(
    protocol: Protocol, model: Euthymia, progress: Callable[[int], None] = lambda done: None
) -> dict[str, dict[str, np.ndarray]]:
    """Points of MADRS at 24 h beyond the context, in all and lost without each way, by circuit, with a potency shared or own."""
    arms = ("as given", "context", *(f"without {way}" for way in WAYS))
    points_of = {potency: {name: [] for name in (IN_ALL, *WAYS)} for potency in (SHARED, OWN)}
    for number in range(len(model.circuits.drive_ic50)):
        split = model.circuits.of(number)
        for potency, changed in ((SHARED, at_shared_potency), (OWN, at_own_potency)):
            course = simulate(protocol, changed(model, split), arms=arms)
            with_all = course.at(DAY)
            points_of[potency][IN_ALL].append(course.at(DAY, "context") - with_all)
            for way in WAYS:
                points_of[potency][way].append(course.at(DAY, f"without {way}") - with_all)
        progress(number + 1)
    return {potency: {name: np.array(points) for name, points in by_way.items()} for potency, by_way in points_of.items()}
