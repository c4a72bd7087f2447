"""What linear kinetics in an SBML document must obey so that no drug becomes negative or comes from nothing."""

from collections.abc import Sequence

import numpy as np

from .sbml_forms import demand

ROUNDING = 1e-12
"""Of the sum of what enters and leaves, as a share of its terms."""


def check_kinetics(states: Sequence[str], is_pool: np.ndarray, matrix: np.ndarray, infusion: np.ndarray) -> None:
    """Refuse kinetics under which a drug becomes negative, comes from nothing or grows by itself.

    Parameters
    ----------
    states
        Identifiers.
    is_pool
        Of each state, whether it is an amount; the others are concentrations.
    matrix
        Rate of change of each state (row) with each state (column).
    infusion
        Rate into each state (column) from each time on, µmol/h.

    Raises
    ------
    Unreadable
        If one does; it names the first states for which this is so.
    """
    for column, source in enumerate(states):
        for row, target in enumerate(states):
            rate, flow = matrix[row, column].item(), f"the flow from {source!r} to {target!r}"
            if row != column:
                demand(rate >= 0, flow, f"has the rate constant {rate:g}", "rate constants that are not negative")
                from_nothing = bool(is_pool[row] and not is_pool[column])
                demand(rate == 0 or not from_nothing, flow, "makes an amount of a concentration", "amounts made of amounts")
        terms = matrix[is_pool, column] if is_pool[column] else matrix[[column], column]
        excess, scale = terms.sum().item(), np.abs(terms).sum().item()
        allowed = "what leaves an amount enters another or is gone" if is_pool[column] else "a lag with a loss"
        demand(excess <= ROUNDING * scale, repr(source), f"makes more than it loses, by {excess:g} of itself per h", allowed)
        inflow = infusion[:, column].min().item()
        demand(inflow >= 0, f"the infusion into {source!r}", f"has the rate {inflow:g} umol per h", "rates that are not negative")
