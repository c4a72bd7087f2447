"""The vocabulary of protocols: drugs, routes, contexts, patients, and limits of numbers."""

from typing import Literal, get_args

from ..core.constants import DAY, SECOND, YEAR

Context = Literal["none", "saline", "midazolam", "placebo spray", "open label", "oral placebo", "electroconvulsive therapy"]
Condition = Literal["depressed", "healthy"]
Species = Literal["human", "mouse", "rat"]
Sex = Literal["male", "female"]
Genotype = Literal["*1/*1", "*1/*6", "*6/*6"]
Liver = Literal["normal", "mild impairment", "moderate impairment"]
CONTEXTS: tuple[str, ...] = get_args(Context)
CONDITIONS: tuple[str, ...] = get_args(Condition)
_INTO_A_VEIN = ("i.v. infusion", "i.v. bolus")
_INJECTED = (*_INTO_A_VEIN, "i.m.", "s.c.")
ROUTES_OF = {
    "ketamine": (*_INJECTED, "i.p.", "nasal", "sublingual", "rectal", "oral", "oral extended release"),
    "esketamine": (*_INJECTED, "i.p.", "nasal", "sublingual", "oral"),
    "arketamine": (*_INJECTED, "i.p."),
    **dict.fromkeys(("S-norketamine", "R-norketamine", "(2S,6S)-HNK", "(2R,6R)-HNK"), _INTO_A_VEIN),
    "memantine": ("oral",),
    "MK-801": _INTO_A_VEIN,
    **dict.fromkeys(("escitalopram", "sertraline", "phenelzine"), ("oral",)),
    **dict.fromkeys(("citalopram", "fluoxetine", "tranylcypromine", "moclobemide", "bupropion"), ("oral",)),
    "midazolam": _INTO_A_VEIN,
}
"""The drugs, and how each can be given; ketamine is the racemate, HNK is hydroxynorketamine."""
SWALLOWED = ("oral", "oral extended release")
"""Routes of drugs taken at home, without a visit."""
KETAMINES = ("ketamine", "esketamine", "arketamine")
NORKETAMINES = ("S-norketamine", "R-norketamine")
HYDROXYNORKETAMINES = ("(2S,6S)-HNK", "(2R,6R)-HNK")
OF_KETAMINE = (*KETAMINES, *NORKETAMINES, *HYDROXYNORKETAMINES)
"""Ketamine in any form, and its metabolites."""
BLOCKERS = (*OF_KETAMINE, "memantine", "MK-801")
"""Pore blockers of NMDA receptors."""
ROUTES = tuple(dict.fromkeys(route for routes in ROUTES_OF.values() for route in routes))
WEIGHTS = (25.0, 300.0)
"""Of adults, kg: those that allometric scaling was stated for, with a margin."""
ANIMAL_WEIGHTS = {"mouse": (0.01, 0.06), "rat": (0.05, 1.0)}
"""kg."""
ROUTES_OF_ANIMALS = (*_INJECTED, "i.p.")
AGES = (18.0, 100.0)
"""Years."""
MOST_INDIVIDUALS = 1_000_000
LONGEST = YEAR
"""h."""
SHORTEST_INFUSION = SECOND
"""h."""
SHORTEST_STEP = SECOND
"""h, of a titration."""
MOST_DOSES = 400
"""In a protocol, repeats included."""
ELIMINATED = dict.fromkeys(ROUTES_OF, 30 * DAY) | dict.fromkeys(OF_KETAMINE, 10 * DAY) | {"memantine": 60 * DAY, "fluoxetine": 190 * DAY}
"""After so long (h) less than a millionth of a drug and what follows it is left in the body: of doses that long before a steady state."""
SHORTEST_RUN = 3
"""Fewer equal doses are written one by one."""
MOST_INTERLEAVED = 8
"""Alternating runs of equal doses that are told apart; times of a day or days of a week are fewer."""
DIGITS = 9
"""Decimals, in h, to which the time of a repeat is rounded, so that the interval can be recovered from the times."""
SAME_TIME = 10**-DIGITS
"""h; the rounding error of that."""
DIGITS_STATED = 6
"""Decimals of an interval, and of a number of steps, as people state them."""
