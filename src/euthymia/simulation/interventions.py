"""What is allowed to act: what a user removes, the arms of a simulation, and the coalitions to which its effect is attributed."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from operator import le
from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Int

from ..core.device import on_device
from ..links import Switches, every_link

SWITCHES_OF_WAY = {
    "way 1": ("prefrontal",),
    "way 2": ("calcium_load",),
    "way 3": ("habenula", "dopamine"),
    "way 4": ("synaptic_signalling",),
    "way 5": ("limbic_lock",),
}
WAYS = tuple(SWITCHES_OF_WAY)
CONTRIBUTORS = ("context", *WAYS)
"""What may move mood."""
OF_COMPARATORS = "reuptake"
"""The switch of what comparators hold. They act through the ways: where no way may act, their targets are left alone too."""
SWITCHES_OF_WAYS = frozenset({OF_COMPARATORS, *(switch for switches in SWITCHES_OF_WAY.values() for switch in switches)})


class Intervention(NamedTuple):
    """One setting of what is allowed to act."""

    context: bool = True
    """Whether the context of the treatment acts."""
    clamped: frozenset[str] = frozenset()
    """Links, by the name of their switch, that pass on their undosed value."""

    def beside(self, removed: "Intervention") -> "Intervention":
        """What acts in both."""
        return Intervention(self.context and removed.context, self.clamped | removed.clamped)


def coalition(members: Iterable[str]) -> Intervention:
    """Only these of ``CONTRIBUTORS`` act."""
    allowed = frozenset(members)
    clamped = {switch for way, switches in SWITCHES_OF_WAY.items() if way not in allowed for switch in switches}
    return Intervention("context" in allowed, frozenset(clamped if allowed & set(WAYS) else clamped | {OF_COMPARATORS}))


COALITIONS = {
    frozenset(members): {0: "untreated", len(CONTRIBUTORS): "as given"}.get(size, " + ".join(members))
    for size in (len(CONTRIBUTORS), *range(len(CONTRIBUTORS)))
    for members in combinations(CONTRIBUTORS, size)
}
"""Every coalition of ``CONTRIBUTORS``, and what it is called."""
BASE = ("as given", "untreated", "context", "mechanisms alone")
"""Arms of every simulation; they need two brains."""
ARMS = {
    "as given": Intervention(),
    "untreated": coalition(()),
    "context": coalition(("context",)),
    "mechanisms alone": coalition(WAYS),
    **{f"without {way}": coalition(set(CONTRIBUTORS) - {way}) for way in WAYS},
    "without regrowth": Intervention(clamped=frozenset({"regrowth"})),
    "without mTOR": Intervention(clamped=frozenset({"mtor"})),
    "without regrowth and potentiation": Intervention(clamped=frozenset({"regrowth", "potentiation"})),
    "without surge to BDNF": Intervention(clamped=frozenset({"surge"})),
    "without habenula": Intervention(clamped=frozenset({"habenula"})),
    "without trapping": Intervention(clamped=frozenset({"trapping"})),
    "without adaptation": Intervention(clamped=frozenset({"adaptation"})),
    "without cortex to dopamine": Intervention(clamped=frozenset({"cortex_to_dopamine"})),
    "without reuptake block": Intervention(clamped=frozenset({"reuptake"})),
}
"""Every named arm."""


def everything_but(removed: Iterable[str]) -> Intervention:
    """Everything acts but these of :data:`~euthymia.simulation.removable.REMOVABLE`."""
    names = set(removed)
    clamped = {switch for way in names & set(WAYS) for switch in SWITCHES_OF_WAY[way]}
    clamped |= {name.replace(" ", "_") for name in names - {"context", *WAYS}}
    return Intervention("context" not in names, frozenset(clamped | {OF_COMPARATORS} if names >= set(WAYS) else clamped))


def switches(clamped: frozenset[str]) -> Switches:
    """All links on but the clamped ones."""
    return every_link(**dict.fromkeys(clamped, 0.0))


class ArmSettings(NamedTuple):
    """The interventions of a run as numbers. The context moves mood alone, so that arms that differ in it share a brain.

    A brain's linear part is taken where every link is off that is off in any brain which shares it. Brains in which only ways are
    removed, beside what the user removes, share one; any other has its own.
    """

    shared: Switches
    """Of the brains with the common linear part (leading axis)."""
    own: Switches | None
    """Of the brains with a linear part of their own, which stand behind the others; none if there are none."""
    brain_of: Int[Array, " arm"]
    linear_at: Switches
    """Where the common linear part is taken."""
    context: Float[Array, " arm"]
    """1 where the context acts, 0 where not."""

    @property
    def brains(self) -> int:
        """Number of brains."""
        return sum(len(switched[0]) for switched in (self.shared, self.own) if switched is not None)


class Size(NamedTuple):
    """How many arms and brains a compiled program has room for."""

    arms: int
    shared: int
    own: int


SIZES = (Size(8, 6, 2), Size(83, 34, 7))
"""The arms of every simulation with a few beside them, and all with all coalitions: the course is compiled for these alone."""


def settings(interventions: Iterable[Intervention], removed: frozenset[str] = frozenset(), sizes: Sequence[Size] = ()) -> ArmSettings:
    """What the compiled program needs to know of the interventions of a run, each brain solved once.

    Parameters
    ----------
    interventions
        One for each arm.
    removed
        Links that are off in all of them, or in all but the course beside which everything acts.
    sizes
        The first of these that has room is filled: with arms behind the others, and brains behind those of their kind, that repeat the
        first and are read by nothing. Without any, or if none has room, nothing is added.
    """
    arms, inner = list(interventions), removed - SWITCHES_OF_WAYS

    def stands_alone(clamped: frozenset[str]) -> bool:
        return not inner <= clamped <= SWITCHES_OF_WAYS | inner

    brains = list(dict.fromkeys(arm.clamped for arm in arms))
    shared, own = ([clamped for clamped in brains if stands_alone(clamped) is alone] for alone in (False, True))
    needed = Size(len(arms), len(shared), len(own))
    size = next((size for size in sizes if all(map(le, needed, size))), needed)
    index_of = {clamped: number for first, of_kind in ((0, shared), (size.shared, own)) for number, clamped in enumerate(of_kind, first)}
    arms += arms[:1] * (size.arms - needed.arms)
    return ArmSettings(
        _stacked(shared + brains[:1] * (size.shared - needed.shared)),
        _stacked(own + brains[:1] * (size.own - needed.own)) if size.own else None,
        on_device([index_of[arm.clamped] for arm in arms]),
        switches(SWITCHES_OF_WAYS | inner),
        on_device([float(arm.context) for arm in arms]),
    )


def _stacked(clamped: list[frozenset[str]]) -> Switches:
    return Switches(*(on_device(np.array(values)) for values in zip(*(switches(names) for names in clamped), strict=True)))
