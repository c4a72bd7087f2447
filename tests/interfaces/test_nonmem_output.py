"""The output table of a fit: what was predicted stands beside the events, and the events read back as they were."""

import io
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from euthymia.exchange.nonmem_output import PARAMETERS, output_table
from euthymia.inference.pk_design import after_first_dose, nanograms_per_micromolar, sample_unit
from euthymia.inference.pk_estimate import SubjectEstimate
from euthymia.inference.pk_tables import individuals_table, samples_table
from euthymia.pharmacology.variability import TRAITS, sample_error
from euthymia.protocols.dose import Dose
from euthymia.protocols.nonmem import read_events
from euthymia.protocols.subjects import Sample, Subject

COMPUTED = 1e-5
"""Relative; computed numbers have six digits."""
INFUSION = Dose(drug="ketamine", amount="0.5 mg/kg", route="i.v. infusion", start="1 h", duration="40 min")
WEEKLY = [Dose(drug="ketamine", amount="20 mg", route="i.v. bolus", start=f"{12 + 48 * n} h") for n in range(3)]
FIRST = Subject(
    "3",
    80.0,
    (INFUSION, *WEEKLY),
    (
        Sample(0.5, 1.5, "ketamine", "venous"),
        Sample(1.5, 120.0, "ketamine", "venous"),
        Sample(2.0, 0.2, "norketamine", "arterial", unit="µM"),
        Sample(9.0, 2.0, "ketamine", "venous", limits=(-np.inf, 2.0)),
        Sample(12.0, 4.0, "S-ketamine", "arterial"),
        Sample(12.5, 900.0, "ketamine", "venous", limits=(900.0, np.inf)),
    ),
    age=70.0,
    sex="female",
    cyp2b6="*6/*6",
    liver="mild impairment",
)
SECOND = Subject("no weight", None, (INFUSION,), (Sample(3.0, 30.0, "hydroxynorketamine", "venous"),))
IN_TURN = """ID,TIME,AMT,RATE,EVID,CMT,II,SS,DV
A,0,20,30,1,1,.,.,.
A,1,.,.,0,101,.,.,60
A,5,.,.,0,101,.,.,12
A,0,25,0,4,1,.,.,.
A,2,.,.,0,101,.,.,40
B,3,50,0,1,11,12,1,.
B,4,.,.,0,101,.,.,44
"""
"""A person who was reset and a person at steady state."""


@pytest.fixture
def of(model):
    """The tables of a fit with made-up predictions, and its output table."""

    def made(subjects):
        fitted = [after_first_dose(subject) for subject in subjects]
        random, most = np.random.default_rng(1), max(len(subject.observations) for subject in fitted)
        many, one = (len(fitted), len(TRAITS)), len(fitted)
        estimates = SubjectEstimate(
            deviation=random.normal(size=many),
            covariance=np.tile(np.eye(len(TRAITS)), (one, 1, 1)),
            predicted=random.uniform(0.1, 1, (one, most)),
            typical=random.uniform(0.1, 1, (one, most)),
            objective=np.zeros(one),
            gradient=np.zeros(one),
            converged=np.ones(one, bool),
        )
        individuals = individuals_table(fitted, estimates, model)
        samples, _ = samples_table(fitted, estimates, np.ones((1, one, most)), model)
        return individuals, samples, output_table(individuals, samples, subjects, model)

    return made


def frame(text):
    """The table as a program reads it that knows no mark of a missing value but its own."""
    return pd.read_csv(io.StringIO(text))


