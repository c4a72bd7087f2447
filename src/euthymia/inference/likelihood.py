"""The likelihood of published numbers: normal, with moments over the effects of trials by quadrature.

A number is its expectation over what may happen in a trial, and errs by sampling, by the effects of its trial, which the numbers of a trial
share, and by a discrepancy of its own. SDs of change are numbers too. A bare test of significance has its probability.
"""

from typing import NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..clinic.trial_differences import EFFECTS, TrialDifferences
from ..model.parameters import Euthymia
from ..trials.expected import PredictionTargets, SolvedEnsemble, TrialEffects
from ..trials.sampling_error import standard_error

NODES, NODE_WEIGHTS = (np.asarray(values) for values in np.polynomial.hermite_e.hermegauss(5))
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()
"""Standard normal quadrature along each effect of a trial."""
CENTRE = len(NODES) // 2
DISCREPANCY_UNITS = {
    **dict.fromkeys(("change", "score", "difference"), 1.0),
    **dict.fromkeys(("HAM-D change", "HAM-D difference"), 0.7),
    **dict.fromkeys(("response", "response difference", "remission", "remission difference", "relapse", "relapse by the median"), 3.0),
    **dict.fromkeys(("effect", "benefit", "effect once lost"), 0.1),
    **dict.fromkeys(("response odds ratio",), 0.2),
    **dict.fromkeys(("mean time to relapse",), 0.5),
    **dict.fromkeys(("significant difference",), 0.0),
}
"""What a point of MADRS is taken to be on other scales: points of the Hamilton scale, per cent, SDs, odds, days."""
TEST = "significant difference"
Tree = TypeVar("Tree")


class TrialData(NamedTuple):
    """Published numbers, their standard errors, SDs across patients where published, and which numbers share a trial."""

    value: Float[Array, "number"]
    error: Float[Array, "number"]
    sd: Float[Array, "number"]
    """NaN where none was published, or where it is not of one arm."""
    sd_error: Float[Array, "number"]
    unit: Float[Array, "number"]
    """What a point of MADRS is on the scale of the number."""
    is_test: Bool[Array, "number"]
    trial: Int[Array, "number"]
    """Index of its trial."""
    pools: Float[Array, "trial"]
    """Trials that it consists of."""


def trial_data(targets: PredictionTargets) -> TrialData:
    """Data of trials and their numbers."""
    numbers = []
    for trial, observation, _ in targets.targets:
        row = observation.row
        of_one_arm = row.sd is not None and row.n is not None and observation.against is None
        is_test = observation.statistic == TEST
        numbers.append(
            (
                observation.observed,
                np.inf if is_test else standard_error(observation, trial),
                row.sd if of_one_arm else np.nan,
                row.sd / np.sqrt(2 * (row.n - 1)) if of_one_arm and row.sd and row.n else np.nan,
                DISCREPANCY_UNITS[observation.statistic],
            )
        )
    of_trial = [targets.trial_names.index(target.trial.name) for target in targets.targets]
    tests = [target.observation.statistic == TEST for target in targets.targets]
    value, error, sd, sd_error, unit = (jnp.asarray(column, float) for column in zip(*numbers, strict=True))
    is_test, trial = jnp.asarray(tests), jnp.asarray(of_trial)
    return TrialData(value, error, sd, sd_error, unit, is_test, trial, jnp.asarray(targets.pools))


class Moments(NamedTuple):
    """Expectations of numbers and of SDs over the effects of trials, and what numbers of a trial covary by them."""

    value: Float[Array, "number"]
    sd: Float[Array, "number"]
    covariance: Float[Array, "number number"]


def effects_at(p: TrialDifferences, centre: TrialEffects, z: Float[Array, "*trial effect"], pools: Float[Array, "trial"]) -> TrialEffects:
    """Effects of trials that lie so many SDs from what is expected of them; those of a pool vary with the root of its size less."""
    sd = dict(zip(EFFECTS, p.between[:, None] / jnp.sqrt(pools), strict=True))
    of_context, rest = z[..., 0], z[..., 1]
    of_responsiveness = p.correlation * of_context + jnp.sqrt(1 - p.correlation**2) * rest
    return TrialEffects(centre.context + sd["context"] * of_context, centre.responsiveness + sd["responsiveness"] * of_responsiveness)


