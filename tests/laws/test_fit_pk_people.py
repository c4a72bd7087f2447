"""People of a fit: their covariates, units of their samples, what becomes of them afterwards, and fits that failed."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from euthymia.core.errors import InputError
from euthymia.inference.pharmacokinetics import fit
from euthymia.inference.pk_curves import MOST_CURVES
from euthymia.inference.pk_design import padded_designs, subject_design
from euthymia.inference.pk_estimate import estimate_subject
from euthymia.inference.pk_failures import FARTHEST_PERSON, failures, farthest_by_chance
from euthymia.inference.pk_likelihood import negative_log_joint
from euthymia.pharmacology.variability import TRAITS
from euthymia.protocols.dose import Dose
from euthymia.protocols.nonmem_cells import dv_unit
from euthymia.protocols.patient import DISPOSITION
from euthymia.protocols.protocol import Protocol
from euthymia.protocols.reading import parse, text_of
from euthymia.protocols.subjects import Occasion, Sample, Subject
from euthymia.simulation.exposure import exposures
from euthymia.simulation.person import covariate_effects

INFUSION = Dose(drug="ketamine", amount="0.5 mg/kg", route="i.v. infusion", start="0 h", duration="40 min")
HORIZON = "24 h"
TIMES = (0.33, 0.67, 1.0, 2.0, 4.0, 8.0, 24.0)
MEASURED = {"1": (110, 190, 130, 60, 28, 9, 0.9), "2": (150, 260, 170, 85, 40, 15, 2.4), "3": (90, 150, 95, 42, 18, 6, 0.7)}
"""ng/mL of three made-up people of 70 kg, half an hour after 35 mg and later."""


def infused(name, values, **fields):
    samples = tuple(Sample(time, float(value), "ketamine", "venous") for time, value in zip(TIMES, values, strict=True))
    dose = Dose(drug="ketamine", amount="35 mg", route="i.v. infusion", start="0 h", duration="40 min")
    return Subject(name, 70.0, (dose,), samples, **fields)


@pytest.fixture(scope="module")
def nodes(model):
    """Times (h) that the course of exposure has nodes at, after the infusion began."""
    times = exposures(Protocol([INFUSION], horizon=HORIZON), None, model).data.time.values
    return times[np.searchsorted(times, [0.3, 0.6, 1.5, 3.0, 6.0, 12.0])]


@pytest.fixture(scope="module")
def subjects(model, nodes):
    mass = 1e3 * float(model.molecules.ketamine)
    old = Subject(
        "old",
        64.0,
        (INFUSION,),
        tuple(
            Sample(float(time), 1.3 * value, "ketamine", "arterial") for time, value in zip(nodes, (100, 160, 60, 30, 14, 6), strict=True)
        ),
        age=80.0,
        cyp2b6="*6/*6",
        occasions=(Occasion(0.0, 100.0),),
    )
    molar = infused("molar", MEASURED["1"])
    molar = replace(
        molar, observations=tuple(replace(sample, concentration=sample.concentration / mass, unit="µM") for sample in molar.observations)
    )
    limited = infused("limited", MEASURED["1"])
    limited = replace(limited, observations=tuple(replace(sample, limits=(-np.inf, 500.0)) for sample in limited.observations))
    single = infused("single", MEASURED["1"])
    single = replace(single, observations=single.observations[3:4])
    early = infused("early", MEASURED["1"])
    before = tuple(Sample(0.0, value, "ketamine", "venous") for value in (9.5, -1.2))
    negative = replace(early.observations[-1], concentration=-0.4)
    return [old, molar, limited, single, replace(early, observations=(*before, *early.observations[:-1], negative))]


@pytest.fixture(scope="module")
def fitted(model, subjects):
    """These people, with the three of the table."""
    return fit([*subjects, *(infused(name, values) for name, values in MEASURED.items())], model, 2)


def of_person(fitted, name):
    return fitted.samples.isel(sample=(fitted.samples.subject == name).values)


def arterial(protocol, model, times):
    """Ketamine, µM."""
    course = exposures(protocol, None, model).data
    return course.arterial_ketamine.sel(enantiomer="both", time=times).values[0]


def test_the_typical_person_is_the_one_that_exposure_takes(fitted, subjects, nodes, model):
    protocol = Protocol([INFUSION], patient={"weight": "64 kg", "age": 80, "cyp2b6": "*6/*6"}, horizon=HORIZON)
    mass = 1e3 * float(model.molecules.ketamine)
    np.testing.assert_allclose(of_person(fitted, "old").population, mass * arterial(protocol, model, nodes), rtol=1e-8)
    young = Protocol([INFUSION], patient={"weight": "64 kg"}, horizon=HORIZON)
    assert (of_person(fitted, "old").population.values[2:] > 1.1 * mass * arterial(young, model, nodes)[2:]).all()
    clearance = fitted.individuals.typical.sel(parameter="clearance")
    assert clearance.sel(subject="old") < 0.5 * clearance.sel(subject="1")


def test_a_fitted_person_exposed_to_the_same_doses_has_the_individual_predictions(fitted, nodes, model):
    patient = fitted.person("old")
    assert (patient.age, patient.cyp2b6, patient.weight) == (80.0, "*6/*6", 64.0)
    mass = 1e3 * float(model.molecules.ketamine)
    predicted = arterial(Protocol([INFUSION], patient=patient, horizon=HORIZON), model, nodes)
    np.testing.assert_allclose(of_person(fitted, "old").individual, mass * predicted, rtol=1e-6)
    assert np.abs(of_person(fitted, "old").individual / of_person(fitted, "old").population - 1).max() > 0.05


def test_a_person_who_is_not_there_is_refused_with_who_is(fitted):
    with pytest.raises(InputError, match="subject: there is no 'odl'; did you mean old"):
        fitted.person("odl")


def test_a_patient_s_factors_are_the_deviation_of_the_body(model):
    assert DISPOSITION == TRAITS
    factors = dict(zip(TRAITS, (0.5, 2.0, 1.0, 0.7, 1.4, 3.0, 0.2), strict=True))
    protocol = Protocol([INFUSION], patient={"disposition": factors}, horizon=HORIZON)
    np.testing.assert_allclose(covariate_effects(protocol.patient, model).deviation, np.log(list(factors.values())), rtol=1e-14)
    assert parse(text_of(protocol), "here").patient == protocol.patient
    some = Protocol([INFUSION], patient={"disposition": {"clearance": 0.5}}).patient
    np.testing.assert_allclose(np.exp(covariate_effects(some, model).deviation).sum(), len(TRAITS) - 0.5)


def test_samples_in_micromolar_are_the_same_samples(fitted):
    ours = [fitted.individuals.sel(subject=name) for name in ("molar", "1")]
    np.testing.assert_allclose(*(one.eta for one in ours), atol=1e-9)
    np.testing.assert_allclose(*(of_person(fitted, name).observed for name in ("molar", "1")), rtol=1e-12)


def test_samples_far_below_their_limit_leave_a_person_typical(fitted, model):
    limited = fitted.individuals.sel(subject="limited")
    np.testing.assert_allclose(limited.eta, 0, atol=0.02)
    np.testing.assert_allclose(limited.se, np.sqrt(model.variability.variance), rtol=0.02)
    assert np.isnan(of_person(fitted, "limited").weighted_residual).all()
    assert of_person(fitted, "limited").censored.all()
    assert "every sample of subject limited is below its limit" in " ".join(fitted.warnings)


def test_samples_before_the_first_dose_are_counted_and_negative_ones_kept(fitted):
    early = of_person(fitted, "early")
    assert early.observed.values.tolist() == [*MEASURED["1"][:-1], -0.4]
    warnings = " ".join(fitted.warnings)
    assert "2 samples at or before the first dose not fitted, the largest 9.5 ng/mL of ketamine at 0 h (subject early)" in warnings
    assert "subject single has one sample" in warnings


def test_times_are_those_of_the_table(fitted, nodes):
    np.testing.assert_allclose(of_person(fitted, "old").time, nodes + 100)
    np.testing.assert_allclose(of_person(fitted, "old").time_after_dose, nodes)
    times = fitted.curves.time[(fitted.curves.subject == "old").values]
    assert times.min() == 100
    np.testing.assert_allclose(times.max(), nodes[-1] + 100)


def test_curves_go_through_the_predictions_of_the_samples(fitted):
    assert len(np.unique(fitted.curves.subject)) <= MOST_CURVES
    for name in ("old", "1"):
        samples, curve = of_person(fitted, name), fitted.curves.isel(point=(fitted.curves.subject == name).values)
        at = [np.abs(curve.time.values - time).argmin() for time in samples.time.values]
        for prediction in ("individual", "population"):
            np.testing.assert_allclose(curve[prediction][at], samples[prediction], rtol=1e-8)


def test_the_objective_is_the_marginal_likelihood(model):
    """Where one trait alone varies, by quadrature over it."""
    variance = np.full(len(TRAITS), 1e-12)
    variance[TRAITS.index("clearance")] = 0.02
    narrow = replace(
        model, variability=replace(model.variability, variance=jnp.asarray(variance), volume_clearance_correlation=jnp.zeros(()))
    )
    (design,) = padded_designs([subject_design(infused("1", MEASURED["1"]), model)])
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    direction = np.eye(len(TRAITS))[TRAITS.index("clearance")]
    at = jax.jit(negative_log_joint)
    joint = np.array([at(narrow, design, jnp.asarray(node * direction)) for node in nodes])
    likelihood = weights @ np.exp(-(joint - nodes**2 / 2) + joint.min()) / np.sqrt(2 * np.pi)
    exact = -2 * (np.log(likelihood) - joint.min())
    np.testing.assert_allclose(estimate_subject(narrow, design).objective, exact, atol=0.02)


def test_a_fit_that_did_not_fail_says_so(fitted):
    assert fitted.failures == []
    assert not fitted.failed
    assert fitted.objective == pytest.approx(float(fitted.individuals.objective.sum()))


def test_values_in_another_unit_are_a_failure_that_names_the_unit(model):
    wrong = [infused(name, np.array(values) / 237.73) for name, values in MEASURED.items()]
    failed = fit(wrong, model, 2)
    assert failed.failed
    assert "--dv-unit umol/L" in failed.failures[0]
    assert any("clearance is more than" in failure for failure in failed.failures)


def failures_of(fitted, model, factor, spread=0.0, **fields):
    """Failures if the samples of the three of the table were so many times as large."""
    samples = fitted.samples.isel(sample=np.isin(fitted.samples.subject, list(MEASURED)))
    noise = np.exp(spread * np.random.default_rng(1).standard_normal(samples.sizes["sample"]))
    samples = samples.assign(observed=samples.observed * factor * noise, **fields)
    return failures(fitted.individuals, samples, fitted.check, model)


@pytest.mark.parametrize(("unit", "factor"), [("umol/L", 1 / 237.73), ("mg/L", 1e-3), ("pg/mL", 1e3), ("nmol/L", 1e3 / 237.73)])
def test_each_unit_is_named_and_can_be_stated(fitted, model, unit, factor):
    (said,) = failures_of(fitted, model, factor)
    assert f"as if DV were in {unit} and not in ng/mL: try --dv-unit {unit}" in said
    assert dv_unit(unit) is not None


def test_a_factor_of_ten_is_no_unit_and_a_factor_of_two_or_scattered_samples_are_nothing(fitted, model):
    (said,) = failures_of(fitted, model, 10.0)
    assert "likely off by a power of ten" in said
    assert failures_of(fitted, model, 2.0) == failures_of(fitted, model, 0.5) == []
    assert failures_of(fitted, model, 1e-3, spread=3.0) == []


def test_values_in_nanograms_read_as_micromolar_are_named_too(fitted, model):
    read_as_molar = {"unit_read": ("sample", ["µM"] * (len(MEASURED) * len(TIMES)))}
    (said,) = failures_of(fitted, model, 237.73, **read_as_molar)
    assert "as if DV were in ng/mL and not in umol/L: try --dv-unit ng/mL" in said


def test_in_more_people_somebody_is_further_from_typical_by_chance():
    for people in (20, 200):
        drawn = np.abs(np.random.default_rng(people).standard_normal((2000, people * len(TRAITS)))).max(1)
        assert 0.002 < (drawn > farthest_by_chance(people)).mean() < 0.02
    assert farthest_by_chance(1) >= FARTHEST_PERSON


def test_residuals_people_and_bands_are_judged_by_their_thresholds(fitted, model):
    individuals, samples, check = fitted.individuals, fitted.samples, fitted.check
    large = samples.assign(departure=samples.departure * 3 / float(np.sqrt((samples.departure**2).mean())))
    assert [said.split(":")[0] for said in failures(individuals, large, check, model)] == ["residuals"]
    unsettled = individuals.assign(converged=individuals.converged & (individuals.subject != "old"))
    assert failures(unsettled, samples, check, model)[0].startswith("subject old: the search did not settle")
    far = individuals.assign(eta=individuals.eta.where(individuals.subject != "2", 4.5 * individuals.omega))
    said = failures(far, samples, check, model)
    assert len(said) == len(TRAITS)
    assert "subject 2: clearance is more than 3.7 SDs of the population from typical; subject 2 is 4.5 away" in " ".join(said)
    outside = check.assign(observed=check.observed * 100)
    assert failures(individuals, samples, outside, model) == [], "eight people are too few to judge the spread between people"
    twice = xr.concat(
        [individuals, individuals.assign_coords(subject=[f"{name} too" for name in individuals.subject.values])], "subject", data_vars="all"
    )
    (said,) = failures(twice, samples, outside, model)
    assert said.startswith("predictive check: 0% of the observed percentiles")
