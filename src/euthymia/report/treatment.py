"""What is given, as a phrase that fits after "with"."""

import numpy as np

from ..core.constants import DAY
from ..protocols.dose import Dose
from ..protocols.protocol import Protocol
from ..protocols.vocabulary import SWALLOWED
from .words import clock, counted, joined

KINDS = {
    "i.v. infusion": ("infusion", "infusions"),
    "i.v. bolus": ("injection into a vein", "injections into a vein"),
    "i.m.": ("injection into a muscle", "injections into a muscle"),
    "s.c.": ("injection under the skin", "injections under the skin"),
    "i.p.": ("injection into the belly", "injections into the belly"),
    "nasal": ("nasal spray", "nasal sprays"),
    "sublingual": ("dose under the tongue", "doses under the tongue"),
    "rectal": ("rectal dose", "rectal doses"),
    "oral": ("dose by mouth", "doses by mouth"),
    "oral extended release": ("slow-release tablet", "slow-release tablets"),
}
"""What one dose and several are called, by route."""
WITHOUT_DRUG = {
    "none": "neither a drug nor a visit",
    "saline": "a visit and an infusion without a drug",
    "midazolam": "a visit like one for midazolam, without a drug",
    "placebo spray": "a spray without a drug",
    "open label": "a visit at which a drug is expected, without a drug",
    "oral placebo": "pills without a drug",
    "electroconvulsive therapy": "electroconvulsive therapy",
}
"""What a course without a dose consists of, by context."""
CONTEXT_ALONE = {
    "saline": "the visit alone",
    "midazolam": "the visit alone",
    "placebo spray": "a spray without a drug",
    "open label": "the visit alone",
    "oral placebo": "pills without a drug",
    "electroconvulsive therapy": "electroconvulsive therapy alone",
}
"""What is left where drugs do not act, by context."""


def treatment(protocol: Protocol) -> str:
    """What is given; without a dose, what the course consists of."""
    alike: dict[tuple[str, str], list[Dose]] = {}
    for dose in protocol.doses:
        alike.setdefault((dose.drug, dose.route), []).append(dose)
    return joined([_of_one_drug(doses) for doses in alike.values()]) or WITHOUT_DRUG[protocol.context]


def _of_one_drug(doses: list[Dose]) -> str:
    first, last = doses[0], doses[-1]
    one, several = KINDS[first.route]
    amounts = sorted({dose.amount for dose in doses})
    amount = f"{' to '.join(f'{value:g}' for value in dict.fromkeys((amounts[0], amounts[-1])))} {'mg/kg' if first.per_weight else 'mg'}"
    over = f" over {clock(first.duration)}" if first.duration is not None and len({dose.duration for dose in doses}) == 1 else ""
    if len(doses) == 1:
        return f"{counted(1)} {one} of {amount} {first.drug}{over}"
    days = round((last.start - first.start) / DAY) + 1
    if first.route in SWALLOWED and np.allclose(np.diff([dose.start for dose in doses]), DAY):
        return f"{amount} {first.drug} a day for {days} days"
    return f"{counted(len(doses))} {several} of {amount} {first.drug}{over} in {days} days"
