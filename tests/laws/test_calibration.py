"""A fit climbs along true derivatives, finds what made its data, and says what it does not know."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.inference import calibration
from euthymia.inference.calibration import FITTED, UPSTREAM, Problem, data_of, predict, upstream_values
from euthymia.trials import expected as statistics
from euthymia.trials import regimens as trajectories
from euthymia.trials.expected import asked, solve
from euthymia.trials.published import to_fit, trials
from euthymia.trials.regimens import Regimen, regimen_trajectories

ROWS = ("murrough2013.madrs_24h", "murrough2013.madrs_24h_midazolam", "wilkinson2019.ks", "wilkinson2019.s")
PATIENTS = 64
NEAR = {"context.midazolam.visit": 0.6, "context.saline.visit": -0.4, "population.typical_efficacy": -0.5}
"""Coordinates that made synthetic data."""


def made_up(found, regimen, model, patients, coordinates, values_of):
    """Reactions as smooth as those of a brain, without solving one."""
    at = jnp.asarray(trajectories.times(found))
    random = np.random.default_rng(7)
    own = jnp.asarray(random.uniform(0.5, 1.5, (patients, 1, 1)))
    rise = (1 - jnp.exp(-at / 12)) * jnp.exp(-at / 400)
    slope = own[..., None] * rise[None, :, None, None] * jnp.asarray(random.normal(0, 0.1, len(UPSTREAM)))
    shift = own * (2 * rise)[None, :, None] * jnp.ones(10)
    return Regimen(shift, jnp.asarray(random.uniform(0, 0.5, patients)), jnp.broadcast_to(slope, (*shift.shape, len(UPSTREAM))))


@pytest.fixture(scope="module")
def problem(model):
    patch = pytest.MonkeyPatch()
    patch.setattr(statistics, "regimen_trajectories", made_up)
    pairs = to_fit(ROWS)
    numbers = asked(pairs)
    solved = solve(numbers, model, PATIENTS, jnp.zeros(len(UPSTREAM)), upstream_values)
    patch.undo()
    return Problem(numbers, model, data_of(pairs)), solved


def test_the_gradient_of_a_fit_is_that_of_finite_differences(problem):
    problem, solved = problem
    at = jnp.asarray(np.random.default_rng(8).normal(0, 0.3, len(FITTED)))

    @jax.jit
    def height(u):
        return problem.log_posterior(solved, u)

    gradient = np.asarray(jax.jit(jax.grad(height))(at))
    step = 1e-4
    for place in range(len(FITTED)):
        along = jnp.zeros(len(FITTED)).at[place].set(step)
        slope = float(height(at + along) - height(at - along)) / (2 * step)
        assert gradient[place] == pytest.approx(slope, rel=1e-3, abs=1e-3 * np.abs(gradient).max()), FITTED[place]


@pytest.mark.slow
def test_a_fit_finds_what_made_its_data(problem):
    problem, solved = problem
    truth = jnp.array([NEAR.get(row, 0.0) for row in FITTED])
    _, predicted = predict(problem.numbers, problem.start, solved, truth)
    few = problem.data._replace(value=predicted.value, sd=jnp.where(jnp.isfinite(problem.data.sd), predicted.sd, jnp.nan))
    sharp = replace(problem, data=few._replace(error=few.error / 10))
    found = calibration._climb(sharp, solved, jnp.zeros(len(FITTED)))
    _, fitted = predict(sharp.numbers, sharp.start, solved, found)
    np.testing.assert_allclose(fitted.value, predicted.value, atol=1.0)
    for row, sign in NEAR.items():
        assert np.sign(float(found[FITTED.index(row)])) == np.sign(sign), row
    curvature = np.asarray(calibration._curvature(sharp, solved, found))
    informed = np.linalg.eigvalsh(curvature - np.eye(len(FITTED)))
    # Four numbers and their SDs cannot tell eighteen coordinates apart.
    assert (informed > 1).sum() <= 6


@pytest.mark.slow
def test_derivatives_along_upstream_rows_are_those_of_brains_solved_anew(model):
    patients, step = 16, 1e-3

    def shift(at):
        return regimen_trajectories(trials(), "infusion", model, patients, jnp.asarray(at), upstream_values)

    middle = shift(np.zeros(len(UPSTREAM)))
    scale = float(np.abs(middle.mechanism_shift).max())
    for place in range(len(UPSTREAM)):
        along = np.zeros(len(UPSTREAM))
        along[place] = step
        slope = (shift(along).mechanism_shift - shift(-along).mechanism_shift) / (2 * step)
        np.testing.assert_allclose(middle.slope[..., place], slope, rtol=1e-3, atol=1e-4 * scale)
