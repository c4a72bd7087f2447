"""Evidence that is kept as JSON: the same objects however it is read, and no harm from what is damaged or unwritable."""

from pathlib import Path

import pytest

import euthymia
from euthymia.core import units, yaml_data
from euthymia.core.checked_files import CheckedFiles
from euthymia.core.units import factor

FILES = sorted((Path(euthymia.__file__).parent / "evidence" / "data").rglob("*.yaml"))
TEXT = "- {id: a, value: 1.0, n: 1, all: [true, ~, -.inf, 1e-3, '1']}\n"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckedFiles:
    """A cache of the test's own."""
    files = CheckedFiles(tmp_path)
    for module in (yaml_data, units):
        monkeypatch.setattr(module, "cache_of_this_machine", lambda: files)
    return files


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_way_to_read_gives_the_same_objects(file, kept, monkeypatch):
    text = file.read_text("utf-8")
    parsed = yaml_data.yaml_data(text)
    read = yaml_data.yaml_data(text)
    assert repr(read) == repr(parsed)
    monkeypatch.setattr(yaml_data, "cache_of_this_machine", lambda: None)
    assert repr(yaml_data.yaml_data(text)) == repr(parsed)


def test_another_text_is_read_for_itself(kept):
    assert yaml_data.yaml_data(TEXT)[0]["value"] == 1.0
    assert yaml_data.yaml_data(TEXT.replace("1.0", "2.0"))[0]["value"] == 2.0


@pytest.mark.parametrize("text", ["1: number as key", "day: 2020-01-01"])
def test_what_json_cannot_tell_is_parsed_each_time(text, kept):
    first = yaml_data.yaml_data(text)
    assert repr(yaml_data.yaml_data(text)) == repr(first)
    assert list(kept.folder.iterdir()) == []


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: b"", lambda content: b"[]"])
def test_a_damaged_file_is_parsed_again(damage, kept):
    parsed = yaml_data.yaml_data(TEXT)
    (file,) = kept.folder.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert repr(yaml_data.yaml_data(TEXT)) == repr(parsed)
    kept.put(file.name, b"no JSON")
    assert repr(yaml_data.yaml_data(TEXT)) == repr(parsed)


def test_conversions_that_are_kept_are_those_of_the_unit_library():
    factor("mg", "ug")
    for conversion, number in units._known().items():
        unit, _, canonical = conversion.partition(" -> ")
        assert number == (units.registry().convert(1.0, unit, canonical) if canonical else 1.0)
        units.registry().Unit(unit)


@pytest.mark.parametrize("pair", [("mg", "kg h"), ("nonsense", "mg"), ("mg", "nonsense")])
def test_what_does_not_convert_is_refused_each_time(pair):
    for _ in range(2):
        with pytest.raises(ValueError, match="does not convert"):
            factor(*pair)