def back(text, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(text, "utf-8")
    return read_events(path)


def test_predictions_and_residuals_stand_beside_what_was_measured(model, of):
    individuals, samples, text = of([FIRST, SECOND])
    table = frame(text)
    fitted = table[(table.EVID == 0) & (table.MDV == 0)].reset_index(drop=True)
    for column, name in {"PRED": "population", "IPRED": "individual", "TAD": "time_after_dose", "TIME": "time", "DV": "observed"}.items():
        np.testing.assert_allclose(fitted[column], samples[name], rtol=COMPUTED)
    measured = fitted[fitted.CENS.isna()]
    stated = [sample for subject in (FIRST, SECOND) for sample in after_first_dose(subject).observations if sample.limits is None]
    mass = np.array([nanograms_per_micromolar(sample.molecule, model) for sample in stated])
    np.testing.assert_allclose(measured.DV, mass * [sample.concentration * sample_unit(sample, model) for sample in stated], rtol=1e-12)
    np.testing.assert_allclose(measured.IRES, measured.DV - measured.IPRED, rtol=COMPUTED, atol=COMPUTED * measured.DV.max())
    error = mass * np.asarray(sample_error(model.variability, jnp.asarray(measured.IPRED.to_numpy() / mass)))
    np.testing.assert_allclose(measured.IWRES, measured.IRES / error, rtol=COMPUTED * 10, atol=COMPUTED)
    p = model.physiology.disposition
    for number, (parameter, column) in enumerate(PARAMETERS.items(), 1):
        for name in ("3", "no weight"):
            person, rows = individuals.sel(subject=name, parameter=parameter), table[name == table.ID]
            np.testing.assert_allclose(rows[f"ETA{number}"], person.eta, rtol=COMPUTED)
            power = {"L": p.volume_exponent, "L/h": p.flow_exponent, "h": 0.0}[person.unit.item()]
            at_weight = person.estimate * (person.weight / p.reference_weight) ** float(power)
            np.testing.assert_allclose(rows[column], at_weight, rtol=COMPUTED)


def test_what_is_no_measured_value_has_no_residual(of):
    table = frame(of([FIRST])[2])
    assert set(PARAMETERS) == set(TRAITS)
    assert table.TIME.is_monotonic_increasing
    before = table[(table.EVID == 0) & (table.TIME < 1)]
    assert before.MDV.tolist() == [1]
    assert before.DV.tolist() == [1.5]
    censored = table[table.CENS.notna()]
    assert censored.CENS.tolist() == [1, -1]
    assert table[table.EVID == 1].MDV.eq(1).all()
    for rows in (before, censored, table[table.EVID == 1]):
        assert rows[["IRES", "IWRES"]].isna().all(axis=None)
    assert censored[["PRED", "IPRED"]].notna().all(axis=None)
    assert all(pd.api.types.is_numeric_dtype(table[column]) for column in table if column not in ("SEX", "CYP2B6", "LIVER"))


def test_it_reads_back_as_the_same_people(of, tmp_path):
    first, second = back(of([FIRST, SECOND])[2], tmp_path)
    assert (first.name, first.weight, first.patient()) == (FIRST.name, FIRST.weight, FIRST.patient())
    assert (second.name, second.weight) == ("no weight", None)
    assert [(dose.start, dose.duration, dose.amount) for dose in first.doses] == [
        (dose.start, dose.duration, dose.milligrams(80.0)) for dose in FIRST.doses
    ]
    kept = after_first_dose(FIRST).observations
    assert [(sample.time, sample.molecule, sample.sampling, sample.limits) for sample in first.observations] == [
        (sample.time, sample.molecule, sample.sampling, sample.limits) for sample in kept
    ]
    assert [sample.concentration for sample in first.observations if sample.molecule != "norketamine"] == [
        sample.concentration for sample in kept if sample.molecule != "norketamine"
    ]
    assert second.doses[0].amount == pytest.approx(35.0)


def test_a_reset_and_a_steady_state_keep_the_clock_of_the_table(of, tmp_path):
    stated = list(back(IN_TURN, tmp_path))
    text = of(stated)[2]
    table = frame(text)
    assert table[(table.ID == "A")].EVID.tolist() == [1, 0, 0, 3, 1, 0]
    assert table[(table.ID == "A")].TIME.tolist() == [0, 1, 5, 0, 0, 2]
    for subject, again in zip(stated, back(text, tmp_path), strict=True):
        assert len(again.doses) == len(subject.doses)
        for one, other in ((subject, again), (again, subject)):
            np.testing.assert_allclose(
                [one.table_time(dose.start) for dose in one.doses], [other.table_time(dose.start) for dose in other.doses], atol=1e-9
            )
        for event, event_again in zip(subject.observations, again.observations, strict=True):
            assert again.table_time(event_again.time) == pytest.approx(subject.table_time(event.time))
            latest, latest_again = (
                max(dose.start for dose in of_one.doses if dose.start < at.time) for of_one, at in ((subject, event), (again, event_again))
            )
            assert event_again.time - latest_again == pytest.approx(event.time - latest)


def test_a_name_that_an_event_table_cannot_hold_is_written_all_the_same(of):
    assert frame(of([replace(SECOND, name="x,1.0")])[2]).ID.tolist() == ["x,1.0"] * 2
