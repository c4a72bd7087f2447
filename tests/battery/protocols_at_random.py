"""Protocols at random, as YAML text: any that can be meant, and many that cannot."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, get_args

from numpy.random import Generator

from euthymia.core.units import SPELLINGS, quantity
from euthymia.protocols.patient import DISPOSITION
from euthymia.protocols.vocabulary import (
    AGES,
    ANIMAL_WEIGHTS,
    CONDITIONS,
    CONTEXTS,
    LONGEST,
    MOST_DOSES,
    MOST_INDIVIDUALS,
    OF_KETAMINE,
    ROUTES_OF,
    ROUTES_OF_ANIMALS,
    WEIGHTS,
    Genotype,
    Liver,
    Sex,
)

Data = dict[str, Any]
ALL_GIVEN = [(drug, route) for drug, routes in ROUTES_OF.items() for route in routes]
"""Every drug by every route."""
GIVEN = [(drug, route) for drug, route in ALL_GIVEN if route != "i.p."]
"""Those of people."""
GIVEN_TO_ANIMALS = [(drug, route) for drug, route in ALL_GIVEN if drug in OF_KETAMINE and route in ROUTES_OF_ANIMALS]
EXTREME_AMOUNTS = ("1e-6 mg", "1e-6 mg/kg", "1e-3 ug", "1e6 g", "1e6 mg/kg")
ROOM = 0.9 * LONGEST
"""h; doses end before, so that a horizon fits after them."""
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"
TITLES = ("Mine", "", "Δοκιμή № 1", "# no comment", "yes", "null", "1e5", "a: b - c", "'\"", "🙂" * 50, "x" * 200)


def one_of(rng: Generator, choices: Any) -> Any:
    return choices[rng.integers(len(choices))]


def often(rng: Generator, share: float) -> bool:
    return bool(rng.random() < share)


def between(rng: Generator, lowest: float, highest: float) -> float:
    """On a logarithmic scale, and rarely an end itself."""
    if often(rng, 0.1):
        return float(one_of(rng, (lowest, highest)))
    return float(min(max(lowest * (highest / lowest) ** rng.random(), lowest), highest))


def spelled(rng: Generator, kind: str, value: float) -> str:
    """A quantity in any unit of its kind, such that rounding does not carry it past a round bound."""
    unit = one_of(rng, sorted(SPELLINGS[kind]))
    return f"{value / SPELLINGS[kind][unit]:.15g}{one_of(rng, (' ', '', '  '))}{unit}"


PATIENT: dict[str, Callable[[Generator], Any]] = {
    "condition": lambda rng: one_of(rng, CONDITIONS),
    "weight": lambda rng: spelled(rng, "weight", between(rng, WEIGHTS[0] + 1e-6, WEIGHTS[1] - 1e-6)),
    "madrs": lambda rng: one_of(rng, (0, 60, float(rng.uniform(0, 60)))),
    "stress": lambda rng: one_of(rng, (0, 1, float(rng.uniform(0, 1)))),
    "stress_until": lambda rng: spelled(rng, "time", one_of(rng, (0.0, between(rng, 0.01, LONGEST)))),
    "age": lambda rng: one_of(rng, (*AGES, 60, float(rng.uniform(*AGES)))),
    "sex": lambda rng: one_of(rng, get_args(Sex)),
    "cyp2b6": lambda rng: one_of(rng, get_args(Genotype)),
    "liver": lambda rng: one_of(rng, get_args(Liver)),
    "individual": lambda rng: int(one_of(rng, (1, MOST_INDIVIDUALS, rng.integers(1, MOST_INDIVIDUALS)))),
    "disposition": lambda rng: {name: between(rng, 0.3, 3) for name in DISPOSITION if name == "clearance" or often(rng, 0.5)},
    "species": lambda rng: "human",
}
"""A value of every field of a patient."""


def person(rng: Generator) -> Data:
    """Some fields of a patient; of the two that state one body, one."""
    fields = {field: value(rng) for field, value in PATIENT.items() if often(rng, 0.5)}
    if {"individual", "disposition"} <= set(fields):
        del fields[one_of(rng, ("individual", "disposition"))]
    return fields


def animal(rng: Generator) -> Data:
    """A mouse or a rat."""
    species = one_of(rng, sorted(ANIMAL_WEIGHTS))
    lowest, highest = ANIMAL_WEIGHTS[species]
    return {"species": species, "weight": spelled(rng, "weight", between(rng, 1.001 * lowest, 0.999 * highest))}


def dose(rng: Generator, most: int, given: list[tuple[str, str]]) -> tuple[float, float, Data]:
    """When it starts and ends (h), and an entry that stands for at most so many doses."""
    drug, route = one_of(rng, given)
    kind = one_of(rng, ("dose", "dose per weight"))
    amount = between(rng, 1e-6, 1e4 if kind == "dose" else 1e2)
    said = spelled(rng, "time", one_of(rng, (0.0, 0.0, between(rng, 0.01, ROOM / 3))))
    start, _ = quantity("start", said, "time")  # Spelling rounds, and doses are listed in order of time.
    entry = {"drug": drug, "amount": spelled(rng, kind, amount), "route": route, "start": said}
    if start == 0 and often(rng, 0.5):
        del entry["start"]
    length = between(rng, 1.001 / 3600, 300) if route == "i.v. infusion" else 0.0
    if length:
        entry["duration"] = spelled(rng, "time", length) if often(rng, 0.8) else "1 s"
    if often(rng, 0.4):
        if often(rng, 0.2):
            entry["amount"] = one_of(rng, EXTREME_AMOUNTS)
        return start, start + length, entry
    every = between(rng, 0.02, ROOM / 4)
    times = int(min(between(rng, 1, most), max(1, (ROOM / 2 - start) // every)))
    entry |= {"every": spelled(rng, "time", every), "times": times}
    shares = [0.0]
    if often(rng, 0.5):
        shares = sorted(rng.choice(9, size=min(int(rng.integers(1, 5)), most // times), replace=False) / 10)
        entry["at"] = [spelled(rng, "time", share * every) for share in shares]
    number = times * len(shares)
    if times > 1 and often(rng, 0.5):
        by, to = one_of(rng, ((0.1, 1.55), (1.0, 4.0), (7.0, 2.0), (-0.2, 0.3), (-0.3, 0.1)))
        step = one_of(rng, (0.5, 1, (times - 1) * 0.999)) * every
        entry["titrate"] = {
            "by": spelled(rng, kind, by * amount),
            "every": spelled(rng, "time", step),
            "to": spelled(rng, kind, to * amount),
        }
        if by < 0 and often(rng, 0.3):
            entry["titrate"]["to"] = spelled(rng, kind, 0.0)
            return start, start + times * every + length, entry
    if number > 1 and often(rng, 0.4):
        entry["missed"] = [int(each) + 1 for each in rng.choice(number, size=int(rng.integers(number)), replace=False)]
    return start, start + times * every + length, entry


def meant(rng: Generator) -> Data:
    """A protocol that can be meant."""
    entries = int(one_of(rng, (0, 1, 1, 1, 2, 3, 5)))
    # Long texts take long to read.
    most = MOST_DOSES if often(rng, 0.01) else 12
    of_animal = often(rng, 0.1)
    given = GIVEN_TO_ANIMALS if of_animal else GIVEN
    doses = sorted((dose(rng, most // entries, given) for _ in range(entries)), key=lambda each: each[0])
    # Spelling rounds.
    last = 1.001 * max([1.0, *(end for _, end, _ in doses)])
    data: Data = {"name": "a" + "".join(one_of(rng, LETTERS) for _ in range(rng.integers(20))), "title": one_of(rng, TITLES)}
    optional: Data = {
        "source": one_of(rng, TITLES),
        "context": one_of(rng, CONTEXTS),
        "patient": person(rng),
        "visits": [
            spelled(rng, "time", share * 0.99 * last) for share in sorted(rng.choice(9, size=int(rng.integers(9)), replace=False) / 9)
        ],
    }
    data |= {field: value for field, value in optional.items() if often(rng, 0.6)}
    if of_animal:
        data["patient"] = animal(rng)
    data["doses"] = [entry for *_, entry in doses]
    data["horizon"] = one_of(rng, ("365 d", spelled(rng, "time", between(rng, last, 0.9999 * LONGEST))))
    return data


VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2.5, 1e300, 10**400, float("nan"), float("inf"), float("-inf")),
    *("", " ", "x", "ketamin", "Ketamine", "i.v.", "🙂", "\u202e", "κεταμίνη", "\x1b[2J", "\ud800", "x" * 3000, "1" * 3000),
    *("nan mg", "inf h", "-1 mg", "-1 h", "0 mg", "0 h", "1e400 mg", "1e-400 mg/kg", "1 mg/h", "1 mg/kg/h", "1 month", "mg", "1,5 mg"),
    *("1 mg", "1 mg/kg", "1 h", "3 d", "80 kg", "１ mg", "1 µg", "1 μg", "1 mG", "1 mg 2", "--1 h", "1e5"),
    *([], {}, [[]], [None], [1], ["1 h"], ["1 h", "x"], [1, 1], [10**6], {"a": {"b": [1]}}, {"by": "1 mg"}, [[[[[[[[[[1]]]]]]]]]]),
)
"""What may stand in a wrong place."""
FIELDS = (
    *("name", "title", "source", "context", "patient", "doses", "visits", "horizon", *PATIENT),
    *("drug", "amount", "route", "start", "duration", "every", "times", "at", "titrate", "missed", "by", "to"),
    *("per_weight", "amuont", "AMOUNT", "within", "", "🙂", "a b", "x" * 300, "1", "null"),
)
PIECES = (
    "\t",
    "\n",
    ":",
    "- ",
    "{",
    "]",
    '"',
    "&a ",
    "*a",
    "!!int ",
    "#",
    "\x00",
    "\ufeff",
    "\x85",
    "---\n",
    "? ",
    "%YAML 1.1\n",
    "🙂",
    "<<: ",
)


def spoiled(rng: Generator, data: Data) -> Data:
    """The same with one value, somewhere, that is wrong, absent or out of place."""
    parts: list[Any] = [data]
    for part in parts:
        parts += [each for each in (part.values() if isinstance(part, dict) else part) if isinstance(each, dict | list) and each]
    part = one_of(rng, parts)
    places = list(part) if isinstance(part, dict) else range(len(part))
    match rng.integers(4):
        case 0 if isinstance(part, dict):
            part[one_of(rng, FIELDS)] = deepcopy(one_of(rng, VALUES))
        case 1:
            del part[one_of(rng, places)]
        case _:
            part[one_of(rng, places)] = deepcopy(one_of(rng, VALUES))
    return data


def text_of(data: Data) -> str:
    """YAML with every value on the line of its field."""
    lines = (f"{json.dumps(field)}: {json.dumps(value, ensure_ascii=False)}\n" for field, value in data.items())
    text = "".join(lines).encode(errors="backslashreplace").decode()  # Half a surrogate pair cannot stand in a file.
    return text.replace("NaN", ".nan").replace("Infinity", ".inf")


def cut(rng: Generator, text: str) -> str:
    """The same with a piece put in, or out, somewhere."""
    start = int(rng.integers(len(text)))
    return text[:start] + one_of(rng, PIECES) + text[start + int(one_of(rng, (0, 0, 1, 10, 1000))) :]


def good_texts(rng: Generator, number: int) -> Iterator[str]:
    """Protocols that can be meant."""
    for _ in range(number):
        yield text_of(meant(rng))


def bad_texts(rng: Generator, number: int) -> Iterator[str]:
    """Protocols with a fault or a few, most of which cannot be meant."""
    for _ in range(number):
        data = meant(rng)
        for _ in range(rng.integers(1, 4)):
            data = spoiled(rng, data) if data else data
        yield cut(rng, text_of(data) + "\n") if often(rng, 0.2) else text_of(data)