def single(tree: Tree) -> Tree:
    """The same with its numbers in single precision."""
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float32) if eqx.is_inexact_array(leaf) else leaf, tree)


def moments(targets: PredictionTargets, model: Euthymia, solved: SolvedEnsemble) -> Moments:
    """Moments over the effects of trials, along each of two independent axes with the other in the middle."""
    # Single precision errs by far less than the number of patients does, in a third of the time.
    model, solved = single(model), single(solved)
    p, weights = model.trial_differences, jnp.asarray(NODE_WEIGHTS)
    centre = targets.expected_effects(p)
    others = [index for index in range(len(NODES)) if index != CENTRE]
    z = jnp.asarray(np.concatenate([np.zeros((1, 2)), *(np.outer(NODES[others], axis) for axis in np.eye(2))]))

    def at(z: Float[Array, "effect"]):
        return targets.expected(model, solved, effects_at(p, centre, z, jnp.asarray(targets.pools, jnp.float32)))

    # One node after the other: the patients of all arms fill memory.
    statistics = jax.tree.map(lambda leaf: leaf.astype(float), jax.lax.map(at, z.astype(jnp.float32)))

    def along(values: Float[Array, "node number"], axis: int) -> Float[Array, "on_axis number"]:
        of_axis = values[1 + axis * len(others) : 1 + (axis + 1) * len(others)]
        return jnp.concatenate([of_axis[:CENTRE], values[:1], of_axis[CENTRE:]])

    def mean(values: Float[Array, "node number"]) -> Float[Array, "number"]:
        return values[0] + sum(weights @ (along(values, axis) - values[0]) for axis in range(2))

    covariance = jnp.zeros((len(targets.targets),) * 2)
    for axis in range(2):
        on_axis = along(statistics.value, axis)
        off = on_axis - weights @ on_axis
        covariance += (off * weights[:, None]).T @ off
    same = np.array([[one.trial is other.trial for other in targets.targets] for one in targets.targets])
    return Moments(mean(statistics.value), mean(statistics.sd), jnp.where(same, covariance, 0))


def log_likelihoods(data: TrialData, p: TrialDifferences, predicted: Moments) -> Float[Array, "trial"]:
    """Log likelihood of each trial, up to a constant."""
    error = jnp.where(data.is_test, 1, data.error)
    covariance = predicted.covariance + jnp.diag(error**2 + (p.discrepancy * data.unit) ** 2)
    normal = ~data.is_test
    covariance = jnp.where(normal[:, None] & normal, covariance, jnp.eye(len(error)))
    # Numbers of one trial are dependent, those of different trials are not: the factor has their blocks.
    root = jnp.linalg.cholesky(covariance)
    residual = jax.scipy.linalg.solve_triangular(root, jnp.where(normal, data.value - predicted.value, 0), lower=True)
    of_values = -0.5 * residual**2 - jnp.log(jnp.diag(root))
    known = jnp.isfinite(data.sd)
    sd_error = jnp.where(known, jnp.sqrt(jnp.where(known, data.sd_error, 1) ** 2 + (p.discrepancy * data.unit / 2) ** 2), 1)
    of_sds = jnp.where(known, -0.5 * ((jnp.where(known, data.sd - predicted.sd, 0)) / sd_error) ** 2 - jnp.log(sd_error), 0)
    probability = jnp.clip(predicted.value, 1e-6, 1 - 1e-6)
    of_tests = jnp.where(data.is_test, jnp.log(jnp.where(data.value > 0.5, probability, 1 - probability)), 0)
    return jnp.zeros(len(data.pools)).at[data.trial].add(of_values + of_sds + of_tests)
