"""Cohorts, calibration and validation on the command line: what is refused, and how."""

import pytest
from ruamel.yaml import YAML

from euthymia.inference.fitted import read, shipped, text_of


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("calibrate", "daly2018.84_madrs_24h"), "role validate"),
        (("calibrate", "nobody2030.madrs"), "there is no"),
        (("calibrate", "--patients", "3"), "16 to 10000"),
        (("calibrate", "--draws", "3"), "50 to 100000"),
        (("validate", "clinic", "--draws", "3"), "50 to 100000"),
        (("validate", "clinic", "--patients", "3"), "16 to 10000"),
        (("validate", "clinic", "--fitted", "none.yaml"), "cannot read none.yaml"),
        (("population", "--like", "madrs=60..28"), "crossed"),
        (("population", "--like", "mardrs=30:5"), "did you mean madrs"),
        (("population", "--fitted", "x.yaml", "--uncalibrated"), "at once"),
        (("population", "--people", "0"), "1 to 100000"),
    ],
    ids=lambda value: " ".join(value)[:50],
)
def test_what_makes_no_sense_is_one_line(words, said, refused):
    assert said in refused(*words)


def changed(here, change):
    data = YAML(typ="safe", pure=True).load(text_of(shipped()))
    change(data)
    with (here / "mine.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(data, file)
    return "mine.yaml"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.clear(), "no calibration"),
        (lambda data: data["estimates"].pop("population.responsiveness"), "other rows"),
        (lambda data: data["estimates"]["population.responsiveness"].update(value="large"), "no calibration"),
        (
            lambda data: data["estimates"]["population.correlation.context_responsiveness"].update(value=1.5),
            "no people have these correlations",
        ),
        (lambda data: data["estimates"]["population.responsiveness"].update(value=-0.5), "below 0"),
    ],
    ids=["empty", "a row less", "text for a number", "correlation above one", "spread below zero"],
)
def test_a_calibration_that_cannot_be_used_is_one_line(change, said, here, refused):
    assert said in refused("population", "--fitted", changed(here, change), "--people", "2")


def test_a_calibration_survives_being_written_and_read(tmp_path):
    path = tmp_path / "fitted.yaml"
    path.write_text(text_of(shipped()))
    assert read(path) == shipped()


def test_the_calibration_that_ships_was_made_at_these_parameters():
    assert shipped().warnings == []
