"""Population estimates: closed forms of linear models, exact gradients, calibrated errors, and the population that made the data."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.core.errors import InputError
from euthymia.inference.mixed_effects import PopulationParameters, Samples, Structure, mixed_model, normal_density
from euthymia.inference.pk_design import padded_designs, subject_design
from euthymia.inference.pk_estimate import joint_density
from euthymia.inference.pk_likelihood import concentrations
from euthymia.inference.population_estimate import estimate_population
from euthymia.inference.population_likelihood import MixedModel, population_objective
from euthymia.inference.population_pk import PopulationTraits, check_traits, fit_population
from euthymia.inference.population_summary import population_summary
from euthymia.inference.reduced_course import reduced_course
from euthymia.pharmacology.ketamine import STATES
from euthymia.pharmacology.variability import TRAITS, people, sample_error
from euthymia.protocols.dose import Dose
from euthymia.protocols.subjects import Sample, Subject

PEOPLE, EACH = 8, 5


def linear_density(p, samples, z):
    """Random intercept and slope: expectation X β + X L z, constant error."""
    return normal_density(lambda z: samples.design @ (p["beta"] + p["root"] @ z), lambda f: p["sd"] ** 2 * jnp.ones_like(f), samples, z)


def linear_parameters(x):
    root = jnp.array([[jnp.exp(x[2]), 0], [x[3], jnp.exp(x[4])]])
    return {"beta": x[:2], "root": root, "sd": jnp.exp(x[5])}


LINEAR = MixedModel(eqx.Partial(linear_parameters), linear_density, 2)


def linear_people():
    rng = np.random.default_rng(1)
    design = np.stack([np.ones((PEOPLE, EACH)), rng.normal(size=(PEOPLE, EACH))], -1)
    counted = np.ones((PEOPLE, EACH), bool)
    counted[0, 3:] = counted[4, 1:] = False
    return Samples(*map(jnp.asarray, (design, rng.normal(2, 1, (PEOPLE, EACH)), counted)))


def marginal(x, samples):
    """−2 log L of all, without n log 2π, from the normal distribution of each person's samples."""
    p, total = linear_parameters(x), 0.0
    for design, measured, counted in zip(*samples, strict=True):
        X, y = design[counted], measured[counted]
        V = X @ p["root"] @ p["root"].T @ X.T + p["sd"] ** 2 * jnp.eye(len(y))
        total += (y - X @ p["beta"]) @ jnp.linalg.solve(V, y - X @ p["beta"]) + jnp.linalg.slogdet(V)[1]
    return total


def test_a_linear_model_has_its_exact_likelihood_and_gradient():
    samples, x = linear_people(), jnp.array([0.5, -0.3, -0.4, 0.3, -1.0, 0.2])
    objectives = population_objective(LINEAR, samples, x, jnp.zeros((PEOPLE, 2)))
    exact, slope = jax.value_and_grad(marginal)(x, samples)
    np.testing.assert_allclose(objectives.value.sum(), exact, rtol=1e-10)
    np.testing.assert_allclose(objectives.gradient.sum(0), slope, rtol=1e-8)


def group_density(p, samples, z):
    return normal_density(lambda z: p[0] + jnp.exp(p[1]) * z[0] * samples.design, lambda f: jnp.exp(2 * p[2]) + 0 * f, samples, z)


def same(x):
    return x


def estimate_groups(y):
    """Mean, logarithms of the SD between groups and of that within, most likely for groups that differ in their means."""
    samples = Samples(jnp.ones(y.shape), jnp.asarray(y), jnp.ones(y.shape, bool))
    return estimate_population(MixedModel(eqx.Partial(same), group_density, 1), samples, np.array([1.0, 1.0, 1.0]))


def test_means_of_groups_have_the_estimates_of_the_analysis_of_variance():
    rng = np.random.default_rng(2)
    y = 3 + rng.normal(size=(12, 1)) + 0.5 * rng.normal(size=(12, EACH))
    groups, each = y.shape
    within = ((y - y.mean(1, keepdims=True)) ** 2).sum() / (groups * (each - 1))
    between = ((y.mean(1) - y.mean()) ** 2).mean() - within / each
    estimate = estimate_groups(y)
    assert estimate.converged
    np.testing.assert_allclose(estimate.coordinates, [y.mean(), np.log(between) / 2, np.log(within) / 2], atol=1e-4)
    np.testing.assert_allclose(np.sqrt(estimate.covariance()[0, 0]), np.sqrt((within / each + between) / groups), rtol=1e-3)
    np.testing.assert_allclose(
        estimate.standard_errors(lambda x: jnp.exp(2 * x[2:])), within * np.sqrt(2 / (groups * (each - 1))), rtol=1e-3
    )


