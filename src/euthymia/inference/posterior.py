"""Posterior samples of a calibration by Hamiltonian Monte Carlo, a check of its Laplace approximation."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from ..core.errors import InputError
from ..trials.expected import SolvedEnsemble
from .calibration import Calibration, log_likelihood, predict_numbers
from .coordinates import DOWNSTREAM, FITTED

HELD_FIXED = ("context.waning_time", "ratings.unblinding", "ratings.fluctuation_sd", "symptoms.join_exponent")
SAMPLED = tuple(row for row in DOWNSTREAM if row not in HELD_FIXED)
"""Rows that are sampled: differences between patients and between trials, and strengths of context. All others are held at the fit."""
PATIENTS = 64
"""Of the ensemble, the first ones: a draw takes hundreds of predictions."""
WARM_UP, SAMPLES, CHAINS, MOST_TREE_DEPTH = 100, 150, 2, 4
SEED = 4


@dataclass(frozen=True)
class PosteriorSample:
    """Draws of the coordinates of ``SAMPLED``, with diagnostics."""

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
    check_sampler()
    import numpyro
    from numpyro import diagnostics
    from numpyro.distributions import Normal
    from numpyro.infer import MCMC, NUTS, init_to_value

    problem, solved = fit.problem, first_patients(fit.solved, PATIENTS)
    mode, indices = jnp.asarray(fit.coordinates), np.array([FITTED.index(row) for row in SAMPLED])

    def posterior() -> None:
        u = numpyro.sample("u", Normal(jnp.zeros(len(SAMPLED)), 1.0).to_event(1))
        model, predicted = predict_numbers(problem.targets, problem.start, solved, mode.at[indices].set(u))
        numpyro.factor("trials", log_likelihood(problem.data, model, predicted))

    kernel = NUTS(
        posterior,
        init_strategy=init_to_value(values={"u": mode[indices]}),
        inverse_mass_matrix=jnp.asarray(fit.covariance[np.ix_(indices, indices)]),
        dense_mass=True,
        max_tree_depth=MOST_TREE_DEPTH,
    )
    progress(f"sampling {chains} chains of {warm_up} + {samples}")
    sampler = MCMC(kernel, num_warmup=warm_up, num_samples=samples, num_chains=chains, chain_method="sequential", progress_bar=False)
    sampler.run(jax.random.key(SEED), extra_fields=("diverging",))
    by_chain = np.asarray(sampler.get_samples(group_by_chain=True)["u"])
    return PosteriorSample(
        by_chain.reshape(-1, by_chain.shape[-1]),
        np.asarray(diagnostics.effective_sample_size(by_chain)),
        np.asarray(diagnostics.split_gelman_rubin(by_chain)),
        int(np.asarray(sampler.get_extra_fields()["diverging"]).sum()),
    )
