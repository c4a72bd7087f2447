"""What a user removed or set to no effect: twice, inside something that is removed too, or until nothing is left to act."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from .interventions import CONTRIBUTORS, SWITCHES_OF_WAY
from .removable import removal

PASSES_THROUGH = {
    "trapping": ("habenula",),
    "mtor": ("synaptic signalling",),
    "potentiation": ("synaptic signalling",),
    "regrowth": ("synaptic signalling", "mtor"),
    "surge": ("prefrontal", "synaptic signalling"),
    "cortex to dopamine": ("dopamine",),
    **{switch.replace("_", " "): (way,) for way, switches in SWITCHES_OF_WAY.items() for switch in switches},
}
"""Links by what they lie inside of, or pass through: where that is removed, they carry nothing."""
READ_THROUGH = {
    "signalling.mtor_time": "mtor",
    "signalling.structural_": "regrowth",
    "signalling.potentiation_": "potentiation",
    "signalling.": "synaptic signalling",
    "links.signalling_ec50": "synaptic signalling",
    "links.surge_ec50": "surge",
    "links.cooperativity": "synaptic signalling",
    "links.adaptation_time": "adaptation",
    "links.trapped_on_habenula": "trapping",
    "links.dopamine_time": "dopamine",
    "nmdar.habenula_release": "trapping",
    "nmdar.drive_ic50.habenula": "habenula",
    "nmdar.resting_engagement.": "synaptic signalling",
    "spines.growth_gain": "regrowth",
    "excitotoxicity.": "calcium load",
}
"""Links by the beginnings of the ids of rows that a treatment acts through by that link alone; the first that fits counts."""


def idle_changes(without: Sequence[str], rows: Iterable[str] = ()) -> list[str]:
    """What of a run's changes changes nothing, a line each.

    Parameters
    ----------
    without
        What does not act, as a user wrote it.
    rows
        Evidence rows that a user set.
    """
    names, removed = [name for written in without for name in removal((written,))], removal(without)
    lines = [f"without: {name} stands {names.count(name)} times; once is enough" for name in removed if names.count(name) > 1]
    if set(CONTRIBUTORS) <= set(removed):
        lines.append("without: context and all five ways are removed, so that nothing acts: this is the untreated course")
    lines += [
        f"without: {name} acts only with {other}, which is removed too; removing it changes nothing more"
        for name in removed
        if (other := _removed_around(name, removed))
    ]
    for row, link in _links_of(rows):
        gone = link if link in removed else _removed_around(link, removed)
        if gone:
            lines.append(
                f"set: a treatment acts through {row} only by {link}, and {gone} is removed; it changes the untreated patient at most"
            )
    return lines


def _removed_around(name: str, removed: Collection[str]) -> str | None:
    """What is removed of all that something lies inside of; None if nothing is."""
    for around in PASSES_THROUGH.get(name, ()):
        outer = around if around in removed else _removed_around(around, removed)
        if outer:
            return outer
    return None


def _links_of(rows: Iterable[str]) -> Iterator[tuple[str, str]]:
    for row in rows:
        link = next((link for beginning, link in READ_THROUGH.items() if row.startswith(beginning)), None)
        if link is not None:
            yield row, link
