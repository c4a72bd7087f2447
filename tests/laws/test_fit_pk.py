"""Estimates of a person from samples: exact derivatives, the prior where there is nothing, the truth where there is much."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.core.errors import InputError
from euthymia.core.normal import Z_90
from euthymia.core.numerics.exponential import Steps
from euthymia.inference import pk_estimate, predictive_check
from euthymia.inference.pharmacokinetics import fit
from euthymia.inference.pk_design import padded_designs, subject_design, subject_pulses
from euthymia.inference.pk_estimate import joint_density
from euthymia.inference.pk_likelihood import concentrations, negative_log_density, negative_log_joint, sample_information
from euthymia.model.exposure import drugs
from euthymia.model.time_grid import time_grid
from euthymia.pharmacology.variability import TRAITS, people, sample_error, spread
from euthymia.protocols.dose import Dose
from euthymia.protocols.subjects import Sample, Subject

INFUSION = Dose(drug="ketamine", amount="0.5 mg/kg", route="i.v. infusion", start="1 h", duration="40 min")
BOLUS = Dose(drug="ketamine", amount="20 mg", route="i.v. bolus", start="6 h")
TIMES = 1 + np.array([0.25, 0.5, 0.7, 1, 1.5, 2, 3, 5, 8, 12])
SPECIES = ("ketamine", "norketamine")
ALL_SPECIES = (*SPECIES, "hydroxynorketamine")
EIGHT = TIMES[[0, 1, 2, 3, 5, 6, 7, 9]]
PEOPLE = 200


def person(name="A", times=TIMES, molecules=SPECIES, concentration=100.0, doses=(INFUSION,), weight=80.0):
    samples = tuple(Sample(float(time), concentration, molecule, "venous") for time in times for molecule in molecules)
    return Subject(name, weight, doses, samples)


def measured(model, subjects, deviations, error=None):
    """The same people with what their samples would show: without error, or with one drawn for each."""
    found = []
    for number, (subject, deviation) in enumerate(zip(subjects, deviations, strict=True)):
        (design,) = padded_designs([subject_design(subject, model)])
        expected = CONCENTRATIONS(model, design, deviation)
        if error is not None:
            drawn = jax.random.normal(jax.random.fold_in(error, number), expected.shape)
            expected = jnp.maximum(expected + sample_error(model.variability, expected) * drawn, 0)
        masses = [1e3 * float(getattr(model.molecules, each.molecule)) for each in subject.observations]
        values = [
            replace(each, concentration=float(c) * mass) for each, c, mass in zip(subject.observations, expected, masses, strict=False)
        ]
        found.append(replace(subject, observations=tuple(values)))
    return found


CONCENTRATIONS = jax.jit(concentrations)
FEW = 2
"""Studies for a predictive check that is not looked at."""


@pytest.fixture(scope="module")
def one(model):
    """A design with both molecules, both enantiomers, an infusion and a bolus."""
    subject = person(molecules=(*SPECIES, "S-ketamine", "R-norketamine", "hydroxynorketamine"), doses=(INFUSION, BOLUS))
    (design,) = padded_designs([subject_design(subject, model)])
    return design


def test_the_gradient_is_that_of_differences(model, one):
    z = jnp.array([0.3, -0.5, 0.8, 0.2, -1.0, 0.1, -0.4])
    at = jax.jit(lambda z: negative_log_joint(model, one, z))
    found = jax.jit(joint_density)(model, one, z)
    step = 1e-5 * jnp.eye(len(z))
    differences = [(at(z + along) - at(z - along)) / 2e-5 for along in step]
    np.testing.assert_allclose(found.value, at(z), rtol=1e-12)
    # Differences are rounded as the whole density is.
    np.testing.assert_allclose(found.gradient, differences, rtol=1e-6, atol=1e-7 * np.abs(found.gradient).max())


@pytest.mark.parametrize("concentration", [0.0, 0.02, 0.5])
def test_the_information_is_the_mean_square_of_the_slope(model, concentration):
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    c = jnp.asarray(concentration)
    measured = c + sample_error(model.variability, c) * nodes
    slopes = jax.vmap(lambda y: jax.grad(negative_log_density, 2)(model, y, c))(measured)
    np.testing.assert_allclose(sample_information(model, c), weights @ slopes**2 / weights.sum(), rtol=1e-10)


def test_the_coarse_steps_are_the_course_of_the_model(model):
    subject = person(times=[1.3, 2.0, 6.0, 6.01, 30.0], molecules=("ketamine",), doses=(INFUSION, BOLUS))
    (design,) = padded_designs([subject_design(subject, model)])
    found = concentrations(model, design, jnp.zeros(len(TRAITS)))[:5]
    times = [1.3, 2.0, 6.0 - 1e-6, 6.01, 30.0]
    grid = time_grid(subject_pulses(subject, model), 30.0, tuple(times))
    inputs = [jnp.asarray(each) for each in (grid.infusion, grid.bolus)]
    course = eqx.filter_jit(drugs)(
        model.physiology, jnp.asarray(80.0), Steps(jnp.asarray(grid.lengths), jnp.asarray(grid.length_index)), *inputs
    )
    np.testing.assert_allclose(found, np.asarray(course.venous.sum(-1))[np.searchsorted(grid.times, np.array(times) - 1e-8)], rtol=1e-9)


@pytest.mark.parametrize("spreads", [-6, 6])
def test_nothing_is_left_after_a_year_however_strange_the_person(model, spreads):
    (design,) = padded_designs([subject_design(person(times=[1.5, 8760.0], molecules=("ketamine",)), model)])
    soon, late = CONCENTRATIONS(model, design, spreads * jnp.sqrt(model.variability.variance))[:2]
    assert 0 <= late < 1e-9 < soon


def test_without_samples_a_person_is_typical_and_as_uncertain_as_the_population(model):
    found = fit([person("none", times=[]), person("some")], model, FEW).individuals.sel(subject="none")
    np.testing.assert_allclose(found.eta, 0, atol=1e-12)
    np.testing.assert_allclose(found.se, np.sqrt(model.variability.variance), rtol=1e-10)
    np.testing.assert_allclose(found.estimate, found.typical, rtol=1e-12)


def test_one_sample_says_less_than_many(model):
    truth = 1.5 * jnp.sqrt(model.variability.variance)
    few, many = (
        measured(model, [person(times=times, molecules=ALL_SPECIES)], [truth])[0]
        for times in (TIMES[[5]], np.concatenate([np.linspace(1.1, 3, 9), np.linspace(4, 15, 6)]))
    )
    found = fit([few, many], model, FEW)
    clearance = found.individuals.sel(parameter="clearance")
    assert 0 < clearance.eta[0] < clearance.eta[1] < truth[TRAITS.index("clearance")] * 1.05
    assert (found.individuals.se[1] < found.individuals.se[0]).all()
    assert (found.individuals.se[0] < np.sqrt(model.variability.variance)).all()


def test_rich_samples_without_error_give_back_the_person(model):
    exact = replace(
        model, variability=replace(model.variability, proportional_error=jnp.asarray(1e-3, float), additive_error=jnp.asarray(1e-6, float))
    )
    truth = people(model.variability, jax.random.key(5), jnp.arange(6))
    subjects = [person(str(n), times=np.linspace(1.1, 20, 15), molecules=ALL_SPECIES, weight=60.0 + 5 * n) for n in range(6)]
    found = fit(measured(exact, subjects, truth), exact, FEW)
    np.testing.assert_allclose(found.individuals.eta, truth, atol=5e-3)
    np.testing.assert_allclose(found.samples.individual, found.samples.observed, rtol=1e-3)
    assert found.individuals.converged.all()


def test_another_person_in_the_data_changes_nothing_for_one(model):
    other = person("B", times=np.linspace(1.1, 3, 15), doses=(INFUSION, BOLUS))
    alone, beside = (fit(each, model, FEW).individuals.sel(subject="A") for each in ([person()], [other, person()]))
    np.testing.assert_allclose(alone.eta, beside.eta, atol=1e-9)


def test_other_people_do_not_compile_again(model):
    fit([person()], model, FEW)
    before = pk_estimate.estimate_subject._cached._cache_size(), predictive_check.simulate_studies._cached._cache_size()
    fit([person(f"{n}", times=TIMES[: 3 + n], weight=50.0 + n) for n in range(3)], model, FEW)
    assert (pk_estimate.estimate_subject._cached._cache_size(), predictive_check.simulate_studies._cached._cache_size()) == before


def changed(**fields):
    subject = person()
    return replace(subject, observations=(replace(subject.observations[0], **fields), *subject.observations[1:]))


@pytest.mark.parametrize(
    ("subjects", "said"),
    [
        ([], "no row that is read holds an observation"),
        ([person(times=[])], "no row that is read holds an observation"),
        ([person(), person("B", doses=())], "subject B: has 20 samples but no dose of ketamine"),
        ([changed(molecule="ketamin")], "subject A: molecule: there is no 'ketamin'; did you mean ketamine"),
        ([changed(sampling="salivary")], "subject A: sampling: there is no 'salivary'; allowed: arterial, venous"),
        ([changed(concentration=np.nan)], "subject A: nan ng/mL of ketamine at 1.25 h is not a concentration"),
        ([changed(unit="mg")], "subject A: unit: there is no 'mg'; allowed: ng/mL, µM"),
        ([changed(limits=(5.0, 5.0))], "lies between 5 and 5; the first must be less than the second"),
        ([changed(time=0.5)], "subject A: 100 ng/mL of ketamine at 0.5 h, but the first dose begins at 1 h; up to 5%"),
        ([changed(time=1.0, concentration=5.1)], "(100 ng/mL) is allowed"),
        ([changed(time=0.5, limits=(100.0, np.inf))], "but the first dose begins at 1 h"),
        ([replace(person(), age=17.0)], "subject A: age: 17.0 is outside 18 to 100 years"),
    ],
)
def test_data_that_cannot_be_meant_are_refused_in_one_line(model, subjects, said):
    with pytest.raises(InputError) as refused:
        fit(subjects, model, FEW)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_sample_before_the_first_dose_without_drug_is_left_out(model):
    with_blank = person(concentration=50.0)
    blank = Sample(0.5, 0.0, "ketamine", "venous")
    found = fit([with_blank, replace(with_blank, name="B", observations=(blank, *with_blank.observations))], model, FEW)
    np.testing.assert_allclose(*found.individuals.eta.values, atol=1e-9)
    assert found.samples.sizes["sample"] == 2 * len(with_blank.observations)


@pytest.fixture(scope="module")
def study(model):
    """People drawn from the population, ten venous samples of two molecules each, and their estimates."""
    truth = people(model.variability, jax.random.key(11), jnp.arange(PEOPLE))
    weights = 72 + 12 * jax.random.normal(jax.random.key(12), (PEOPLE,))
    subjects = [person(f"{n}", weight=float(weight)) for n, weight in enumerate(weights)]
    return np.asarray(truth), fit(measured(model, subjects, truth, jax.random.key(13)), model)


@pytest.mark.long
def test_ninety_percent_intervals_hold_the_truth_of_ninety_percent(study):
    truth, found = study
    each = found.individuals
    true = each.typical.values * np.exp(truth)
    held = (each.lower <= true) & (true <= each.upper)
    assert each.converged.all()
    assert 0.85 < held.mean() < 0.95
    assert (held.mean("subject") > 0.83).all()
    narrower = np.abs(each.eta - truth) <= 1.645 * each.se / 2
    assert narrower.mean() < 0.7, "half the width must fail, or this test tests nothing"


@pytest.mark.long
def test_residuals_and_the_predictive_check_accept_the_true_model(study):
    _, found = study
    bands = found.check.simulated
    inside = (found.check.observed >= bands.sel(level=5)) & (found.check.observed <= bands.sel(level=95))
    # Residuals of fitted curves are a little less than the errors.
    assert 0.85 < found.samples.weighted_residual.std() < 1
    assert inside.mean() > 0.75


@pytest.mark.long
def test_shrinkage_is_what_the_uncertainty_predicts(study, model):
    """Var(estimates) + mean posterior variance = prior variance, for an estimate that is calibrated."""
    _, found = study
    explained = found.individuals.eta.var("subject", ddof=1) + (found.individuals.se**2).mean("subject")
    np.testing.assert_allclose(explained, model.variability.variance, rtol=0.3)


@pytest.mark.slow
def test_the_predictive_check_rejects_another_population(model):
    slow = [person(f"{n}", weight=72.0) for n in range(24)]
    deviations = people(model.variability, jax.random.key(11), jnp.arange(24)).at[:, TRAITS.index("clearance")].add(-0.7)
    found = fit(measured(model, slow, deviations, jax.random.key(17)), model)
    bands = found.check.simulated
    inside = (found.check.observed >= bands.sel(level=5)) & (found.check.observed <= bands.sel(level=95))
    assert inside.mean() < 0.5


@eqx.filter_jit
def seen_with_error(model, design, number, limit=0.0):
    """η of a person of the population, and the design with what its samples show with error; below a limit (µM), the limit."""
    (deviation,) = people(model.variability, jax.random.key(21), number[None])
    expected = concentrations(model, design, deviation)
    values = expected + sample_error(model.variability, expected) * jax.random.normal(
        jax.random.fold_in(jax.random.key(22), number), expected.shape
    )
    low = (values < limit) & design.counted
    return deviation, design._replace(measured=jnp.where(low, limit, values), censored=low, high=jnp.where(low, limit, jnp.inf))


def test_the_search_settles_where_the_information_is_half_the_curvature(model):
    """Number 123 is one of a thousand: undamped steps there are twice too long."""
    (design,) = padded_designs([subject_design(person(times=EIGHT), model)])
    _, seen = seen_with_error(model, design, jnp.asarray(123))
    one = pk_estimate.estimate_subject(model, seen)
    information = jax.jit(joint_density)(model, seen, jnp.linalg.solve(spread(model.variability), one.deviation)).information
    curvature = jnp.linalg.inv(jnp.linalg.solve(spread(model.variability), jnp.linalg.solve(spread(model.variability), one.covariance).T))
    assert float(jnp.linalg.eigvals(jnp.linalg.solve(information, curvature)).real.max()) > 1.9
    assert one.converged
    assert one.gradient < 2e-3


def coverage(model, times, limit):
    """Of people with venous samples of ketamine and norketamine, how often a 90 % interval holds the truth, by trait; and how many samples
    are below the limit (µM)."""
    (design,) = padded_designs([subject_design(person(times=times), model)])
    held, below = [], 0
    for number in range(PEOPLE):
        deviation, seen = seen_with_error(model, design, jnp.asarray(number), jnp.asarray(limit))
        one = pk_estimate.estimate_subject(model, seen)
        assert one.converged
        held.append(np.abs(one.deviation - deviation) <= Z_90 * np.sqrt(np.diag(one.covariance)))
        below += int(seen.censored.sum())
    return np.mean(held, 0), below


@pytest.mark.long
@pytest.mark.parametrize(("times", "limit"), [(EIGHT, 0.0), (TIMES[[1, 5, 8]], 0.0), (EIGHT, 0.06), (TIMES[[1, 5, 8]], 0.06)])
def test_intervals_hold_the_truth_at_few_samples_and_with_samples_below_a_limit(model, times, limit):
    held, below = coverage(model, times, limit)
    assert limit == 0 or below > PEOPLE / 2, "samples must be below the limit, or this test tests nothing"
    assert ((held >= 0.85) & (held <= 0.95)).all(), dict(zip(TRAITS, held.tolist(), strict=True))
