"""A protocol in words: the title and name that it has if none are stated, and how a notebook shows it."""

import re
from collections.abc import Iterable
from html import escape

from ..core.clock import clock
from .dose import Dose
from .patient import Patient
from .repeats import compact

NAME = r"^[a-z0-9][a-z0-9-]{0,63}$"
LONGEST_NAME = 64
MOST_DESCRIBED = 2
"""Entries of doses that a title tells."""


def described(doses: Iterable[Dose], context: str) -> str:
    """What is given, in one line."""
    entries = [dose_in_words(dose) for dose in compact(doses)]
    if not entries:
        return "No treatment" if context == "none" else f"No drug, {context}"
    more = len(entries) - MOST_DESCRIBED
    said = "; ".join(entries[:MOST_DESCRIBED]) + (f"; and {more} more" if more > 0 else "")
    return said[0].upper() + said[1:]


def dose_in_words(dose: Dose) -> str:
    """Drug, amount, route, duration and repeats of an entry."""
    amount = f"{dose.amount:g} {'mg/kg' if dose.per_weight else 'mg'}"
    duration = f" over {clock(dose.duration)}" if dose.duration else ""
    repeats = f", {dose.times} times every {clock(dose.every)}" if dose.every else ""
    return f"{dose.drug} {amount} {dose.route}{duration}{repeats}"


def name_like(text: str, otherwise: str = "protocol") -> str:
    """A name that a text allows, of small letters, digits and hyphens; another one where it allows none."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST_NAME] or otherwise


def html_of(title: str, patient: Patient, doses: Iterable[Dose], context: str, horizon: float) -> str:
    """A table for a notebook."""
    weight = [] if patient.weight is None else [f"{patient.weight:g} kg"]
    who = ", ".join((patient.condition, *weight, *patient.particulars()))
    rows = "".join(f"<tr><td>{clock(dose.start)}</td><td>{escape(dose_in_words(dose))}</td></tr>" for dose in compact(doses))
    return (
        f"<p><strong>{escape(title)}</strong><br>{escape(who)}; context: {escape(context)}; until {clock(horizon)}</p>"
        f"<table><thead><tr><th scope='col'>start</th><th scope='col'>given</th></tr></thead><tbody>{rows}</tbody></table>"
    )
