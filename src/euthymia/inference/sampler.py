"""Draws from a posterior whose coordinates have a standard normal prior, by Hamiltonian Monte Carlo."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.errors import InputError
from ..core.types import Scalar


class SamplerSettings(NamedTuple):
    """Draws of each chain to warm up and to keep, chains one after the other, and the deepest tree of a draw."""

    warm_up: int
    samples: int
    chains: int
    most_tree_depth: int


@dataclass(frozen=True)
class PosteriorSample:
    """Draws of coordinates, with diagnostics."""

    draws: np.ndarray
    """Draw by coordinate, chains one after the other."""
    effective_sample_size: np.ndarray
    """Effective number of draws of each coordinate."""
    r_hat: np.ndarray
    """Split Gelman–Rubin statistic of each coordinate; 1 is full agreement of the chains."""
    divergences: int


def check_sampler() -> None:
    """Raises ``InputError`` if NumPyro is not installed."""
    try:
        import numpyro  # noqa: F401
    except ImportError as error:
        raise InputError("sample: needs NumPyro; install it with `python -m pip install numpyro`, or leave --sample out") from error


def sample_posterior(
    log_likelihood: Callable[[Float[Array, " fitted"]], Scalar], mode: Array, covariance: Array, settings: SamplerSettings, seed: int
) -> PosteriorSample:
    """Draws by the No-U-Turn sampler (NUTS, NumPyro).

    Parameters
    ----------
    log_likelihood
        Of coordinates, up to a constant.
    mode, covariance
        Where chains start, and their inverse mass matrix.
    settings, seed
        Of the sampler.

    Raises
    ------
    InputError
        If NumPyro is not installed.
    """
    check_sampler()
    import numpyro
    from numpyro import diagnostics
    from numpyro.distributions import Normal
    from numpyro.infer import MCMC, NUTS, init_to_value

    def posterior() -> None:
        u = numpyro.sample("u", Normal(jnp.zeros(len(mode)), 1.0).to_event(1))
        numpyro.factor("data", log_likelihood(jnp.asarray(u)))

    kernel = NUTS(
        posterior,
        init_strategy=init_to_value(values={"u": jnp.asarray(mode)}),
        inverse_mass_matrix=jnp.asarray(covariance),
        dense_mass=True,
        max_tree_depth=settings.most_tree_depth,
    )
    sampler = MCMC(
        kernel,
        num_warmup=settings.warm_up,
        num_samples=settings.samples,
        num_chains=settings.chains,
        chain_method="sequential",
        progress_bar=False,
    )
    sampler.run(jax.random.key(seed), extra_fields=("diverging",))
    by_chain = np.asarray(sampler.get_samples(group_by_chain=True)["u"])
    return PosteriorSample(
        by_chain.reshape(-1, by_chain.shape[-1]),
        np.asarray(diagnostics.effective_sample_size(by_chain)),
        np.asarray(diagnostics.split_gelman_rubin(by_chain)),
        int(np.asarray(sampler.get_extra_fields()["diverging"]).sum()),
    )
