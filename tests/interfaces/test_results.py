"""Results are data: named in one table, labelled, grouped, and told apart from those of other versions."""

import csv
import io

import numpy as np
import pytest
import xarray as xr

import euthymia
from euthymia.analysis.attribution import attribution
from euthymia.claims.reference_runs import FEW_ARMS
from euthymia.core.errors import InputError
from euthymia.evidence.registry import evidence
from euthymia.links import Switches
from euthymia.protocols.reading import DEFAULT, parse, read
from euthymia.results.csv_table import csv_text, readout_columns
from euthymia.results.labelled import labelled
from euthymia.results.netcdf import FORMAT, netcdf, read_results
from euthymia.results.quantities import _TABLE, AXES, QUANTITIES, Quantity
from euthymia.simulation.exposure import exposures
from euthymia.simulation.interventions import (
    ARMS,
    BASE,
    COALITIONS,
    CONTRIBUTORS,
    SIZES,
    WAYS,
    Intervention,
    Size,
    coalition,
    everything_but,
    settings,
)
from euthymia.simulation.simulate import simulate


@pytest.fixture(scope="module")
def base():
    return simulate(read(DEFAULT))


def test_every_row_of_the_table_stands_once_with_known_axes_in_order():
    names = [row.name for row in _TABLE]
    assert sorted(set(names)) == sorted(names)
    for name, row in QUANTITIES.items():
        assert row.name == name
        assert list(row.axes) == [axis for axis in AXES if axis in row.axes], name
        assert row.meaning


def test_whatever_a_run_returns_is_in_the_table(base, reference_run):
    one, many = exposures(read(DEFAULT)), exposures(read(DEFAULT), 2)
    for data in (base.data, attribution(reference_run), one.data, many.data, many.peak):
        for name, values in data.data_vars.items():
            row = QUANTITIES[name]
            assert (values.units, values.long_name) == (row.unit, row.meaning)
            assert [axis for axis in row.axes if axis in values.dims] == list(values.dims)


@pytest.mark.parametrize(
    ("values", "coordinates", "said"), [({"madrz": 1.0}, {}, "madrs"), ({}, {"tyme": [0.0]}, "time")], ids=["quantity", "axis"]
)
def test_what_the_table_does_not_have_is_refused_with_the_nearest_name(values, coordinates, said):
    with pytest.raises(InputError, match=said):
        labelled(values, coordinates)


def test_an_array_that_does_not_fit_its_axes_is_refused():
    with pytest.raises(ValueError, match="conflicting sizes"):
        labelled({"madrs": np.zeros((1, 3))}, {"arm": ["as given"], "time": [0.0, 1.0]})


def test_a_later_circuit_adds_a_row_and_no_code(monkeypatch, tmp_path):
    row = Quantity("band_power", ("arm", "region", "frequency"), "1", "power by region")
    monkeypatch.setitem(QUANTITIES, row.name, row)
    along = {"arm": ["as given"], "region": ["sgACC", "dlPFC"], "frequency": [4.0, 10.0, 40.0]}
    data = labelled({"band_power": np.arange(6.0).reshape(1, 2, 3)}, along)
    file = tmp_path / "results.nc"
    file.write_bytes(netcdf({"circuits": data}, "", ""))
    found = read_results(file).circuits.band_power
    assert found.sel(region="dlPFC", frequency=10.0).item() == 4
    assert (found.units, found.long_name) == (row.unit, row.meaning)


def test_the_table_of_another_drug_holds_it():
    columns = readout_columns(simulate(read("escitalopram")).data)
    molecules = [heading for heading in columns if heading.startswith("comparator_mass")]
    assert molecules == ["comparator_mass, escitalopram [ng/mL]"]
    assert columns[molecules[0]].max() > 1


def test_quantities_stand_in_the_order_of_the_table(base):
    for data in (base.data, exposures(read(DEFAULT)).data):
        assert list(data.data_vars) == [name for name in QUANTITIES if name in data]


def test_the_base_run_solves_two_brains_and_attribution_the_coalitions(base):
    assert tuple(base.data.arm.values) == BASE
    assert base.coalitions is None
    with pytest.raises(ValueError, match="coalitions=True"):
        attribution(base)
    assert len(settings(ARMS[name] for name in BASE).shared.mtor) == 2
    coalitions = settings(map(coalition, COALITIONS))
    assert len(coalitions.shared.mtor) == 2 ** (len(CONTRIBUTORS) - 1)
    assert coalitions.own is None


def test_each_brain_is_solved_once_and_no_arm_gets_anothers():
    arms = [*ARMS.values(), *map(coalition, COALITIONS)]
    found = settings(arms)
    brains = [np.concatenate(both) for both in zip(found.shared, found.own, strict=True)]
    assert len(brains[0]) == len({arm.clamped for arm in arms})
    for arm, brain in zip(arms, found.brain_of, strict=True):
        assert {name for name, setting in zip(Switches._fields, brains, strict=True) if setting[brain] == 0} == arm.clamped


def named(names, coalitions=(), removed=()):
    """Interventions of a run, and the links that are off in it."""
    acting = everything_but(removed)
    arms = [ARMS[name].beside(acting) for name in names] + [Intervention()] * bool(removed)
    return [*arms, *(coalition(members).beside(acting) for members in coalitions)], acting.clamped


