"""The PEtab library reads an exported fit, libRoadRunner integrates it, and its posterior is ours."""

import sys
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import libsbml
import numpy as np
import pandas as pd
import pytest
import roadrunner
import xarray as xr
from petab import v2
from petab.petablint import main as petablint
from petab.v2.calculate import calculate_llh

from euthymia.core.errors import InputError
from euthymia.core.numerics.exponential import Steps
from euthymia.exchange.petab import FILES, petab_files, write_petab
from euthymia.inference.pk_design import padded_designs, subject_design, subject_patient, subject_pulses
from euthymia.inference.pk_estimate import maximum_a_posteriori
from euthymia.inference.pk_likelihood import FAMILIES, negative_log_joint
from euthymia.model.exposure import drug_states, in_blood, individualised
from euthymia.model.time_grid import time_grid
from euthymia.pharmacology.variability import TRAITS, spread
from euthymia.protocols.dose import Dose
from euthymia.protocols.subjects import Occasion, Sample, Subject
from euthymia.simulation.person import covariate_effects

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")
TIGHT = {"relative_tolerance": 1e-11, "absolute_tolerance": 1e-13, "maximum_num_steps": 1_000_000}
AGREEMENT = 1e-6
"""Relative."""
STEP = 0.05
"""Of z, in standard deviations between people."""


def dose(drug, amount, route, start, **more):
    return Dose(drug=drug, amount=amount, route=route, start=start, **more)


def vein(drug, amount, start, duration):
    return dose(drug, amount, "i.v. infusion", start, duration=duration)


INJECTED = Subject(
    "3",
    80.0,
    (vein("ketamine", "0.5 mg/kg", "1 h", "40 min"), dose("ketamine", "20 mg", "i.v. bolus", "6 h")),
    (
        *(Sample(time, value, "ketamine", "venous") for time, value in ((1.3, 90.0), (1.8, 110.0), (2.5, 60.0), (9.0, 20.0))),
        # Taken just before the bolus, and measured in another unit.
        Sample(6.0, 15.0, "ketamine", "venous"),
        Sample(6.5, 200.0, "ketamine", "arterial"),
        Sample(7.0, 0.2, "norketamine", "venous", unit="µM"),
        Sample(9.0, 30.0, "hydroxynorketamine", "venous"),
    ),
    occasions=(Occasion(0.0, 100.0),),
)
OVERLAPPING = Subject(
    "né 4",
    None,
    (
        dose("ketamine", "10 mg", "i.v. bolus", "0 h"),
        vein("ketamine", "30 mg", "1 h", "40 min"),
        vein("esketamine", "10 mg", "1.2 h", "1 h"),
    ),
    (
        Sample(0.5, 80.0, "ketamine", "venous"),
        Sample(1.5, 120.0, "S-ketamine", "venous"),
        Sample(1.9, 100.0, "R-ketamine", "arterial"),
        Sample(4.0, 25.0, "S-norketamine", "arterial"),
    ),
)
SWALLOWED = Subject(
    "né-4",
    60.0,
    (dose("ketamine", "100 mg", "oral", "0.5 h"), dose("S-norketamine", "5 mg", "i.v. bolus", "3 h")),
    (Sample(1.0, 30.0, "ketamine", "venous"), Sample(2.0, 40.0, "norketamine", "venous"), Sample(6.0, 25.0, "norketamine", "arterial")),
)
SPRAYED = Subject(
    "5",
    95.0,
    (dose("esketamine", "56 mg", "nasal", "0 h"),),
    (Sample(0.5, 40.0, "ketamine", "venous"), Sample(1.0, 30.0, "S-ketamine", "venous"), Sample(3.0, 20.0, "norketamine", "venous")),
)
SUBJECTS = [INJECTED, OVERLAPPING, SWALLOWED, SPRAYED]


