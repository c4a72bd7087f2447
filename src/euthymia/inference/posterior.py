"""The posterior of a calibration, sampled: how far the normal picture of its curvature can be trusted."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from .. import __version__
from ..core.errors import InputError
from ..evidence.registry import evidence
from ..trials.expected import Solved
from .calibration import FITTED, IN_THE_CLINIC, Calibration, log_likelihood, predict
from .fitted import Estimate, Fitted, Round

HELD = ("context.waning_time", "ratings.unblinding", "ratings.fluctuation_sd", "symptoms.join_exponent")
SAMPLED = tuple(row for row in IN_THE_CLINIC if row not in HELD)
"""The reduced set: how patients and trials differ, and what context is worth. All other rows are held at the fit."""
PATIENTS = 64
"""Of the ensemble, the first so many: a draw takes hundreds of predictions."""
WARM_UP, SAMPLES, CHAINS, DEEPEST = 100, 150, 2, 4
SEED = 4


@dataclass(frozen=True)
class Sampled:
    """Draws of the coordinates of ``SAMPLED``."""

    draws: np.ndarray
    """Draw by coordinate, chains one after the other."""
    effective_sample_size: np.ndarray
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


def first(solved: Solved, patients: int) -> Solved:
    """The same arms with the first so many patients."""
    groups = solved.groups
    of_patients = ("wanders", "mechanism_shift", "slope", "dissociation")
    return solved._replace(groups=groups._replace(**{name: getattr(groups, name)[:, :patients] for name in of_patients}))


def sample(
    fit: Calibration,
    warm_up: int = WARM_UP,
    samples: int = SAMPLES,
    chains: int = CHAINS,
    progress: Callable[[str], None] = lambda text: None,
) -> Sampled:
    """Hamiltonian Monte Carlo (NUTS, NumPyro) over the reduced set; no brain is solved again.

    Parameters
    ----------
    fit
        Where the chains begin, and the covariance that shapes their steps.
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

    problem, few = fit.problem, first(fit.solved, PATIENTS)
    at, places = jnp.asarray(fit.coordinates), np.array([FITTED.index(row) for row in SAMPLED])

    def posterior() -> None:
        u = numpyro.sample("u", Normal(jnp.zeros(len(SAMPLED)), 1.0).to_event(1))
        model, predicted = predict(problem.numbers, problem.start, few, at.at[places].set(u))
        numpyro.factor("trials", log_likelihood(problem.data, model, predicted))

    kernel = NUTS(
        posterior,
        init_strategy=init_to_value(values={"u": at[places]}),
        inverse_mass_matrix=jnp.asarray(fit.covariance[np.ix_(places, places)]),
        dense_mass=True,
        max_tree_depth=DEEPEST,
    )
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


FREEST = 4
"""Directions that are reported as free."""
WEIGHS = 0.3
"""A coordinate counts as part of a direction from this weight on."""
DIGITS = 6


def fitted_set(fit: Calibration, sampled: Sampled | None) -> Fitted:
    """What is kept of a fit."""

    def short(value: float) -> float:
        return float(f"{value:.{DIGITS}g}")

    sds = np.sqrt(np.diag(fit.covariance))
    estimates = {}
    for place, row in enumerate(FITTED):
        drawn = None if sampled is None or row not in SAMPLED else sampled.draws[:, SAMPLED.index(row)]
        estimates[row] = Estimate(
            value=short(fit.values[row]),
            unit=evidence().parameters[row].unit,
            coordinate=short(fit.coordinates[place]),
            sd=short(sds[place]),
            sampled_mean=None if drawn is None else short(drawn.mean()),
            sampled_sd=None if drawn is None else short(drawn.std()),
        )
    free = []
    for direction in fit.directions.T[::-1][:FREEST]:
        strongest = [place for place in np.argsort(-np.abs(direction)) if abs(direction[place]) >= WEIGHS]
        free.append({FITTED[place]: short(direction[place]) for place in strongest})
    return Fitted(
        version=__version__,
        evidence_sha256=evidence().parameter_hash(),
        patients=fit.patients,
        converged=fit.converged,
        rounds=tuple(Round(log_posterior=short(each.log_posterior), moved=short(each.moved)) for each in fit.rounds),
        estimates=estimates,
        covariance=tuple(tuple(short(value) for value in line) for line in fit.covariance),
        informed=tuple(short(value) for value in fit.informed),
        freest=tuple(free),
        rows=tuple(each.target for _, each, _ in fit.problem.numbers.questions),
        sampler=None
        if sampled is None
        else {
            "draws": len(sampled.draws),
            "least_effective": short(sampled.effective_sample_size.min()),
            "largest_r_hat": short(sampled.r_hat.max()),
            "divergences": sampled.divergences,
        },
    )