RUNS = {
    "every simulation": named(BASE),
    "one arm": named(("as given",)),
    "without a way": named(BASE, removed=["way 4"]),
    "without a link": named(BASE, removed=["mtor"]),
    "of claims": named(FEW_ARMS),
    "every way": named(("as given", "context", *(f"without {way}" for way in WAYS))),
    "every arm": named(ARMS),
    "coalitions": named(BASE, COALITIONS),
    "everything": named(ARMS, COALITIONS),
    "everything without a link": named(ARMS, COALITIONS, ["mtor"]),
    "everything without a way": named(ARMS, COALITIONS, ["way 3"]),
}


@pytest.mark.parametrize("run", RUNS)
def test_arms_are_padded_to_few_sizes_and_each_keeps_what_acts_in_it(run):
    arms, removed = RUNS[run]
    found, alone = settings(arms, removed, SIZES), settings(arms, removed)
    assert Size(len(found.context), len(found.shared.mtor), 0 if found.own is None else len(found.own.mtor)) in SIZES
    assert found.linear_at == alone.linear_at
    for each in (found, alone):
        brains = [np.concatenate(both) for both in zip(each.shared, each.own or each.shared, strict=True)]
        for arm, brain, context in zip(arms, each.brain_of, each.context, strict=False):
            assert {name for name, setting in zip(Switches._fields, brains, strict=True) if setting[brain] == 0} == arm.clamped
            assert context == arm.context
    # Any other shares the linear part, which has to hold for it.
    for switch, shared in zip(found.linear_at, found.shared, strict=True):
        assert np.all((shared == 1) | (switch == 0))


def test_a_coalition_is_the_arm_in_which_the_same_acts(reference_run):
    of = reference_run.coalitions.coalition_madrs
    for arm in ("as given", "untreated", "context"):
        np.testing.assert_allclose(of.sel(coalition=arm), reference_run.madrs(arm), rtol=1e-12)
    for way in WAYS:
        name = " + ".join(each for each in CONTRIBUTORS if each != way)
        np.testing.assert_allclose(of.sel(coalition=name), reference_run.madrs(f"without {way}"), rtol=1e-12)


def test_arms_are_the_same_whatever_is_solved_beside_them(base, reference_run):
    for arm in BASE:
        np.testing.assert_allclose(base.madrs(arm), reference_run.madrs(arm), rtol=1e-10)


def test_an_arm_that_is_not_known_is_refused():
    with pytest.raises(InputError, match="without mTOR"):
        simulate(read(DEFAULT), arms=("without mTORC",))


def test_the_file_has_groups_and_says_what_it_is(reference_run, tmp_path):
    file = tmp_path / "results.nc"
    file.write_bytes(netcdf({"course": reference_run.data, "attribution": attribution(reference_run)}, "A title", "name: a"))
    found = read_results(file)
    assert set(found.children) == {"course", "attribution"}
    assert found.attrs["title"] == "A title"
    assert found.attrs["protocol"] == "name: a"
    assert found.attrs["euthymia_version"] == euthymia.__version__
    assert found.attrs["euthymia_format"] == FORMAT
    assert found.attrs["Conventions"].startswith("CF-")
    assert found.attrs["parameters_sha256"] == evidence().parameter_hash()
    assert found.course.to_dataset().equals(reference_run.data)
    assert found.attribution.to_dataset().equals(attribution(reference_run))


def test_a_run_of_another_version_is_refused_by_name(tmp_path):
    old, foreign, newer, text = (tmp_path / f"{name}.nc" for name in ("old", "foreign", "newer", "text"))
    xr.Dataset({"madrs": ("time", [1.0])}).to_netcdf(old, engine="h5netcdf")
    xr.Dataset({"x": ("time", [1.0])}).to_netcdf(foreign, engine="h5netcdf")
    xr.Dataset(attrs={"euthymia_format": FORMAT + 1, "euthymia_version": "9.0"}).to_netcdf(newer, engine="h5netcdf")
    text.write_text("no HDF5")
    for file, said in (
        (old, "0.2.0"),
        (foreign, "not written by Euthymia"),
        (newer, "9.0"),
        (text, "it is no NetCDF file"),
        (tmp_path / "none.nc", "there is no file"),
    ):
        with pytest.raises(InputError, match=said):
            read_results(file)


def test_the_protocol_in_the_file_is_the_one_that_ran(reference_run, tmp_path):
    from euthymia.protocols.reading import text_of

    file = tmp_path / "results.nc"
    file.write_bytes(netcdf({"course": reference_run.data}, "", text_of(reference_run.protocol)))
    assert parse(read_results(file).attrs["protocol"], "results.nc") == reference_run.protocol


def test_the_table_of_read_outs_holds_the_course(base):
    rows = list(csv.DictReader(io.StringIO(csv_text(readout_columns(base.data)))))
    assert len(rows) == base.data.sizes["time"]
    assert "pore_block, pyramidal [1]" in rows[0]
    for row, at in ((rows[0], 0), (rows[-1], -1)):
        assert float(row["time [h]"]) == pytest.approx(float(base.data.time[at]))
        assert float(row["madrs [points]"]) == pytest.approx(float(base.madrs()[at]), rel=1e-8)
        assert float(row["madrs, context [points]"]) == pytest.approx(float(base.madrs("context")[at]), rel=1e-8)
        assert float(row["venous_ketamine_mass [ng/mL]"]) == pytest.approx(float(base.data.venous_ketamine_mass[at]), rel=1e-8)
