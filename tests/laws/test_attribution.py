from itertools import combinations

import numpy as np
import pytest

from euthymia.analysis.attribution import shapley


def groups(players):
    return [frozenset(each) for size in range(len(players) + 1) for each in combinations(players, size)]


def test_independent_effects_are_each_players_own():
    own = {"a": 2.0, "b": -1.0, "c": 0.5}
    shares = shapley({group: np.array(sum((own[who] for who in group), 0.0)) for group in groups("abc")}, "abc")
    assert {who: float(part) for who, part in shares.items()} == pytest.approx(own)


def test_what_two_do_only_together_they_share_and_the_sum_is_the_whole():
    worth = {group: np.array(6.0 * ({"a", "b"} <= group) + 1.0 * ("c" in group)) for group in groups("abc")}
    shares = shapley(worth, "abc")
    assert float(shares["a"]) == float(shares["b"]) == pytest.approx(3)
    assert float(sum(shares.values())) == pytest.approx(7)
