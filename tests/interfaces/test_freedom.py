"""Rows that were free for the course of mood are shown with what they were chosen with."""

import re

from euthymia.evidence.freedom import freedoms
from euthymia.evidence.registry import evidence


def test_what_was_free_is_shown_without_a_run(euthymia):
    shown = " ".join(euthymia("verify", "--freedom").out.split())
    for each in freedoms():
        assert each.row.id in shown
        assert all(name in shown for name in each.row.chosen_with)
    assert f"{len(freedoms())} rows are new with the course of mood or were chosen anew" in shown


def test_every_fitted_row_is_counted_once(euthymia):
    shown = " ".join(euthymia("verify", "--freedom").out.split())
    fitted = [int(count) for count in re.findall(r"(\d+) (?:rows were )?fitted to trials", shown)]
    assert sum(fitted) == len(evidence().calibrated)


def test_guard_a_count_of_draws_out_of_range_is_one_line(refused):
    assert "draws: -1 is outside 1 to 10000" in refused("verify", "--draws", "-1")
    assert "draws: 0 is outside 1 to 10000" in refused("verify", "--out", "draws.yaml")
