"""Pharmacology beside studies: bars were set by the closest peer and by the plan, before any prediction was looked at."""

from dataclasses import replace

import pytest

from euthymia.model.default import model_at
from euthymia.validation.pharmacology import (
    BARS,
    KEPT_ASIDE,
    MOLECULES,
    ROUTES,
    VERIFICATION,
    ObservedAndPredicted,
    by_molecule_route_and_study,
    of_role,
    pharmacology,
    score,
)


@pytest.fixture(scope="module")
def rows(model):
    return pharmacology(model)


@pytest.fixture(scope="module")
def of_studies(rows):
    return of_role(rows, "calibrate", KEPT_ASIDE)


def test_coding_is_verified_within_three_percent(rows):
    verified = [row for row in of_role(rows, VERIFICATION) if row.molecule == "ketamine"]
    assert len(verified) == 6
    assert all(row.error < 0.03 for row in verified)


def test_norketamine_of_a_spray_is_coded_as_published_and_its_areas_are_nearer_with_the_clearance_after_a_vein(model, rows):
    """With the published clearance and share, of a model of masses, peaks are the paper's and areas are over-predicted, as there."""

    def errors(of, kind):
        return [row.error for row in of_role(of, VERIFICATION) if row.name.startswith(f"perezruixo2021.norketamine_{kind}")]

    published = pharmacology(
        model_at({"norketamine.clearance": 38.0 * model.molecules.norketamine / model.molecules.ketamine, "norketamine.share": 2.77 / 3.88})
    )
    assert max(errors(published, "peak")) < 0.03
    assert min(errors(published, "area")) > 0.3
    assert max(errors(rows, "area")) < min(errors(published, "area"))
    assert max(errors(rows, "peak")) < 0.25


def test_two_fold_shares_of_studies_left_out(of_studies):
    def share(molecule):
        return score([row for row in of_studies if row.molecule == molecule]).within_two_fold

    assert score(of_studies).within_two_fold > BARS["within two-fold"]
    assert share("ketamine") > 0.85
    assert share("norketamine") > 0.80


@pytest.mark.xfail(strict=True, reason="two studies contradict each other several-fold; a fit without one is that far off")
def test_half_of_hydroxynorketamine_is_within_two_fold_without_its_study(of_studies):
    assert score([row for row in of_studies if row.molecule == "hydroxynorketamine"]).within_two_fold > 0.5


@pytest.mark.xfail(strict=True, reason="norketamine of one study, 45 points of 114, is two thirds above what all others say")
def test_half_of_all_numbers_are_within_a_fifth_without_their_study(of_studies):
    assert score(of_studies).median_error < 0.2


def test_kept_aside_studies_are_met_better_than_by_the_closest_peer(rows):
    kept_aside = score(of_role(rows, KEPT_ASIDE))
    assert kept_aside.median_error < BARS["median error"]
    assert kept_aside.within_two_fold > BARS["within two-fold"]


def test_what_a_fit_has_seen_is_met_better_than_what_it_has_not(of_studies):
    seen = of_role(of_studies, "calibrate")
    assert score(seen, "fitted").median_error < score(seen).median_error
    assert score(seen, "fitted").median_error < score(seen, "prior").median_error


def test_every_row_has_its_group_and_a_molecule_and_route_without_one_says_so(of_studies):
    groups = by_molecule_route_and_study(of_studies)
    assert sum(len(group) for group in groups.values()) == len(of_studies)
    assert {key[:2] for key in groups} == {(molecule, route) for molecule in MOLECULES for route in ROUTES}
    assert groups["dehydronorketamine", "vein", ""] == []


def test_a_slip_of_a_thousand_would_be_seen(rows):
    slipped = [replace(rows[0], observed=1.0, predicted=1000.0)] * 3
    assert score(slipped).within_two_fold == 0
    assert score(slipped).median_error == pytest.approx(999)
    assert score(slipped).bias == pytest.approx(1000)


def test_bias_is_the_geometric_mean(rows):
    pair = [replace(rows[0], observed=1.0, predicted=predicted) for predicted in (4.0, 0.25)]
    assert score(pair).bias == pytest.approx(1)
    assert isinstance(pair[0], ObservedAndPredicted)
