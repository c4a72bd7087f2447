"""Surface files: as good as they say, whole or refused, and never used with other numbers than they were built from."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.core.errors import InputError
from euthymia.model.closures import build, provenance, surface_file
from euthymia.model.closures.build import WORST_ERROR, check
from euthymia.model.closures.provenance import Axis, parameters_hash
from euthymia.model.closures.recipes import Recipe
from euthymia.model.closures.surface_file import folder, load, read, text_of, write
from euthymia.model.default import default_model, recipes

NAMES = ("habenula", "passage")
REBUILD = "rebuild it with `euthymia surfaces build`"


def test_these_are_the_surfaces():
    assert tuple(recipes()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_stated_error_is_below_two_percent_of_the_range_of_every_output(name):
    shares = {output.name: output.error_share for output in read(folder() / f"{name}.json").outputs}
    assert {name: share for name, share in shares.items() if not share < 0.02} == {}


@pytest.mark.parametrize("name", NAMES)
def test_what_ships_was_built_from_the_present_numbers_by_the_present_recipe(name):
    recipe = recipes()[name]
    file = load(name, recipe.built_from)
    assert file.axes == recipe.axes
    assert tuple((output.name, output.unit) for output in file.outputs) == recipe.outputs
    assert file.logarithmic == recipe.logarithmic
    assert file.settings == recipe.settings
    assert np.shape(file.coefficients) == (*(degree + 1 for degree in recipe.degrees), len(recipe.outputs))


@pytest.mark.parametrize("name", NAMES)
def test_a_surface_survives_being_written_and_read(name, tmp_path):
    file = read(folder() / f"{name}.json")
    assert read(write(file, tmp_path / "new")) == file
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"{name}.json"]
    places = [jnp.linspace(axis.lower, axis.upper, 7) for axis in file.axes]
    np.testing.assert_array_equal(read(tmp_path / "new" / f"{name}.json").surface(*places), file.surface(*places))


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot write"):
        write(read(folder() / "habenula.json"), tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_refused_before_circuits_are_solved(here, refused):
    (here / "file").write_text("mine")
    assert "out: cannot write file/deep" in refused("surfaces", "build", "passage", "--out", "file/deep")


@pytest.fixture
def copied(tmp_path, monkeypatch) -> Path:
    """The surfaces in a folder of their own, from which the model takes them."""
    place = tmp_path / "surfaces"
    shutil.copytree(folder(), place)
    monkeypatch.setattr(surface_file, "folder", lambda: place)
    default_model.cache_clear()
    yield place
    monkeypatch.undo()
    default_model.cache_clear()


def digit(text: str) -> str:
    """One digit of one coefficient changed."""
    place = text.index(".", text.index('"coefficients"')) + 3
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


DAMAGES = {
    "a digit": (digit, "is damaged (it states hash"),
    "a changed error": (lambda text: text.replace('"error": 0.', '"error": 0.0', 1), "is damaged (it states hash"),
    "another name": (lambda text: text.replace('"name": "habenula"', '"name": "hippocampus"'), "is damaged (it states hash"),
    "cut in half": (lambda text: text[: len(text) // 2], "is damaged"),
    "without its end": (lambda text: text[:-3], "is damaged"),
    "empty": (lambda text: "", "is damaged"),
    "no JSON": (lambda text: "years of work", "is damaged"),
    "a list": (lambda text: "[1, 2]", "is damaged"),
    "a number": (lambda text: "5", "is damaged"),
    "without hash": (lambda text: text.replace("content_sha256", "content_md5"), "is damaged"),
    "hash that is no text": (lambda text: json.dumps(json.loads(text) | {"content_sha256": 5}), "is damaged"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused(damage, copied):
    change, said = DAMAGES[damage]
    path = copied / "habenula.json"
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
    with pytest.raises(InputError) as refusal:
        default_model()
    line = str(refusal.value)
    assert said in line
    assert line.endswith(REBUILD)
    assert len(line.splitlines()) == 1


def test_what_is_no_text_is_refused(copied):
    (copied / "passage.json").write_bytes(b"\x89HDF\xff")
    with pytest.raises(InputError, match="is not UTF-8 text; rebuild it"):
        default_model()


def resealed(path: Path, **changes):
    """The file with some fields changed and its hash made to fit again."""
    path.write_text(text_of(replace(read(path), **changes)))


@pytest.mark.parametrize("fields", [("axes",), ("outputs",), ("settings",), ("name", "coefficients")])
def test_a_file_without_some_field_is_refused(fields, copied):
    path = copied / "habenula.json"
    said = json.loads(path.read_text())
    del said["content_sha256"]
    kept = {field: value for field, value in said.items() if field not in fields}
    path.write_text(json.dumps(kept | {"content_sha256": provenance.sha256(kept)}))
    with pytest.raises(InputError, match=r"is damaged; rebuild it"):
        default_model()


def test_a_missing_file_and_a_folder_in_its_place_are_refused(copied):
    (copied / "passage.json").unlink()
    with pytest.raises(
        InputError, match=r"cannot read .*passage\.json: No such file or directory; rebuild it with `euthymia surfaces build`"
    ):
        default_model()
    (copied / "passage.json").mkdir()
    with pytest.raises(InputError, match=r"cannot read .*passage\.json"):
        default_model()


@pytest.mark.parametrize("name", NAMES)
def test_a_stale_file_is_refused_and_both_hashes_named(name, copied):
    resealed(copied / f"{name}.json", parameters_sha256="0123456789abcdef" * 4)
    with pytest.raises(InputError) as refusal:
        default_model()
    line = str(refusal.value)
    assert f"{name}.json is stale" in line
    assert "0123456789ab," in line
    assert recipes()[name].built_from[:12] in line
    assert line.endswith(REBUILD)


def test_every_number_of_a_circuit_and_of_its_numerics_counts_in_the_hash(model):
    nucleus, recipe = model.physiology.nucleus, recipes()["habenula"]
    leaves, structure = jax.tree.flatten(nucleus)
    hashes = {parameters_hash({"nucleus": nucleus}, recipe.settings)}
    for place, leaf in enumerate(leaves):
        changed = jax.tree.unflatten(structure, [*leaves[:place], leaf * (1 + 1e-12) + 1e-15, *leaves[place + 1 :]])
        hashes.add(parameters_hash({"nucleus": changed}, recipe.settings))
    for name, value in recipe.settings.items():
        hashes.add(parameters_hash({"nucleus": nucleus}, recipe.settings | {name: value * 2}))
    assert len(hashes) == 1 + len(leaves) + len(recipe.settings)


@pytest.mark.parametrize("words", [("simulate",), ("compare",), ("bridge",), ("surfaces", "check")], ids=" ".join)
def test_no_command_runs_on_a_damaged_surface(words, copied, refused):
    path = copied / "habenula.json"
    path.write_text(digit(path.read_text()))
    line = refused(*words)
    assert "habenula.json is damaged" in line
    assert "euthymia surfaces build" in line


def test_an_unknown_surface_is_refused(refused):
    assert "did you mean habenula?" in refused("surfaces", "check", "habenla")
    assert "did you mean passage?" in refused("surfaces", "build", "pasage")


def wave(x, y):
    return np.array([np.sin(3 * x) * y, 1 + x * y**2])


@pytest.fixture
def cheap(monkeypatch) -> Recipe:
    """A recipe whose circuit is a formula, computed in this process."""
    monkeypatch.setattr(build, "_compute", lambda recipe, points, progress: np.stack([recipe.compute(*point) for point in points]))
    axes = (Axis("x", "1", 0.0, 1.0), Axis("y", "mV", -1.0, 2.0))
    return Recipe("wave", axes, (9, 6), (8, 4), (("first", "Hz"), ("second", "1")), False, {"seed": 1}, "0" * 64, wave)


def test_a_surface_that_is_built_states_its_error_and_passes_its_check(cheap, tmp_path):
    file = build.build(cheap)
    x, y = np.random.default_rng(5).uniform([0, -1], [1, 2], (200, 2)).T
    off = np.abs(np.asarray(file.surface(jnp.asarray(x), jnp.asarray(y))) - wave(x, y).T).max(0)
    for output, error in zip(file.outputs, off, strict=True):
        assert error < 5 * max(output.error, 1e-14)
    assert all(each.worst < 1e-5 for each in check(cheap, read(write(file, tmp_path))))


def test_a_check_finds_a_surface_that_is_wrong(cheap):
    coefficients = np.array(build.build(cheap).coefficients)
    coefficients[0, 0, 1] += 0.5
    found = check(cheap, replace(build.build(cheap), coefficients=coefficients.tolist()))
    assert all(each.worst > WORST_ERROR for each in found)
    assert all(max(each.range_fractions, key=each.range_fractions.get) == "second" for each in found)


def test_a_coarse_surface_states_a_large_error(cheap):
    assert max(output.error_share for output in build.build(replace(cheap, degrees=(1, 1))).outputs) > WORST_ERROR


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_points_that_are_computed_again_agree(name):
    recipe = recipes()[name]
    found = check(recipe, load(name, recipe.built_from))
    assert len(found) == 5
    assert [each for each in found if each.worst > WORST_ERROR] == []