class Importer:
    """A PEtab problem, simulated from what stands in its files alone."""

    def __init__(self, folder):
        self.problem = v2.Problem.from_yaml(folder / "problem.yaml")
        self.runner = roadrunner.RoadRunner(libsbml.writeSBMLToString(self.problem.model.sbml_model.getSBMLDocument()))
        for setting, value in TIGHT.items():
            setattr(self.runner.integrator, setting, value)
        self.estimated = self.problem.x_free_ids

    def value(self, formula, parameters):
        symbols = sorted(formula.free_symbols, key=str)
        of = {str(symbol): parameters.get(str(symbol)) for symbol in symbols}
        return float(formula.subs({symbol: self.runner[str(symbol)] if of[str(symbol)] is None else of[str(symbol)] for symbol in symbols}))

    def simulated(self, experiment, parameters):
        """The observables of an experiment at the times of its measurements; a change comes before what is measured at its time."""
        self.runner.resetToOrigin()
        measurements = self.problem.get_measurements_for_experiment(experiment)
        starts = [period.time for period in experiment.sorted_periods]
        found = {}
        for period, end in zip(experiment.sorted_periods, [*starts[1:], np.inf], strict=True):
            changes = [(change.target_id, change.target_value) for change in self.problem.get_changes_for_period(period)]
            for target, value in [(target, self.value(formula, parameters)) for target, formula in changes]:
                self.runner[target] = value
            now, last = period.time, end if np.isfinite(end) else None
            times = sorted({measured.time for measured in measurements if period.time <= measured.time < end})
            for time in [*times, *([] if last is None else [last])]:
                if time > now:
                    self.runner.simulate(now, time, 2)
                now = time
                for measured in measurements:
                    if measured.time == time < end:
                        observable = next(each for each in self.problem.observables if each.id == measured.observable_id)
                        found[observable.id, time] = self.value(observable.formula, parameters)
        return [found[measured.observable_id, measured.time] for measured in measurements]

    def negative_log_posterior(self, z):
        parameters = self.problem.get_x_nominal_dict() | dict(zip(self.estimated, z, strict=True))
        simulation = self.problem.measurement_df.copy()
        simulation["simulation"] = np.nan
        for experiment in self.problem.experiments:
            rows = simulation.experimentId == experiment.id
            simulation.loc[rows, "simulation"] = self.simulated(experiment, parameters)
        likelihood = calculate_llh(self.problem.measurement_df, simulation, self.problem.observable_df, self.problem.parameter_df)
        priors = self.problem.get_priors()
        return -likelihood - sum(float(np.log(priors[name].pdf(value))) for name, value in zip(self.estimated, z, strict=True))


@pytest.fixture(scope="module")
def designs(model):
    return padded_designs([subject_design(subject, model) for subject in SUBJECTS])


@pytest.fixture(scope="module")
def best(model, designs):
    """The z of our estimates [subject, trait], as a fit makes them."""
    estimated = jax.jit(maximum_a_posteriori)
    return np.array([estimated(model, design)[0] for design in designs])


@pytest.fixture(scope="module")
def fitted(model, best):
    """Of a fit, what is exported."""
    eta = ("subject", "parameter"), best @ np.asarray(spread(model.variability)).T
    return xr.Dataset({"eta": eta}, {"subject": [subject.name for subject in SUBJECTS], "parameter": list(TRAITS)})


