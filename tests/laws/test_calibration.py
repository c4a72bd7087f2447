"""A fit climbs along true derivatives, finds what made its data, and says what it does not know."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from euthymia.inference import calibration
from euthymia.inference.calibration import Calibration, Posterior, posterior_mode, sample
from euthymia.inference.calibration_check import fitted_numbers
from euthymia.inference.coordinates import FITTED
from euthymia.inference.likelihood import effects_at, moments
from euthymia.inference.problem import CalibrationProblem, calibration_problem
from euthymia.trials import expected
from euthymia.trials.expected import TrialEffects
from euthymia.trials.published import calibration_numbers, published_trials
from euthymia.trials.regimens import RegimenTrajectories, rating_times, trial_patients

ROWS = ("murrough2013.madrs_24h", "murrough2013.madrs_24h_midazolam", "wilkinson2019.ks", "wilkinson2019.s")
PATIENTS = 64
NEAR = {"context.midazolam.visit": 0.6, "context.saline.visit": -0.4, "population.typical_responsiveness": -0.5}
"""Coordinates that made synthetic data."""


def made_up(published, regimen, model, patients):
    """Repair as smooth as that of a brain, without solving one."""
    times, count = jnp.asarray(rating_times(published)), len(patients.numbers)
    random = np.random.default_rng(7)
    own = jnp.asarray(random.uniform(0.2, 0.6, (count, 1, 1)))
    rise = (1 - jnp.exp(-times / 12)) * jnp.exp(-times / 400)
    return RegimenTrajectories(own * rise[None, :, None] * jnp.ones(10), jnp.asarray(random.uniform(0, 0.5, count)))


@pytest.fixture(scope="module")
def problem(model):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expected, "regimen_trajectories", made_up)
        return calibration_problem(calibration_numbers(ROWS), PATIENTS, model)


def test_the_gradient_of_a_fit_is_that_of_finite_differences(problem):
    at = jnp.asarray(np.random.default_rng(8).normal(0, 0.3, len(FITTED)))
    log_likelihood = jax.jit(lambda u: problem.log_likelihoods(u).sum())
    gradient = np.asarray(jax.jit(jax.grad(log_likelihood))(at))
    # Expectations are in single precision.
    step = 2e-2
    for index in range(len(FITTED)):
        along = jnp.zeros(len(FITTED)).at[index].set(step)
        slope = float(log_likelihood(at + along) - log_likelihood(at - along)) / (2 * step)
        assert gradient[index] == pytest.approx(slope, rel=1e-2, abs=1e-2 * np.abs(gradient).max()), FITTED[index]


def test_moments_are_those_over_many_trials(problem):
    u = jnp.zeros(len(FITTED)).at[FITTED.index("between_trials.responsiveness")].set(-1.0)
    model = problem.model(u)
    found, p = moments(problem.targets, model, problem.solved), model.trial_differences
    centre = problem.targets.expected_effects(p)

    @jax.jit
    def of_trial(z):
        return problem.targets.expected(model, problem.solved, effects_at(p, centre, z, problem.data.pools)).value

    drawn = np.asarray(jax.lax.map(of_trial, jnp.asarray(stats.qmc.MultivariateNormalQMC([0, 0], rng=1).random(1024))))
    np.testing.assert_allclose(found.value, drawn.mean(0), atol=0.02 * np.abs(drawn).max())
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), drawn.std(0), rtol=0.1)
    # Numbers of different trials have nothing in common, those of one do.
    assert float(found.covariance[0, 2]) == 0
    correlation = float(found.covariance[0, 1]) / np.sqrt(float(found.covariance[0, 0] * found.covariance[1, 1]))
    assert correlation == pytest.approx(np.corrcoef(drawn[:, :2].T)[0, 1], abs=0.1)


def test_a_pool_varies_as_the_mean_of_its_trials(problem):
    p, centre = problem.start.trial_differences, TrialEffects(jnp.zeros(2), jnp.zeros(2))
    one, many = np.asarray(effects_at(p, centre, jnp.array([0.3, -1.0]), jnp.array([1.0, 9.0]))).T
    np.testing.assert_allclose(many, one / 3)


def test_a_fitted_number_lies_off_in_sds_of_a_further_trial(problem):
    size = len(FITTED)
    posterior = Posterior(
        tuple(problem.targets.trial_names), np.zeros((1, size)), np.zeros((1, 2)), np.zeros(1), np.zeros(size), np.eye(size)
    )
    fit = Calibration(problem, posterior, PATIENTS)
    numbers, data, predicted = fitted_numbers(fit), problem.data, fit.predicted
    assert [number.observation.target for number in numbers] == list(ROWS)
    discrepancy = float(problem.start.trial_differences.discrepancy) if not fit.values else fit.values["between_trials.discrepancy"]
    sd = np.sqrt(np.asarray(data.error) ** 2 + np.diag(np.asarray(predicted.covariance)) + (discrepancy * np.asarray(data.unit)) ** 2)
    residuals = (np.asarray(data.value) - np.asarray(predicted.value)) / sd
    np.testing.assert_allclose([number.standardised_residual for number in numbers], residuals, rtol=1e-12)
    assert [number.inside for number in numbers] == [abs(residual) <= 1.645 for residual in residuals]


def test_weights_make_draws_those_of_the_posterior_with_and_without_a_trial():
    """Two trials with one normal number each and a standard normal prior: everything is known."""
    random = np.random.default_rng(5)
    drawn = 1.5 * random.standard_normal((20_000, 1))
    of_trials = np.column_stack([-0.5 * (drawn[:, 0] - 1) ** 2 / 0.5, -0.5 * (drawn[:, 0] + 2) ** 2 / 2.0])
    of_prior = -0.5 * drawn[:, 0] ** 2 + 0.5 * (drawn[:, 0] / 1.5) ** 2
    posterior = Posterior(("first", "second"), drawn, of_trials, of_prior, np.zeros(1), np.eye(1))
    assert posterior.weights.sum() == pytest.approx(1)
    assert float(posterior.mean[0]) == pytest.approx((1 / 0.5 - 2 / 2.0) / (1 + 1 / 0.5 + 1 / 2.0), abs=0.02)
    assert float(posterior.sd[0]) == pytest.approx((1 + 1 / 0.5 + 1 / 2.0) ** -0.5, rel=0.03)
    alone = posterior.without("second")
    assert float(alone.mean[0]) == pytest.approx((1 / 0.5) / (1 + 1 / 0.5), abs=0.02)
    assert alone.resampled(2000).mean() == pytest.approx(float(alone.mean[0]), abs=0.02)
    assert 1 < posterior.effective < len(drawn)


@pytest.mark.slow
def test_a_fit_finds_what_made_its_data(problem, monkeypatch):
    truth = jnp.array([NEAR.get(row, 0.0) for row in FITTED])
    predicted = problem.moments(truth)
    data = problem.data
    few = data._replace(value=predicted.value, sd=jnp.where(jnp.isfinite(data.sd), predicted.sd, jnp.nan), error=data.error / 10)
    sharp = replace(problem, data=few)
    mode, _ = posterior_mode(sharp, np.zeros(len(FITTED)))
    np.testing.assert_allclose(sharp.moments(jnp.asarray(mode)).value, predicted.value, atol=1.5)
    posterior = sample(sharp, draws=100)
    # Four numbers and two SDs cannot tell all coordinates apart.
    assert (np.linalg.eigvalsh(posterior.information - np.eye(len(FITTED))) > 1).sum() <= 6
    assert np.isfinite(posterior.mean).all()


def test_patients_are_spread_evenly_and_another_set_is_another(model):
    first, second = (trial_patients(published_trials(), model, 256, seed) for seed in (1, 2))
    # A mean over points of the sequence is closer to its limit than one over as many random points, 1/16.
    assert np.abs(np.asarray(first.draws.normal).mean(0)).max() < 0.02
    np.testing.assert_allclose(np.asarray(first.draws.normal).std(0), 1, atol=0.05)
    assert not np.allclose(first.draws.normal, second.draws.normal)
    # Natural fluctuation is the process of the ratings: half of it is left after a time of ln 2 relaxation times.
    times = rating_times(published_trials()) / float(model.ratings.fluctuation_time)
    np.testing.assert_allclose(np.corrcoef(first.fluctuation.T)[0], np.exp(-times), atol=0.1)


def test_the_search_ends_where_it_began_if_nothing_is_known(problem):
    blind = replace(problem, data=problem.data._replace(error=1e6 * jnp.ones(4), sd=jnp.full(4, jnp.nan)))
    mode, _ = posterior_mode(blind, np.full(len(FITTED), 0.4))
    np.testing.assert_allclose(mode, 0, atol=2 * calibration.FLAT)
    assert isinstance(blind, CalibrationProblem)
