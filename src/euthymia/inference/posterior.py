"""Posterior samples of a calibration by Hamiltonian Monte Carlo, a check of its importance sample."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.types import Scalar
from .calibration import Calibration
from .problem import of_first
from .sampler import PosteriorSample, SamplerSettings, sample_posterior

PATIENTS = 64
"""Of the ensemble, the first ones: a draw takes hundreds of predictions."""
WARM_UP, SAMPLES, CHAINS, MOST_TREE_DEPTH = 100, 150, 2, 4
SEED = 4


def sample(
    fit: Calibration,
    warm_up: int = WARM_UP,
    samples: int = SAMPLES,
    chains: int = CHAINS,
    progress: Callable[[str], None] = lambda text: None,
) -> PosteriorSample:
    """Draws by the No-U-Turn sampler (NUTS, NumPyro); no brain is solved again.

    Parameters
    ----------
    fit
        The mode of its posterior starts the chains, and the inverse of the curvature there is their inverse mass matrix.
    warm_up, samples, chains
        Of the sampler; chains run one after the other.
    progress
        Called with what is being done.

    Raises
    ------
    InputError
        If NumPyro is not installed.
    """
    problem = of_first(fit.problem, PATIENTS)

    def of_trials(u: Float[Array, " fitted"]) -> Scalar:
        return problem.log_likelihoods(u).sum()

    progress(f"sampling {chains} chains of {warm_up} + {samples}")
    settings = SamplerSettings(warm_up, samples, chains, MOST_TREE_DEPTH)
    covariance = np.linalg.inv(fit.posterior.information)
    return sample_posterior(of_trials, jnp.asarray(fit.posterior.mode), jnp.asarray(covariance), settings, SEED)
