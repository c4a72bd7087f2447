"""What a user can remove from a run, by name."""

from collections.abc import Iterable

from ..core.errors import unknown

REMOVABLE = {
    "context": "what the treatment as such does",
    "way 1": "glutamate surge in the prefrontal cortex",
    "way 2": "NMDA block eases the calcium load",
    "way 3": "the habenula fires less, dopamine returns",
    "way 4": "connections regrow",
    "way 5": "the limbic lock opens",
    "prefrontal": "loss of NMDA drive changes prefrontal activity, way 1",
    "calcium load": "NMDA block lowers the calcium load, way 2",
    "habenula": "loss of NMDA drive makes the habenula fire less, in way 3",
    "dopamine": "the release of dopamine changes, in way 3",
    "synaptic signalling": "glutamate, receptor block and serotonin engage BDNF, way 4",
    "limbic lock": "block, spines, dopamine and serotonin move the limbic lock, way 5",
    "mtor": "BDNF engages mTORC1, in way 4; removing it is what rapamycin does",
    "potentiation": "BDNF potentiates synapses within hours, in way 4",
    "regrowth": "the structural signal speeds the formation of spines, in way 4",
    "surge": "the glutamate surge engages BDNF, from way 1 to way 4; removing it is what an AMPA receptor blocker does",
    "cortex to dopamine": "prefrontal activity drives dopamine cells, from way 1 to way 3",
    "reuptake": "block of transporters and MAO raises serotonin and dopamine, of comparators",
}
"""What a user can remove, and what that is; all but context and ways are links, by the name of their switch in words."""
EVERYTHING = "everything acts"
"""The arm beside a course from which something was removed."""


def removal(names: Iterable[str]) -> tuple[str, ...]:
    """Names of ``REMOVABLE`` from those that a user writes, in any case and with or without spaces, hyphens or underscores.

    Raises
    ------
    InputError
        If there is nothing of a name.
    """
    known = {_letters(name): name for name in REMOVABLE}
    for name in names:
        if _letters(name) not in known:
            raise unknown("without", name, REMOVABLE)
    return tuple(dict.fromkeys(known[_letters(name)] for name in names))


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter not in " -_")


def changes_by(removed: Iterable[str]) -> tuple[str, ...]:
    """What removing these of ``REMOVABLE`` means, a phrase each."""
    return tuple(f"without {name}: {REMOVABLE[name]}" for name in removed)
