"""Samples known by their limits alone: the probability between limits, its derivatives and its information."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from scipy import integrate, stats

from euthymia.inference.pk_design import UNLIMITED, padded_designs, subject_design
from euthymia.inference.pk_estimate import estimate_subject, joint_density
from euthymia.inference.pk_likelihood import (
    censored_information,
    negative_log_density,
    negative_log_joint,
    negative_log_probability,
    sample_information,
)
from euthymia.inference.predictive_check import predictive_check, ranked_samples
from euthymia.pharmacology.variability import sample_error
from euthymia.protocols.dose import Dose
from euthymia.protocols.subjects import Sample, Subject

LIMITS = [(-np.inf, 0.04), (0.0, 0.04), (0.03, np.inf), (0.02, 0.3), UNLIMITED]
CONCENTRATIONS = [0.0, 0.005, 0.05, 0.5, 20.0]
INFUSION = Dose(drug="ketamine", amount="0.5 mg/kg", route="i.v. infusion", start="1 h", duration="40 min")
TIMES = (1.3, 1.7, 3.0, 6.0, 12.0)
PROBABILITY = jax.jit(negative_log_probability)
SLOPE = jax.jit(jax.grad(negative_log_probability, 3))
CURVATURE = jax.jit(jax.grad(jax.grad(negative_log_probability, 3), 3))
INFORMATION = jax.jit(censored_information)


def limited(*limits):
    return [jnp.asarray(value, float) for value in limits]


def subject(*censored, limits=(-np.inf, 10.0), concentration=10.0):
    """A person with samples near what is typical, of which those at some times are known by limits alone."""
    values = dict(zip(TIMES, (110.0, 180.0, 40.0, 14.0, 6.0), strict=True))
    samples = [
        Sample(time, concentration, "ketamine", "venous", limits) if time in censored else Sample(time, values[time], "ketamine", "venous")
        for time in TIMES
    ]
    return Subject("A", 80.0, (INFUSION,), tuple(samples))


def design_of(one, model):
    return padded_designs([subject_design(one, model)])[0]


@pytest.mark.parametrize("concentration", CONCENTRATIONS)
@pytest.mark.parametrize("limits", LIMITS)
def test_the_probability_between_limits_is_the_integral_of_the_density(model, limits, concentration):
    c = jnp.asarray(concentration)
    sd = float(sample_error(model.variability, c))
    ends = np.clip((np.array(limits) - concentration) / sd, -30, 30)
    probability, _ = integrate.quad(stats.norm.pdf, *ends, epsabs=0, epsrel=1e-11, points=[0.0] if ends[0] < 0 < ends[1] else None)
    np.testing.assert_allclose(PROBABILITY(model, *limited(*limits), c), -np.log(probability), rtol=1e-9, atol=1e-11)


def test_far_in_a_tail_the_probability_is_that_of_its_expansion(model):
    """−log Φ(−x) → x²/2 + log(x √(2π)), and the same from above."""
    a = float(model.variability.additive_error)
    for x in (40.0, 1e3, 2e4):
        value = PROBABILITY(model, *limited(x * a, np.inf), jnp.zeros(()))
        np.testing.assert_allclose(value, x**2 / 2 + np.log(x * np.sqrt(2 * np.pi)), rtol=1 / x**2)


@pytest.mark.parametrize("concentration", CONCENTRATIONS)
def test_between_infinite_limits_a_sample_says_nothing(model, concentration):
    low, high, c = *limited(*UNLIMITED), jnp.asarray(concentration)
    assert PROBABILITY(model, low, high, c) == 0
    assert SLOPE(model, low, high, c) == 0
    assert INFORMATION(model, low, high, c) == 0
    wide = INFORMATION(model, *limited(-1e6, 1e6), c)
    assert wide < 1e-9 * sample_information(model, c)


@pytest.mark.parametrize("concentration", CONCENTRATIONS)
@pytest.mark.parametrize("away", [-2.5, 0.3, 2.5])
def test_narrow_limits_are_a_value(model, away, concentration):
    c = jnp.asarray(concentration)
    sd = float(sample_error(model.variability, c))
    measured, width = concentration + away * sd, 1e-5 * sd
    between = limited(measured - width / 2, measured + width / 2)
    constant = np.log(2 * np.pi) / 2 - np.log(width)
    density = negative_log_density(model, jnp.asarray(measured), c)
    np.testing.assert_allclose(PROBABILITY(model, *between, c), density + constant, rtol=1e-8)
    slopes = SLOPE(model, *between, c), jax.grad(negative_log_density, 2)(model, jnp.asarray(measured), c)
    np.testing.assert_allclose(*slopes, rtol=1e-4)


@pytest.mark.parametrize("concentration", CONCENTRATIONS)
def test_information_averaged_over_narrow_limits_is_that_of_values(model, concentration):
    c = jnp.asarray(concentration)
    sd = float(sample_error(model.variability, c))
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    width = 1e-4 * sd
    informations = [
        INFORMATION(model, *limited(concentration + node * sd - width / 2, concentration + node * sd + width / 2), c) for node in nodes
    ]
    np.testing.assert_allclose(weights @ np.array(informations) / weights.sum(), sample_information(model, c), rtol=1e-4)


@pytest.mark.parametrize("limits", LIMITS[:-1])
def test_with_a_constant_error_the_information_is_the_curvature(model, limits):
    constant = replace(model, variability=replace(model.variability, proportional_error=jnp.zeros(())))
    for concentration in (0.0, 0.03, 0.05):
        arguments = (constant, *limited(*limits), jnp.asarray(concentration))
        curvature = CURVATURE(*arguments)
        np.testing.assert_allclose(INFORMATION(*arguments), curvature, rtol=1e-6, atol=1e-6)
        assert curvature > 0


def test_information_is_never_negative_nor_infinite(model):
    low, high, c = (jnp.asarray(values) for values in zip(*[(*limits, c) for limits in LIMITS for c in CONCENTRATIONS], strict=True))
    informations = np.array([INFORMATION(model, *at) for at in zip(low, high, c, strict=True)])
    curvatures = np.array([CURVATURE(model, *at) for at in zip(low, high, c, strict=True)])
    assert (informations >= 0).all()
    assert np.isfinite(informations).all()
    assert (curvatures < 0).any(), "the curvature itself must be negative somewhere, or this test tests nothing"


@pytest.fixture(scope="module")
def estimates(model):
    """Of a person whose last sample is a value, lies below a limit above it, or is a value at that limit."""
    values, below = subject(), subject(12.0)
    at_limit = replace(below, observations=tuple(replace(sample, limits=None) for sample in below.observations))
    return [jax.tree.map(np.asarray, estimate_subject(model, design_of(one, model))) for one in (values, below, at_limit)]


def test_the_gradient_with_limits_is_that_of_differences(model):
    design = design_of(subject(6.0, 12.0), model)
    z = jnp.array([0.3, -0.5, 0.8, 0.2, -1.0, 0.1, -0.4])
    at = jax.jit(lambda z: negative_log_joint(model, design, z))
    density = jax.jit(joint_density)(model, design, z)
    differences = [(at(z + along) - at(z - along)) / 2e-5 for along in 1e-5 * jnp.eye(len(z))]
    np.testing.assert_allclose(density.value, at(z), rtol=1e-12)
    np.testing.assert_allclose(density.gradient, differences, rtol=1e-6, atol=1e-7 * np.abs(density.gradient).max())


def test_below_a_limit_pulls_less_than_a_value_at_the_limit(estimates):
    of_value, below, at_limit = (one.predicted[len(TIMES) - 1] for one in estimates)
    assert below < at_limit
    assert abs(below - of_value) < abs(at_limit - of_value)
    assert all(one.converged for one in estimates)


def test_a_sample_known_by_its_limit_leaves_more_uncertainty_than_a_value(estimates):
    of_value, below, _ = (np.linalg.slogdet(one.covariance)[1] for one in estimates)
    assert below > of_value


def test_a_percentile_is_left_out_where_samples_below_the_limit_are_and_else_what_it_would_be():
    values = np.arange(1.0, 22.0)
    columns = {"molecule": ["ketamine"] * 21, "time_after_dose": np.ones(21), "observed": values, "censored": np.zeros(21, bool)}
    columns |= {"low": np.full(21, -np.inf), "high": np.full(21, np.inf)}
    whole = xr.Dataset({name: ("sample", column) for name, column in columns.items()})
    limit = values <= 5
    cut = whole.assign(
        observed=("sample", np.where(limit, 5.0, values)), censored=("sample", limit), high=("sample", np.where(limit, 5.0, np.inf))
    )
    of_whole, of_cut = (predictive_check(samples, values[None]).observed.values[0] for samples in (whole, cut))
    np.testing.assert_array_equal(of_cut, [np.nan, *of_whole[1:]])
    between = cut.assign(low=("sample", np.where(limit, 3.0, -np.inf)))
    np.testing.assert_array_equal(ranked_samples(between)[:6], [4, 4, 4, 4, 4, 6])
