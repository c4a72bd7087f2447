"""The median of patients stands beside the typical one where it is of the same protocol and the same numbers, and nowhere else."""

from dataclasses import replace

import pytest

from euthymia.analysis.cohort_medians import medians_of
from euthymia.analysis.summary import summarise
from euthymia.evidence import cohort_medians
from euthymia.model.changed import Model
from euthymia.protocols.reading import DEFAULT, builtin_names, change, read
from euthymia.report.typical_patient import madrs_rows, median_of


def test_every_protocol_that_ships_has_its_median():
    stored = cohort_medians.shipped()
    assert stored is not None
    for name in builtin_names():
        here = medians_of(read(name), Model())
        assert here is not None
        assert here.patients == stored.patients
        assert all(found.low <= found.median <= found.high for found in here.madrs.values())


def test_a_course_that_is_only_followed_for_another_time_has_the_same_median():
    shipped = read(DEFAULT)
    longer = shipped.with_canonical(horizon=3 * shipped.horizon)
    assert medians_of(longer, Model()) == medians_of(shipped, Model())


@pytest.mark.parametrize("field", [{"weight": "60 kg"}, {"madrs": 40.0}, {"age": 70.0}])
def test_another_patient_has_none(field):
    assert medians_of(change(read(DEFAULT), field), Model()) is None


def test_another_treatment_has_none_under_any_name():
    assert medians_of(read("saline").changed(name=DEFAULT), Model()) is None
    assert medians_of(read(DEFAULT).changed(name="of-my-own"), Model()) is None


def test_other_numbers_have_none():
    shipped = read(DEFAULT)
    assert medians_of(shipped, Model(), without=("way 4",)) is None
    assert medians_of(shipped, Model().with_values({"ketamine.clearance": "80 L/h"})) is None
    assert medians_of(shipped, Model().uncalibrated()) is None


def test_medians_of_other_numbers_than_the_evidence_are_not_shown(monkeypatch):
    monkeypatch.setattr(cohort_medians, "model_hash", lambda: "of other numbers")
    cohort_medians.shipped.cache_clear()
    try:
        assert cohort_medians.shipped() is None
        assert medians_of(read(DEFAULT), Model()) is None
    finally:
        cohort_medians.shipped.cache_clear()


def test_the_median_is_near_the_typical_patient(reference_run):
    medians = medians_of(reference_run.protocol, Model())
    assert medians is not None
    for at, hours in reference_run.checkpoints().items():
        assert abs(medians.madrs[at].median - reference_run.at(hours)) < 6


def test_the_median_stands_beneath_the_course_where_there_is_one(reference_run):
    alone = summarise(reference_run)
    medians = medians_of(reference_run.protocol, Model())
    assert medians is not None
    said, rows = median_of(medians.patients), madrs_rows(replace(alone, medians=medians))
    assert list(rows)[:2] == ["this course", said]
    assert rows[said][2] == f"{medians.madrs['24 h'].median:.1f}"
    assert list(madrs_rows(alone)) == ["this course", "context alone", "untreated"]