def test_a_variance_of_zero_is_said_not_to_be_told_from_it():
    y = np.random.default_rng(2).normal(3, 0.5, (12, EACH))
    y += y.mean() - y.mean(1, keepdims=True)
    estimate = estimate_groups(y)
    assert estimate.converged
    assert estimate.free.tolist() == [True, False, True]
    np.testing.assert_allclose(estimate.coordinates[[0, 2]], [y.mean(), np.log(y.std())], atol=1e-4)
    np.testing.assert_allclose(estimate.objective, y.size * (1 + np.log(y.var())), atol=1e-3)
    assert np.isnan(estimate.standard_errors(lambda x: jnp.exp(x[1:]))).tolist() == [True, False]


TIMES = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 12.0])
STRUCTURE = Structure(("clearance", "volume"), (("clearance", "volume"),))
TRUTH = PopulationParameters(np.array([5.0, 30.0]), np.array([[0.3, 0.0], [0.1, 0.2]]), np.array(0.1), np.array(0.1))
DOSE = 100.0


def one_compartment(parameters, times):
    clearance, volume = parameters
    return DOSE / volume * jnp.exp(-clearance / volume * times)


ONE_COMPARTMENT = mixed_model(one_compartment, STRUCTURE)


def simulated(seed, count):
    """A study of one compartment in people drawn from a population that is known."""
    rng = np.random.default_rng(seed)
    own = TRUTH.typical * np.exp(rng.normal(size=(count, 2)) @ TRUTH.root.T)
    course = np.stack([one_compartment(parameters, TIMES) for parameters in own])
    measured = course + np.hypot(TRUTH.additive, TRUTH.proportional * course) * rng.normal(size=course.shape)
    return Samples(jnp.broadcast_to(TIMES, course.shape), jnp.asarray(measured), jnp.ones(course.shape, bool))


def test_the_gradient_is_that_of_differences():
    samples, x = simulated(3, 4), STRUCTURE.coordinates(TRUTH) + 0.1

    def at(x):
        return population_objective(ONE_COMPARTMENT, samples, jnp.asarray(x), jnp.zeros((4, 2)))

    step = 1e-4 * np.eye(len(x))
    differences = [(at(x + along).value.sum() - at(x - along).value.sum()) / 2e-4 for along in step]
    np.testing.assert_allclose(at(x).gradient.sum(0), differences, rtol=1e-6, atol=1e-5)


def test_samples_that_are_not_counted_count_for_nothing():
    samples, x = simulated(3, 4), jnp.asarray(STRUCTURE.coordinates(TRUTH))
    garbage = Samples(samples.design, samples.measured.at[:, 3:].set(1e3), samples.counted.at[:, 3:].set(False))
    fewer = Samples(*(leaf[:, :3] for leaf in samples))
    values = [population_objective(ONE_COMPARTMENT, each, x, jnp.zeros((4, 2))).value for each in (garbage, fewer)]
    np.testing.assert_allclose(*values, rtol=1e-10)


