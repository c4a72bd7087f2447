"""The median of patients stands beside the typical one where it is of the same protocol and the same numbers, and nowhere else."""

from dataclasses import replace

import pytest

from euthymia.analysis.middle import middle_of
from euthymia.analysis.summary import summarise
from euthymia.core.errors import InputError
from euthymia.evidence import middle
from euthymia.model.changed import Model
from euthymia.protocols.reading import DEFAULT, builtin_names, change, read
from euthymia.report.middle import madrs_rows, median_of
from euthymia.report.pages.page import page


def test_every_protocol_that_ships_has_its_median():
    stored = middle.shipped()
    assert stored is not None
    for name in builtin_names():
        here = middle_of(read(name), Model())
        assert here is not None
        assert here.patients == stored.patients
        assert all(found.low <= found.median <= found.high for found in here.madrs.values())


def test_a_course_that_is_only_followed_for_another_time_has_the_same_median():
    shipped = read(DEFAULT)
    longer = shipped.with_canonical(horizon=3 * shipped.horizon)
    assert middle_of(longer, Model()) == middle_of(shipped, Model())


@pytest.mark.parametrize("field", [{"weight": "60 kg"}, {"madrs": 40.0}, {"age": 70.0}])
def test_another_patient_has_none(field):
    assert middle_of(change(read(DEFAULT), field), Model()) is None


def test_another_treatment_has_none_under_any_name():
    assert middle_of(read("saline").changed(name=DEFAULT), Model()) is None
    assert middle_of(read(DEFAULT).changed(name="of-my-own"), Model()) is None


def test_other_numbers_have_none():
    shipped = read(DEFAULT)
    assert middle_of(shipped, Model(), without=("way 4",)) is None
    assert middle_of(shipped, Model().with_values({"ketamine.clearance": "80 L/h"})) is None
    assert middle_of(shipped, Model().uncalibrated()) is None


def test_medians_of_other_numbers_than_the_evidence_are_not_shown(monkeypatch):
    monkeypatch.setattr(middle, "inputs_hash", lambda: "of other numbers")
    middle.shipped.cache_clear()
    try:
        assert middle.shipped() is None
        assert middle_of(read(DEFAULT), Model()) is None
    finally:
        middle.shipped.cache_clear()


def test_a_file_of_something_else_is_refused():
    with pytest.raises(InputError, match=r"^middle: middle\.yaml holds no medians"):
        middle.read("patients: 0")


def test_the_page_shows_the_median_beneath_the_course_where_there_is_one(reference_run):
    alone = summarise(reference_run)
    found = middle_of(reference_run.protocol, Model())
    assert found is not None
    beside = replace(alone, middle=found)
    said = median_of(found.patients)
    assert list(madrs_rows(beside))[:2] == ["this course", said]
    assert madrs_rows(beside)[said][2] == f"{found.madrs['24 h'].median:.1f}"
    assert said in page(reference_run, beside)
    assert said not in page(reference_run, alone)
