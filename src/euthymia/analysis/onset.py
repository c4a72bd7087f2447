"""How fast a curve moves: its extremes on both sides of where it began, when it has gone half its way, and when a patient responds."""

from typing import NamedTuple

import numpy as np
import xarray as xr


class LargestChange(NamedTuple):
    """A largest rise or fall from before, and when half of it is first reached."""

    change: float
    """With its sign."""
    time: float
    """h after the first dose."""
    half: float
    """h after the first dose."""


class Response(NamedTuple):
    """The first time over which a rating is low enough for a response, h after the first dose."""

    reached: float | None
    """None without a response."""
    lost: float | None
    """None without a response, or with one that lasts to the end of the course."""
    again: bool
    """Whether there is another afterwards."""


NO_RESPONSE = Response(None, None, False)


def _first(series: xr.DataArray, holds: np.ndarray, level: float) -> float | None:
    """When a condition first holds that turns at a level; between two nodes on a straight line, at the later one after a gap."""
    if not holds.any():
        return None
    node, time = int(np.argmax(holds)), series.time.to_numpy()
    earlier, later = series.to_numpy()[max(node - 1, 0) : node + 1][[0, -1]]
    if node == 0 or np.isnan(earlier):
        return float(time[node])
    return float(time[node - 1] + (level - earlier) / (later - earlier) * (time[node] - time[node - 1]))


def first_reached(change: xr.DataArray, level: float) -> float | None:
    """When a change from before first is as large as a level, on the same side of zero; None if it never is.

    What the curve does on the other side of zero before then does not count, and it need not stay at the level afterwards.
    """
    return _first(change, np.sign(level) * change.to_numpy() >= abs(level), level)


def largest_changes(change: xr.DataArray, least: float) -> tuple[LargestChange, ...]:
    """The largest rise and the largest fall of a change from before, in order of time.

    Parameters
    ----------
    change
        Along ``time``, h after the first dose; not a number where it is not known.
    least
        A rise or fall smaller than this is none.
    """
    values, time = change.to_numpy(), change.time.to_numpy()

    def extreme(node: int) -> LargestChange:
        level = float(values[node])
        half = first_reached(change, level / 2)
        # The node itself is beyond half of its own change.
        return LargestChange(level, float(time[node]), float(time[node]) if half is None else half)

    rise, fall = int(np.nanargmax(values)), int(np.nanargmin(values))
    extremes = [node for node, height in ((rise, values[rise]), (fall, -values[fall])) if height >= least]
    return tuple(extreme(node) for node in sorted(extremes))


def first_response(rating: xr.DataArray, fraction: float) -> Response:
    """When a rating has first fallen by a fraction of its first value, and when it has first risen above that level again.

    Parameters
    ----------
    rating
        Along ``time``, h after the first dose; not a number where there is none.
    fraction
        Fall over the value before of a response.
    """
    values = rating.to_numpy()
    level = (1 - fraction) * float(values[0])
    low = values <= level
    if values[0] <= 0 or not low.any():
        return NO_RESPONSE
    high_again = values > level
    high_again[: int(np.argmax(low))] = False
    again = high_again.any() and low[int(np.argmax(high_again)) :].any()
    return Response(_first(rating, low, level), _first(rating, high_again, level), bool(again))
