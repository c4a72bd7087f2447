"""Attribution: how much of a change in mood is due to the context and to each way, as Shapley values over their coalitions."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
import xarray as xr

from ..model.parameters import Euthymia
from ..protocols.protocol import Protocol
from ..results.labelled import labelled
from ..simulation.interventions import COALITIONS, CONTRIBUTORS, WAYS
from ..simulation.simulate import Simulation, simulate
from ..simulation.visits import first_visit

WAYS_THEN_CONTEXT = (*WAYS, "context")
"""Contributors in the order in which they are shown."""


def shapley(value: Mapping[frozenset[str], np.ndarray], members: Sequence[str]) -> dict[str, np.ndarray]:
    """Each member's mean marginal contribution over all orders of joining (Shapley 1953); together they are the whole.

    Parameters
    ----------
    value
        The value of every coalition, the empty one included.
    members
        Who may join.
    """
    attributed: dict[str, np.ndarray] = {}
    for member in members:
        others = [other for other in members if other != member]
        total = np.zeros_like(value[frozenset()])
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(members) - size - 1) / factorial(len(members))
            for group in combinations(others, size):
                total += weight * (value[frozenset({*group, member})] - value[frozenset(group)])
        attributed[member] = total
    return attributed


def attribution(simulation: Simulation) -> xr.Dataset:
    """The change in MADRS (points) attributed to each contributor over time, with the coalitions that it comes from.

    Raises
    ------
    ValueError
        If the simulation was run without its coalitions.
    """
    if simulation.coalitions is None:
        raise ValueError("an attribution needs the coalitions: simulate(..., coalitions=True)")
    return attributed(simulation.coalitions)


def attributed(coalitions: xr.Dataset) -> xr.Dataset:
    """Shapley values (points) from ``coalition_madrs`` (coalition, time), or that of several arms (first axis), beside it."""
    madrs = coalitions.coalition_madrs
    by_name = dict(zip(madrs.coalition.values, np.moveaxis(madrs.to_numpy(), madrs.get_axis_num("coalition"), 0), strict=True))
    parts = shapley({members: by_name[name] for members, name in COALITIONS.items()}, CONTRIBUTORS)
    several = [name for name in madrs.dims if name == "arm"]
    along = {name: madrs[name].values for name in (*several, "time")}
    values = labelled({"attribution": np.stack(list(parts.values()), -2)}, along | {"contributor": list(parts)}, tuple(several))
    return coalitions.merge(values, combine_attrs="override")


def attribute(protocol: Protocol, model: Euthymia | None = None) -> xr.Dataset:
    """Run a protocol with every coalition of context and ways, and attribute its change in MADRS (points) to them."""
    return attribution(simulate(protocol, model, coalitions=True))


def attributed_at(simulation: Simulation, times: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The change in MADRS (points) attributed to each of ``WAYS_THEN_CONTEXT``, at named times after the first dose (h)."""
    start, points = first_visit(simulation.protocol), attribution(simulation).attribution
    at_times = {name: points.sel(time=start + hours, method="nearest") for name, hours in times.items()}
    return {name: {who: float(parts.sel(contributor=who)) for who in WAYS_THEN_CONTEXT} for name, parts in at_times.items()}
