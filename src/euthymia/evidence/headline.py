"""The headline of protocols that ship, and like-for-like contrasts of trials: computed once, and shipped with the package."""

from functools import cache

from pydantic import PositiveInt

from .computed import Computed, model_hash, of_package
from .rows import Number, Record

FILE = "headline.yaml"
CHANGE_BINS = tuple(range(-50, 26, 5))
"""Edges of the histogram of change, points of MADRS."""


class Interval(Record):
    """Median and central 90 %; None where a time is never reached."""

    low: Number | None
    median: Number | None
    high: Number | None


class ProtocolForecast(Record):
    """What further trials would find under a protocol."""

    response: dict[str, Interval]
    """Per cent of patients, by time."""
    remission: dict[str, Interval]
    left: Interval
    """Per cent of patients who have left by six weeks."""
    hours_to_response: Interval
    """Median over patients; None where half of them never respond."""
    relapsed: dict[str, Interval]
    """Per cent of the responders of the day after the last dose (at a visit, where any is given there) by time after it; may be empty."""
    change: tuple[Number, ...]
    """Share of patients whose MADRS has changed by so much at six weeks, in the bins of ``CHANGE_BINS``; mean over trials."""


class ContrastForecast(Record):
    """A published contrast of two response rates beside its prediction, per cent."""

    what: str
    observed: Number
    predicted: Interval


class Headline(Computed):
    """Forecasts and contrasts."""

    patients: PositiveInt
    trials: PositiveInt
    """Further trials that the intervals are of."""
    protocols: dict[str, ProtocolForecast]
    contrasts: tuple[ContrastForecast, ...]


@cache
def shipped() -> Headline | None:
    """What ships with the package; None if it is of other numbers, or not there. Raises ``InputError`` if the file is damaged."""
    return of_package(Headline, FILE, "headline", model_hash())
