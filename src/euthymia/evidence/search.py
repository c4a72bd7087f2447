"""Rows of the evidence by the beginning of their id, by words in their texts, by provenance."""

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import get_args

from ..core.errors import InputError, short, unknown
from .display import remark, unit
from .registry import Registry
from .rows import Parameter, Provenance, Target

NEAREST = 3
"""Ids that an error names."""
Readers = Mapping[str, Sequence[tuple[str, str]]]
"""The parameters that read a row, by its id: (dotted name, meaning)."""


def texts(known: Registry, row: Parameter | Target, readers: Readers) -> dict[str, str]:
    """Every text of a row that a search reads, by what it is."""
    source = known.sources[row.source]
    every = {
        "id": row.id,
        "unit": unit(row),
        "quantity": row.quantity if isinstance(row, Target) else None,
        "source": f"{source.citation} {source.doi or ''}",
        "species": row.species,
        "preparation": row.preparation,
        "note": remark(row),
        "used as": "; ".join(meaning for _, meaning in readers.get(row.id, ())),
    }
    return {what: text for what, text in every.items() if text}


def holds(text: str, word: str) -> bool:
    """Whether a text holds a word or part of one, in capitals or not."""
    return word.casefold() in text.casefold()


def select(known: Registry, beginning: str | None = None, provenance: str | None = None) -> list[Parameter | Target]:
    """The rows of one id, or whose ids begin with the same parts, and whose numbers are of one provenance.

    Raises
    ------
    InputError
        If there is none; it names the nearest.
    """
    every = known.rows()
    rows = [row for key, row in every.items() if beginning is None or beginning == key or key.startswith(f"{beginning}.")]
    if beginning is not None and not rows:
        raise unknown("evidence", beginning, every)
    if provenance is not None and provenance not in get_args(Provenance):
        raise unknown("provenance", provenance, get_args(Provenance))
    chosen = [row for row in rows if provenance in (None, row.provenance)]
    if not chosen:
        raise InputError(f"provenance: of the {len(rows)} rows {beginning} none is {provenance}")
    return chosen


def search(known: Registry, rows: Sequence[Parameter | Target], words: Sequence[str], readers: Readers) -> list[Parameter | Target]:
    """Those rows whose texts hold every word.

    Parameters
    ----------
    readers
        What reads the rows: words are looked for there too.

    Raises
    ------
    InputError
        If there is none; it names the nearest ids.
    """
    if not words:
        raise InputError("search: no word is given; for example --search clearance")
    holding = [row for row in rows if all(holds(" ".join(texts(known, row, readers).values()), word) for word in words)]
    if not holding:
        near = ", ".join(_nearest([row.id for row in rows], words))
        raise InputError(f"search: none of {len(rows)} rows holds {' and '.join(map(short, words))}; nearest ids: {near}")
    return holding


def _nearest(ids: Sequence[str], words: Sequence[str]) -> list[str]:
    """Ids with the parts that are most like the words."""
    parts = {part for name in ids for part in name.split(".")}
    likeness = dict.fromkeys(ids, 0.0)
    for word in words:
        matcher = SequenceMatcher(b=word.casefold())
        ratios = {}
        for part in parts:
            matcher.set_seq1(part.casefold())
            ratios[part] = matcher.ratio()
        for name in ids:
            likeness[name] += max(ratios[part] for part in name.split("."))
    return sorted(ids, key=lambda name: -likeness[name])[:NEAREST]