def test_coordinates_and_populations_are_the_same():
    x = STRUCTURE.coordinates(TRUTH)
    for mine, theirs in zip(STRUCTURE.parameters(jnp.asarray(x)), TRUTH, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    reported = dict(zip(STRUCTURE.names(), np.asarray(STRUCTURE.reported(jnp.asarray(x))), strict=True))
    covariance = TRUTH.root @ TRUTH.root.T
    assert reported == pytest.approx(
        {
            "clearance": 5.0,
            "volume": 30.0,
            "omega(clearance,clearance)": covariance[0, 0],
            "omega(volume,clearance)": covariance[1, 0],
            "omega(volume,volume)": covariance[1, 1],
            "sigma(additive)": TRUTH.additive**2,
            "sigma(proportional)": TRUTH.proportional**2,
        }
    )


def test_a_bad_start_ends_where_a_good_one_does():
    samples, x = simulated(4, 20), STRUCTURE.coordinates(TRUTH)
    far = x + np.array([1.0, -1.0, 1.0, 0.5, -1.0, 1.0, 1.0])
    near, other = (estimate_population(ONE_COMPARTMENT, samples, start) for start in (x, far))
    assert near.converged
    assert other.converged
    np.testing.assert_allclose(other.objective, near.objective, atol=1e-4)


def test_a_start_without_a_likelihood_is_refused():
    with pytest.raises(InputError, match="not finite at the start"):
        estimate_population(ONE_COMPARTMENT, simulated(3, 4), np.full(len(STRUCTURE.names()), 800.0))


def test_estimates_are_the_truth_within_their_errors_over_studies():
    truth = STRUCTURE.coordinates(TRUTH)
    estimates = [estimate_population(ONE_COMPARTMENT, simulated(seed, 40), truth) for seed in range(60)]
    assert all(estimate.converged for estimate in estimates)
    se = np.array([np.sqrt(np.diag(estimate.covariance())) for estimate in estimates])
    standardised = (np.array([estimate.coordinates for estimate in estimates]) - truth) / se
    # Typical values: means of 60 standard normal numbers. Variances of 40 people are a little too small in maximum likelihood.
    assert np.abs(standardised[:, :2].mean(0)).max() < 3 / np.sqrt(60)
    assert np.abs(standardised.mean(0)).max() < 0.6
    assert (np.abs(standardised.std(0) - 1) < 0.3).all()
    assert (np.abs((2 * standardised).std(0) - 1) > 0.3).all(), "errors half as large must fail, or this test tests nothing"


INFUSION = Dose(drug="ketamine", amount="0.5 mg/kg", route="i.v. infusion", start="1 h", duration="40 min")
BOLUS = Dose(drug="ketamine", amount="20 mg", route="i.v. bolus", start="6 h")
TABLET = Dose(drug="ketamine", amount="50 mg", route="oral", start="3 h")
SPRAY = Dose(drug="esketamine", amount="56 mg", route="nasal", start="3 h")
WHOLE = jax.jit(concentrations)
AFTER = 1 + np.array([0.25, 0.5, 0.7, 1, 1.5, 2, 3, 5, 8, 12])


def person(name, molecules=("ketamine", "norketamine"), doses=(INFUSION,), times=AFTER, weight=80.0):
    return Subject(name, weight, doses, tuple(Sample(float(t), 100.0, molecule, "venous") for t in times for molecule in molecules))


@pytest.mark.parametrize(
    ("doses", "molecules"),
    [
        ((INFUSION, BOLUS), ("ketamine",)),
        ((TABLET,), ("S-ketamine", "norketamine", "hydroxynorketamine")),
        ((INFUSION, SPRAY), ("ketamine", "norketamine")),
    ],
)
def test_the_reduced_course_is_the_whole_one(model, doses, molecules):
    (design,) = padded_designs([subject_design(person("A", molecules, doses, np.append(AFTER[1:], 20.0)), model)])
    course = reduced_course(model, [design])
    assert len(course.states) < len(STATES)
    deviation = jnp.linspace(-0.4, 0.5, len(TRAITS))
    counted = np.asarray(design.counted)
    mine, whole = (each(model, design, deviation)[counted] for each in (jax.jit(course.concentrations), WHOLE))
    np.testing.assert_allclose(mine, whole, rtol=1e-9, atol=1e-12)


def test_the_reduced_density_is_the_whole_one(model):
    (design,) = padded_designs([subject_design(person("A"), model)])
    course, z = reduced_course(model, [design]), jnp.linspace(-1, 1, len(TRAITS))
    for mine, whole in zip(*(jax.jit(each)(model, design, z) for each in (course.joint_density, joint_density)), strict=True):
        np.testing.assert_allclose(mine, whole, rtol=1e-8, atol=1e-8)


def test_the_start_is_the_model_itself(model):
    parameters = PopulationTraits(model, ("central_volume", "norketamine_clearance"))
    same = parameters(jnp.asarray(parameters.start()))
    for trait in TRAITS:
        np.testing.assert_allclose(getattr(same.physiology.disposition, trait), getattr(model.physiology.disposition, trait), rtol=1e-12)
    np.testing.assert_allclose(same.variability.variance, model.variability.variance, rtol=1e-12)
    np.testing.assert_allclose(same.variability.additive_error, model.variability.additive_error, rtol=1e-12)


def test_usual_traits_are_those_that_enough_people_inform():
    ketamine = [person(str(n), ("ketamine",)) for n in range(6)]
    assert check_traits(ketamine) == ("central_volume", "clearance")
    with_norketamine = [person(str(n)) for n in range(6)]
    assert check_traits([*ketamine, *with_norketamine]) == ("central_volume", "clearance", "norketamine_clearance")
    assert check_traits([*ketamine, *with_norketamine[:5]]) == ("central_volume", "clearance")
    assert check_traits(ketamine, ["deep_volume", "clearance"]) == ("clearance", "deep_volume")


@pytest.mark.parametrize(
    ("count", "traits", "said"),
    [
        (5, None, "population: 5 people have samples; at least 6 are needed"),
        (6, ["clearence"], "traits: there is no 'clearence'; did you mean clearance"),
        (6, ["hydroxynorketamine_clearance"], "needs hydroxynorketamine measured in 6 people; it was in 0"),
        (6, [], "traits: there are none; allowed: central_volume"),
    ],
)
def test_what_cannot_be_estimated_is_refused_in_one_line(count, traits, said):
    with pytest.raises(InputError) as refused:
        fit_population([person(str(n)) for n in range(count)], traits=traits)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_fewer_samples_than_parameters_are_refused():
    with pytest.raises(InputError, match="6 samples for 6 parameters"):
        fit_population([person(str(n), ("ketamine",), times=AFTER[:1]) for n in range(6)])


@pytest.fixture(scope="module")
def study(model):
    """Twenty people from a population that differs from the evidence's: slower clearance, smaller volume, and a larger error."""
    parameters = PopulationTraits(model, ("central_volume", "clearance", "norketamine_clearance"))
    truth = parameters(jnp.asarray(parameters.start() + np.array([-0.4, -0.5, 0.3, 0.2, 0.3, 0, 0.3, 0])))
    rng, subjects = np.random.default_rng(7), []
    for number, eta in enumerate(people(truth.variability, jax.random.key(3), jnp.arange(20))):
        subject = person(str(number), weight=float(rng.normal(75, 10)))
        (design,) = padded_designs([subject_design(subject, model)])
        expected = np.asarray(WHOLE(truth, design, eta))[: len(subject.observations)]
        measured = expected + np.asarray(sample_error(truth.variability, jnp.asarray(expected))) * rng.normal(size=expected.shape)
        samples = [replace(sample, concentration=float(c), unit="µM") for sample, c in zip(subject.observations, measured, strict=True)]
        subjects.append(replace(subject, observations=tuple(samples)))
    return truth, fit_population(subjects, model)


@pytest.mark.long
def test_a_study_returns_its_population(study, model):
    truth, fit = study
    assert fit.estimate.converged
    estimated = fit.traits.sel(parameter=fit.traits.estimated.values)
    for trait in estimated.parameter.values:
        row, true = estimated.sel(parameter=trait), float(getattr(truth.physiology.disposition, trait))
        assert abs(np.log(row.typical / true)) < 3 * row.typical_se / row.typical
        true_variance = float(truth.variability.variance[TRAITS.index(trait)])
        assert abs(np.log(row.variance / true_variance)) < 3 * row.variance_se / row.variance
    clearance = estimated.sel(parameter="clearance")
    assert clearance.typical_upper < clearance.typical_of_evidence, "the evidence's value must be ruled out, or this test tests nothing"
    np.testing.assert_allclose(fit.errors.sd[0], truth.variability.proportional_error, rtol=0.2)
    np.testing.assert_allclose(fit.traits.variance.sel(parameter="deep_volume"), model.variability.variance[TRAITS.index("deep_volume")])
    assert 0 < fit.error_shrinkage < 0.4


@pytest.mark.long
def test_the_summary_says_what_the_estimate_says(study):
    _, fit = study
    summary = population_summary(fit)
    clearance = summary["traits"]["clearance"]
    assert clearance["typical"]["estimate"] == float(fit.traits.typical.sel(parameter="clearance"))
    assert clearance["cv"] == pytest.approx(np.sqrt(np.exp(clearance["variance"]["estimate"]) - 1))
    assert summary["aic"] == pytest.approx(summary["objective"] + 400 * np.log(2 * np.pi) + 2 * 8)
    assert summary["estimated"] == 8
    assert set(summary["held"]) == set(TRAITS) - set(summary["traits"])
