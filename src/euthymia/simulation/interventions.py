"""What is allowed to act: settings of the switches, one for each arm of a simulation."""

from collections.abc import Mapping
from itertools import combinations
from typing import NamedTuple

import jax.numpy as jnp

from ..core.types import Scalar
from ..links import Switches

WAYS = ("way 1", "way 2", "way 3", "way 4", "way 5")
CONTRIBUTORS = ("context", *WAYS)
"""What may move mood."""
SWITCHES_OF_WAY = {
    "way 1": ("prefrontal",),
    "way 2": ("calcium_load",),
    "way 3": ("habenula", "dopamine"),
    "way 4": ("synaptic_signalling",),
    "way 5": ("limbic_lock",),
}


class Arm(NamedTuple):
    """One setting of what is allowed to act."""

    context: Scalar
    switches: Switches


def arm_of(group: frozenset[str], off: Mapping[str, float] | None = None) -> Arm:
    of_ways = {switch: float(way in group) for way, switches in SWITCHES_OF_WAY.items() for switch in switches}
    # Comparators act through the ways: where none may act, their targets are left alone too.
    of_ways["reuptake"] = max(of_ways.values())
    settings = {name: 1.0 for name in Switches._fields} | of_ways | dict(off or {})
    return Arm(jnp.asarray(float("context" in group)), Switches(**{name: jnp.asarray(value) for name, value in settings.items()}))


GROUPS = {
    frozenset(group): {0: "untreated", len(CONTRIBUTORS): "as given"}.get(size, " + ".join(group))
    for size in (len(CONTRIBUTORS), *range(len(CONTRIBUTORS)))
    for group in combinations(CONTRIBUTORS, size)
}
"""Every coalition of ``CONTRIBUTORS``, and what its arm is called."""
ALONE = {
    "without regrowth": {"regrowth": 0.0},
    "without mTOR": {"mtor": 0.0},
    "without regrowth and potentiation": {"regrowth": 0.0, "potentiation": 0.0},
    "without surge to BDNF": {"surge": 0.0},
    "without habenula": {"habenula": 0.0},
    "without cortex to dopamine": {"cortex_to_dopamine": 0.0},
    "without reuptake block": {"reuptake": 0.0},
}
"""Arms in which one inner link is removed."""
ARMS = {
    **{name: arm_of(group) for group, name in GROUPS.items()},
    **{name: arm_of(frozenset(CONTRIBUTORS), off) for name, off in ALONE.items()},
}
"""The course as given, every coalition of context and ways, and arms with one inner link removed."""
MECHANISMS_ALONE = next(name for group, name in GROUPS.items() if group == frozenset(WAYS))
"""The arm in which the drug acts and the context does not."""
OF_WAYS = [group for group in GROUPS if "context" not in group]
"""Coalitions that differ in the brain: the context moves mood alone."""
SOLVED = [*(GROUPS[group] for group in OF_WAYS), *ALONE]
"""Arms whose brain is solved."""
BRAIN_OF = {name: SOLVED.index(GROUPS[group - {"context"}]) for group, name in GROUPS.items()}

BRAIN_OF |= {name: SOLVED.index(name) for name in ALONE}
"""For each arm, the place in ``SOLVED`` of the arm with the same brain."""
SHOWN = {
    "as given": "as given",
    "untreated": "untreated",
    "context": "context",
    "mechanisms alone": MECHANISMS_ALONE,
    **{f"without {way}": GROUPS[frozenset(CONTRIBUTORS) - {way}] for way in WAYS},
    **{name: name for name in ALONE},
}
"""Arms whose every state is kept, and what they are called; of the other coalitions MADRS is kept."""
