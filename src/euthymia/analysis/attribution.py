"""Who moved what: a fair split of an effect among mechanisms that act together."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np


def shapley(worth: Mapping[frozenset[str], np.ndarray], players: Sequence[str]) -> dict[str, np.ndarray]:
    """Each player's mean marginal effect over all orders of joining (Shapley 1953); the shares sum to the whole.

    Parameters
    ----------
    worth
        The effect of every coalition, the empty one included.
    players
        Who may join.
    """
    shares: dict[str, np.ndarray] = {}
    for player in players:
        others = [other for other in players if other != player]
        total = np.zeros_like(worth[frozenset()])
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(players) - size - 1) / factorial(len(players))
            for group in combinations(others, size):
                total += weight * (worth[frozenset({*group, player})] - worth[frozenset(group)])
        shares[player] = total
    return shares