@pytest.fixture(scope="module")
def folder(model, fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("petab") / "problem"
    assert write_petab(fitted, SUBJECTS, folder, model=model) == []
    return folder


@pytest.fixture(scope="module")
def importer(folder):
    return Importer(folder)


@pytest.fixture(scope="module")
def ours(model, designs):
    """−log posterior of all people, with its constants."""
    joint = jax.jit(negative_log_joint)
    count = sum(len(subject.observations) for subject in SUBJECTS) + len(SUBJECTS) * len(TRAITS)

    def of(z):
        return (
            sum(float(joint(model, design, jnp.asarray(own))) for design, own in zip(designs, z, strict=True))
            + count * np.log(2 * np.pi) / 2
        )

    return of


def test_the_library_finds_no_fault(folder, monkeypatch, caplog):
    assert [str(issue) for issue in v2.lint_problem(folder / "problem.yaml")] == []
    monkeypatch.setattr(sys, "argv", ["petablint", str(folder / "problem.yaml")])
    with pytest.raises(SystemExit, match="0"):
        petablint()
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


def test_guard_the_library_finds_a_fault(folder, tmp_path):
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    lines = (tmp_path / FILES["parameters"]).read_text("utf-8").splitlines(keepends=True)
    (tmp_path / FILES["parameters"]).write_text("".join(lines[:-1]), "utf-8")
    assert v2.lint_problem(tmp_path / "problem.yaml").has_errors()


def test_the_model_is_sbml_without_a_fault(folder):
    found = libsbml.readSBMLFromFile(str(folder / "model.xml"))
    found.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    found.checkConsistency()
    assert [found.getError(number).getMessage() for number in range(found.getNumErrors())] == []


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_the_posterior_of_the_importer_is_ours(best, importer, ours, seed):
    z = best
    if seed is None:
        np.testing.assert_allclose(importer.problem.x_nominal_free, z.ravel(), rtol=1e-12)
    else:
        z = z + np.random.default_rng(seed).normal(size=z.shape)
    np.testing.assert_allclose(importer.negative_log_posterior(z.ravel()), ours(z), rtol=AGREEMENT)


def test_differences_of_the_posterior_are_ours(best, importer, ours):
    for seed in (3, 4):
        other = best + np.random.default_rng(seed).normal(size=best.shape)
        theirs = importer.negative_log_posterior(other.ravel()) - importer.negative_log_posterior(best.ravel())
        np.testing.assert_allclose(theirs, ours(other) - ours(best), rtol=AGREEMENT)


def test_our_estimate_is_the_minimum_of_the_importer_along_every_random_effect(best, importer):
    lowest = importer.negative_log_posterior(best.ravel())
    # All people at once, for what one of them adds does not depend on the others.
    for trait in range(len(TRAITS)):
        along = np.zeros((len(SUBJECTS), len(TRAITS)))
        along[:, trait] = STEP
        up, down = (importer.negative_log_posterior((best + sign * along).ravel()) for sign in (1, -1))
        assert min(up, down) > lowest
        # At a minimum both sides rise alike: the slope is a small part of the curvature.
        assert abs(up - down) < 0.1 * (up + down - 2 * lowest)


def test_people_and_the_clock_of_the_table_can_be_told(importer):
    table = pd.DataFrame(importer.problem.measurement_df)
    assert table.groupby("subject", sort=False).experimentId.unique().map(list).to_dict() == {
        "3": ["person__3"],
        "né 4": ["person__number_2"],
        "né-4": ["person__number_3"],
        "5": ["person__5"],
    }
    of_first = table[table.subject == "3"]
    np.testing.assert_allclose(of_first.table_time - of_first.time, 100.0, atol=1e-5)


@eqx.filter_jit
def blood(physiology, weight, lengths, index, infusion, bolus):
    return in_blood(physiology, weight, drug_states(physiology, weight, Steps(lengths, index), infusion, bolus, FAMILIES))


def test_covariates_and_weight_are_those_of_a_simulated_patient(model, fitted, tmp_path):
    old = replace(SWALLOWED, name="3", weight=55.0, age=80.0, sex="female", cyp2b6="*6/*6", liver="moderate impairment")
    write_petab(fitted, [old], tmp_path / "problem", model=model)
    importer = Importer(tmp_path / "problem")
    nobody = importer.problem.get_x_nominal_dict() | dict.fromkeys(importer.estimated, 0.0)
    (experiment,) = importer.problem.experiments
    times = [sample.time for sample in old.observations]
    grid = time_grid(subject_pulses(old, model), 7.0, tuple(times))
    person = individualised(model.physiology, covariate_effects(subject_patient(old), model))
    inputs = (jnp.asarray(values) for values in (grid.lengths, grid.length_index, grid.infusion, grid.bolus))
    course = blood(person, jnp.asarray(55.0), *inputs)
    at = np.searchsorted(grid.times, np.array(times) - 1e-8)
    venous, norketamine = (np.asarray(getattr(course, name).sum(-1))[at] for name in ("venous", "norketamine"))
    np.testing.assert_allclose(importer.simulated(experiment, nobody), [venous[0], *norketamine[1:]], rtol=AGREEMENT)
    typical = replace(old, age=None, sex=None, cyp2b6=None, liver=None)
    write_petab(fitted, [typical], tmp_path / "typical", model=model)
    assert Importer(tmp_path / "typical").simulated(experiment, nobody)[0] != pytest.approx(venous[0], rel=0.05)


def test_what_the_format_cannot_state_is_left_out_and_said(model, fitted, tmp_path):
    unseen = Sample(9.5, 5.0, "ketamine", "venous", limits=(0.0, 5.0))
    with_limit = replace(INJECTED, observations=(*INJECTED.observations, unseen))
    files, notes = petab_files(fitted, [with_limit, replace(SPRAYED, observations=(unseen,))], model)
    assert [note.partition(" left out")[0] for note in notes] == ["petab: 2 samples known by limits alone", "petab: subject 5"]
    assert files[FILES["measurements"]].count("\n") == 1 + len(INJECTED.observations)
    assert "person__5" not in files[FILES["conditions"]]
    with pytest.raises(InputError, match="nobody has a sample"):
        petab_files(fitted, [replace(SPRAYED, observations=(unseen,))], model)


def test_a_folder_is_whole_or_not_there_and_without_the_library_one_line_says_so(model, fitted, folder, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="exists; add --overwrite"):
        write_petab(fitted, SUBJECTS, folder, model=model)
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(InputError, match="pip install python-libsbml"):
        write_petab(fitted, SUBJECTS, tmp_path / "new", model=model)
    assert list(tmp_path.iterdir()) == []
