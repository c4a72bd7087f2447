"""Cohorts, calibration and validation on the command line: what is refused, and how."""

from contextlib import suppress

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from euthymia.inference.fitted import Fitted, content_hash, read, shipped, text_of


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


def changed(here, change, sealed=True):
    """A file of the shipped calibration with a change, with the hash of what it then says if it is to be sealed."""
    data = YAML(typ="safe", pure=True).load(text_of(shipped()))
    change(data)
    with suppress(ValidationError):
        if sealed:
            data["content_sha256"] = content_hash(Fitted.model_validate({name: data[name] for name in data if name != "content_sha256"}))
    writer = YAML(typ="safe", pure=True)
    writer.sort_base_mapping_type_on_output = False
    writer.representer.ignore_aliases = lambda value: True
    with (here / "mine.yaml").open("w") as file:
        writer.dump(data, file)
    return "mine.yaml"


SPREAD, CORRELATION = "population.responsiveness", "population.correlation.context_responsiveness"
UNUSABLE = {
    "empty": (lambda data: data.clear(), "no calibration"),
    "a row less": (lambda data: data["estimates"].pop(SPREAD), "other rows"),
    "rows in another order": (lambda data: data["estimates"].update({SPREAD: data["estimates"].pop(SPREAD)}), "other rows"),
    "text for a number": (lambda data: data["estimates"][SPREAD].update(value="large"), "no calibration"),
    "no number": (lambda data: data["estimates"][SPREAD].update(sd=float("nan")), "no calibration"),
    "correlation above one": (lambda data: data["estimates"][CORRELATION].update(value=1.5), "is 1.5, and its coordinate"),
    "spread below zero": (lambda data: data["estimates"][SPREAD].update(value=-0.5), "is -0.5, and its coordinate"),
    "another unit": (lambda data: data["estimates"]["context.waning_time"].update(unit="hour"), "in 'hour', and the evidence"),
    "no uncertainty": (lambda data: data["estimates"][SPREAD].update(sd=0.0), "outside 10 SDs"),
    "far from its prior": (lambda data: data["estimates"][SPREAD].update(coordinate=50.0), "outside 10 SDs"),
    "no draws": (lambda data: data.update(draws=[]), "28 coordinates"),
    "a draw too short": (lambda data: data["draws"][7].pop(), "28 coordinates"),
    "a draw too far": (lambda data: data["draws"][7].__setitem__(3, 1e6), "a draw lies outside"),
    "an eigenvalue less": (lambda data: data["informed"].pop(), "28 eigenvalues"),
    "a trial that is not known": (lambda data: data["rows"].append("nobody2030.madrs"), "there is no 'nobody2030.madrs'"),
    "another field": (lambda data: data.update(mood=1), "no calibration of this version: 'mood'"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_calibration_that_cannot_be_used_is_one_line(case, here, refused):
    change, said = UNUSABLE[case]
    assert said in refused("population", "--fitted", changed(here, change), "--people", "2")


def test_a_calibration_that_was_changed_since_it_was_written_is_refused(here, refused):
    file = changed(here, lambda data: data["draws"][3].__setitem__(4, 0.123), sealed=False)
    assert "mine.yaml was changed since it was written (it states hash" in refused("validate", "clinic", "--fitted", file)
    file = changed(here, lambda data: data.pop("content_sha256"), sealed=False)
    assert "it states no content_sha256" in refused("validate", "clinic", "--fitted", file)


def test_a_calibration_of_another_version_is_remarked_on(here):
    assert "made by version 0.1.0" in read(here / changed(here, lambda data: data.update(version="0.1.0"))).warnings[0]


TOO_MUCH = {
    "/dev/zero": (None, "larger than 1000 kB"),
    "aliases": ("a: &a [x]\nb: *a\n", "uses YAML aliases"),
    "nesting": ("a: " + "[" * 50, "levels deep"),
    "values": ("a: [" + "1, " * 30_000 + "1]", "more than 20000 names and values"),
}


@pytest.mark.parametrize("case", TOO_MUCH)
def test_no_more_of_a_calibration_is_read_than_one_holds(case, here, refused):
    text, said = TOO_MUCH[case]
    if text:
        (here / "mine.yaml").write_text(text)
    assert said in refused("population", "--fitted", "mine.yaml" if text else case, "--people", "2")


def test_a_calibration_survives_being_written_and_read(tmp_path):
    path = tmp_path / "fitted.yaml"
    path.write_text(text_of(shipped()))
    assert read(path) == shipped()


def test_the_calibration_that_ships_was_made_at_these_parameters():
    assert shipped().warnings == []
