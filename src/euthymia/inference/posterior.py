"""Posterior samples of a calibration by Hamiltonian Monte Carlo, a check of its Laplace approximation."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.types import Scalar
from ..trials.expected import SolvedEnsemble
from .calibration import Calibration, log_likelihood, predict_numbers
from .coordinates import DOWNSTREAM, FITTED
from .sampler import PosteriorSample, SamplerSettings, sample_posterior

HELD_FIXED = ("context.waning_time", "ratings.unblinding", "ratings.fluctuation_sd", "symptoms.join_exponent")
SAMPLED = tuple(row for row in DOWNSTREAM if row not in HELD_FIXED)
"""Rows that are sampled: differences between patients and between trials, and strengths of context. All others are held at the fit."""
PATIENTS = 64
"""Of the ensemble, the first ones: a draw takes hundreds of predictions."""
WARM_UP, SAMPLES, CHAINS, MOST_TREE_DEPTH = 100, 150, 2, 4
SEED = 4


def first_patients(solved: SolvedEnsemble, patients: int) -> SolvedEnsemble:
    """The same arms with the first ``patients`` of the ensemble."""
    arms = solved.arms
    by_patient = ("fluctuation", "mechanism_shift", "sensitivity", "dissociation")
    return solved._replace(arms=arms._replace(**{name: getattr(arms, name)[:, :patients] for name in by_patient}))


def sample(
    fit: Calibration,
    warm_up: int = WARM_UP,
    samples: int = SAMPLES,
    chains: int = CHAINS,
    progress: Callable[[str], None] = lambda text: None,
) -> PosteriorSample:
    """Draws by the No-U-Turn sampler (NUTS, NumPyro) of the rows of ``SAMPLED``; no brain is solved again.

    Parameters
    ----------
    fit
        Its mode starts the chains, and its covariance is their inverse mass matrix.
    warm_up, samples, chains
        Of the sampler; chains run one after the other.
    progress
        Called with what is being done.

    Raises
    ------
    InputError
        If NumPyro is not installed.
    """
    problem, solved = fit.problem, first_patients(fit.solved, PATIENTS)
    mode, indices = jnp.asarray(fit.coordinates), np.array([FITTED.index(row) for row in SAMPLED])

    def of_trials(u: Float[Array, " sampled"]) -> Scalar:
        model, predicted = predict_numbers(problem.targets, problem.start, solved, mode.at[indices].set(u))
        return log_likelihood(problem.data, model, predicted)

    progress(f"sampling {chains} chains of {warm_up} + {samples}")
    settings = SamplerSettings(warm_up, samples, chains, MOST_TREE_DEPTH)
    return sample_posterior(of_trials, mode[indices], jnp.asarray(fit.covariance[np.ix_(indices, indices)]), settings, SEED)
