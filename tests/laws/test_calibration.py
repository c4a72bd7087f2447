"""A fit climbs along true derivatives, finds what made its data, and says what it does not know."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.evidence.registry import evidence
from euthymia.inference.calibration import (
    Calibration,
    CalibrationProblem,
    calibration_data,
    maximise_posterior,
    posterior_information,
    predict_numbers,
)
from euthymia.inference.calibration_check import fitted_numbers
from euthymia.inference.coordinates import FITTED, UPSTREAM, upstream_values
from euthymia.trials import expected
from euthymia.trials.expected import prediction_targets, solve_ensemble
from euthymia.trials.published import calibration_numbers, published_trials
from euthymia.trials.regimens import RegimenTrajectories, rating_times, regimen_trajectories

ROWS = ("murrough2013.madrs_24h", "murrough2013.madrs_24h_midazolam", "wilkinson2019.ks", "wilkinson2019.s")
PATIENTS = 64
NEAR = {"context.midazolam.visit": 0.6, "context.saline.visit": -0.4, "population.typical_efficacy": -0.5}
"""Coordinates that made synthetic data."""


def made_up(published, regimen, model, patients, coordinates, values_of):
    """Mechanism shifts as smooth as those of a brain, without solving one."""
    times = jnp.asarray(rating_times(published))
    random = np.random.default_rng(7)
    own = jnp.asarray(random.uniform(0.5, 1.5, (patients, 1, 1)))
    rise = (1 - jnp.exp(-times / 12)) * jnp.exp(-times / 400)
    sensitivity = own[..., None] * rise[None, :, None, None] * jnp.asarray(random.normal(0, 0.1, len(UPSTREAM)))
    shift = own * (2 * rise)[None, :, None] * jnp.ones(10)
    return RegimenTrajectories(
        shift, jnp.asarray(random.uniform(0, 0.5, patients)), jnp.broadcast_to(sensitivity, (*shift.shape, len(UPSTREAM)))
    )


@pytest.fixture(scope="module")
def problem(model):
    patch = pytest.MonkeyPatch()
    patch.setattr(expected, "regimen_trajectories", made_up)
    pairs = calibration_numbers(ROWS)
    targets = prediction_targets(pairs)
    solved = solve_ensemble(targets, model, PATIENTS, jnp.zeros(len(UPSTREAM)), upstream_values)
    patch.undo()
    return CalibrationProblem(targets, model, calibration_data(pairs)), solved


def test_the_gradient_of_a_fit_is_that_of_finite_differences(problem):
    problem, solved = problem
    at = jnp.asarray(np.random.default_rng(8).normal(0, 0.3, len(FITTED)))

    @jax.jit
    def log_posterior(u):
        return problem.log_posterior(solved, u)

    gradient = np.asarray(jax.jit(jax.grad(log_posterior))(at))
    step = 1e-4
    for index in range(len(FITTED)):
        along = jnp.zeros(len(FITTED)).at[index].set(step)
        slope = float(log_posterior(at + along) - log_posterior(at - along)) / (2 * step)
        assert gradient[index] == pytest.approx(slope, rel=1e-3, abs=1e-3 * np.abs(gradient).max()), FITTED[index]


def test_a_fitted_number_lies_off_in_sds_of_a_further_trial(problem):
    problem, solved = problem
    size = len(FITTED)
    fit = Calibration(problem, solved, np.zeros(size), np.eye(size), np.zeros(size), np.eye(size), (), True, PATIENTS)
    numbers, data, predicted = fitted_numbers(fit), problem.data, fit.predicted
    assert [number.observation.target for number in numbers] == list(ROWS)
    between = np.array([evidence().uncalibrated[f"population.between_trials.{effect}"] for effect in ("context", "efficacy")])[
        :, None
    ] * np.asarray(predicted.effect_sensitivity)
    sd = np.sqrt(np.asarray(data.error) ** 2 + (between**2).sum(0))
    residuals = (np.asarray(data.value) - np.asarray(predicted.value)) / sd
    np.testing.assert_allclose([number.standardised_residual for number in numbers], residuals, rtol=1e-12)
    assert [number.inside for number in numbers] == [abs(residual) <= 1.645 for residual in residuals]


@pytest.mark.slow
def test_a_fit_finds_what_made_its_data(problem):
    problem, solved = problem
    truth = jnp.array([NEAR.get(row, 0.0) for row in FITTED])
    _, predicted = predict_numbers(problem.targets, problem.start, solved, truth)
    few = problem.data._replace(value=predicted.value, sd=jnp.where(jnp.isfinite(problem.data.sd), predicted.sd, jnp.nan))
    sharp = replace(problem, data=few._replace(error=few.error / 10))
    mode = maximise_posterior(sharp, solved, jnp.zeros(len(FITTED)))
    _, fitted = predict_numbers(sharp.targets, sharp.start, solved, mode)
    np.testing.assert_allclose(fitted.value, predicted.value, atol=1.0)
    for row, sign in NEAR.items():
        assert np.sign(float(mode[FITTED.index(row)])) == np.sign(sign), row
    information = np.asarray(posterior_information(sharp, solved, mode))
    eigenvalues = np.linalg.eigvalsh(information - np.eye(len(FITTED)))
    # Four numbers and their SDs cannot tell nineteen coordinates apart.
    assert (eigenvalues > 1).sum() <= 6


@pytest.mark.slow
def test_derivatives_along_upstream_rows_are_those_of_brains_solved_anew(model):
    patients, step = 16, 1e-3

    def shift(at):
        return regimen_trajectories(published_trials(), "infusion", model, patients, jnp.asarray(at), upstream_values)

    centre = shift(np.zeros(len(UPSTREAM)))
    scale = float(np.abs(centre.mechanism_shift).max())
    for index in range(len(UPSTREAM)):
        along = np.zeros(len(UPSTREAM))
        along[index] = step
        slope = (shift(along).mechanism_shift - shift(-along).mechanism_shift) / (2 * step)
        np.testing.assert_allclose(centre.sensitivity[..., index], slope, rtol=1e-3, atol=1e-4 * scale)
