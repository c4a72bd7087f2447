"""The posterior of a calibration, sampled: how far the normal picture of its curvature can be trusted."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from ...core.errors import InputError
from .calibration import IN_THE_CLINIC, UPSTREAM, Calibration, log_likelihood, predict

WARM_UP, SAMPLES, CHAINS = 200, 200, 2
SEED = 4


@dataclass(frozen=True)
class Sampled:
    """Draws of the coordinates of ``IN_THE_CLINIC``, with those upstream held at the fit."""

    draws: np.ndarray
    """Draw by coordinate, chains one after the other."""
    effective: np.ndarray
    """Effective number of draws of each coordinate."""
    r_hat: np.ndarray
    """Agreement of the chains, of each coordinate (split Gelman–Rubin; 1 is full agreement)."""
    divergences: int


def check_sampler() -> None:
    """Raises ``InputError`` if the library that samples is not installed."""
    try:
        import numpyro  # noqa: F401
    except ImportError as error:
        raise InputError("sample: needs NumPyro; install euthymia[stats], or leave --sample out") from error


def sample(
    fit: Calibration,
    warm_up: int = WARM_UP,
    samples: int = SAMPLES,
    chains: int = CHAINS,
    progress: Callable[[str], None] = lambda text: None,
) -> Sampled:
    """Hamiltonian Monte Carlo (NUTS, NumPyro) over what the clinic makes of brains: each draw is cheap, because no brain is solved again.

    Parameters
    ----------
    fit
        Where the chains begin.
    warm_up, samples, chains
        Of the sampler; chains run one after the other.
    progress
        Called with what is being done.

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

    upstream, start = jnp.asarray(fit.coordinates[: len(UPSTREAM)]), jnp.asarray(fit.coordinates[len(UPSTREAM) :])
    problem = fit.problem

    def posterior() -> None:
        u = numpyro.sample("u", Normal(jnp.zeros(len(IN_THE_CLINIC)), 1.0).to_event(1))
        model, predicted = predict(problem.numbers, problem.start, fit.solved, jnp.concatenate([upstream, u]))
        numpyro.factor("trials", log_likelihood(problem.data, model, predicted))

    kernel = NUTS(posterior, init_strategy=init_to_value(values={"u": start}), dense_mass=True, max_tree_depth=6)
    progress(f"sampling {chains} chains of {warm_up} + {samples}")
    sampler = MCMC(kernel, num_warmup=warm_up, num_samples=samples, num_chains=chains, chain_method="sequential", progress_bar=False)
    sampler.run(jax.random.key(SEED), extra_fields=("diverging",))
    by_chain = np.asarray(sampler.get_samples(group_by_chain=True)["u"])
    return Sampled(
        by_chain.reshape(-1, by_chain.shape[-1]),
        np.asarray(diagnostics.effective_sample_size(by_chain)),
        np.asarray(diagnostics.split_gelman_rubin(by_chain)),
        int(np.asarray(sampler.get_extra_fields()["diverging"]).sum()),
    )
