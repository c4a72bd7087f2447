"""Rows that were free for the course of mood are shown with what they were chosen with."""

from euthymia.evidence.freedom import freedoms


def test_what_was_free_is_shown_without_a_run(euthymia):
    shown = " ".join(euthymia("verify", "--freedom").out.split())
    for each in freedoms():
        assert each.row.id in shown
        assert all(name in shown for name in each.row.chosen_with)
    assert f"{len(freedoms())} rows were free" in shown


def test_guard_a_count_of_draws_out_of_range_is_one_line(refused):
    assert "draws: -1 is outside 1 to 10000" in refused("verify", "--draws", "-1")
    assert "draws: 0 is outside 1 to 10000" in refused("verify", "--out", "draws.yaml")
