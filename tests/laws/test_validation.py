"""Pharmacology beside held-out studies: bars were set by the closest peer, before any prediction was looked at."""

import pytest

from euthymia.validation.pharmacology import BARS, ObservedAndPredicted, of_role, pharmacology, score


@pytest.fixture(scope="module")
def rows(model):
    return pharmacology(model)


def test_coding_is_verified_within_three_percent(rows):
    assert all(row.error < 0.03 for row in of_role(rows, "verification"))
    assert score(of_role(rows, "verification")).count == 6


def test_held_out_studies_are_met_better_than_by_the_closest_peer(rows):
    held_out = score(of_role(rows, "validate"))
    assert held_out.median_error < BARS["median error"]
    assert held_out.within_two_fold > BARS["within two-fold"]


def test_a_slip_of_a_thousand_would_be_seen():
    slipped = [ObservedAndPredicted("a", "a", "a", "validate", 1.0, 1000.0, "uM")] * 3
    assert score(slipped).within_two_fold == 0
    assert score(slipped).median_error == pytest.approx(999)
