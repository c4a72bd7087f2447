"""The likelihood of blood samples: predicted concentrations under a person's deviation η, and residual error.

Of a value y, −log p = (y − c)²/2σ² + log σ, without the constant ½ log 2π. Of a sample that is only known to lie between two limits,
−log P = −log[Φ((high − c)/σ) − Φ((low − c)/σ)] (method M3 of Beal 2001 below a limit of quantification, where low is −∞).
"""

import jax
import jax.numpy as jnp
from jax.scipy.special import log_ndtr
from jaxtyping import Array, Float

from ..core.numerics.exponential import Steps
from ..core.types import Scalar
from ..model.exposure import drug_states, in_blood, individualised
from ..model.parameters import Euthymia
from ..pharmacology.variability import PerTrait, sample_error, spread
from .pk_design import Design

FAMILIES = ("ketamine", "esketamine")
"""Drug families on which a sample depends."""
FARTHEST = 1e8
"""SDs at which an infinite limit stands, so that derivatives are finite."""


def concentrations(model: Euthymia, design: Design, deviation: PerTrait) -> Float[Array, "sample"]:
    """Concentrations in the samples of a person who deviates by η from the typical one of their covariates, without error, µM."""
    physiology = individualised(model.physiology, design.body._replace(deviation=design.body.deviation + deviation))
    steps = Steps(design.lengths, design.which)
    blood = in_blood(physiology, design.weight, drug_states(physiology, design.weight, steps, design.infusion, design.bolus, FAMILIES))
    readouts = jnp.stack([blood.arterial, blood.norketamine, blood.hydroxynorketamine, blood.venous], -1)
    return jnp.sum(design.enantiomers * readouts[design.node, :, design.readout], -1)


def negative_log_density(model: Euthymia, measured: Scalar, concentration: Scalar) -> Scalar:
    """−log p of one measured value given its concentration, up to a constant."""
    sd = sample_error(model.variability, concentration)
    return ((measured - concentration) / sd) ** 2 / 2 + jnp.log(sd)


def sample_information(model: Euthymia, concentration: Scalar) -> Scalar:
    """Fisher information of one measured value about its concentration c: (1 + 2 (dσ/dc)²)/σ²."""
    sd, slope = jax.value_and_grad(lambda c: sample_error(model.variability, c))(concentration)
    return (1 + 2 * slope**2) / sd**2


def log_probability_between(limits: Float[Array, "2"]) -> Scalar:
    """log[Φ(b) − Φ(a)] of a standard normal variable between a < b, accurate in either tail and where a and b are near each other."""
    a, b = limits
    a, b = jnp.where(a + b > 0, -b, a), jnp.where(a + b > 0, -a, b)
    upper, lower = log_ndtr(b), log_ndtr(a)
    return upper + jnp.log(-jnp.expm1(lower - upper))


def standardised_limits(model: Euthymia, low: Scalar, high: Scalar, concentration: Scalar) -> Float[Array, "2"]:
    """(limit − c)/σ of both limits; infinite ones stand at ``FARTHEST``."""
    sd, limits = sample_error(model.variability, concentration), jnp.stack([low, high])
    bounded = jnp.isfinite(limits)
    return jnp.where(bounded, (jnp.where(bounded, limits, 0) - concentration) / sd, jnp.array([-FARTHEST, FARTHEST]))


def negative_log_probability(model: Euthymia, low: Scalar, high: Scalar, concentration: Scalar) -> Scalar:
    """−log P of a value between two limits (µM) given its concentration; zero where both are infinite."""
    return -log_probability_between(standardised_limits(model, low, high, concentration))


def censored_information(model: Euthymia, low: Scalar, high: Scalar, concentration: Scalar) -> Scalar:
    """Information of a censored sample about its concentration c, never negative: Jᵀ (−H) J.

    H is the Hessian of log[Φ(b) − Φ(a)] in the standardised limits (a, b), which is concave in them, and J their derivative by c: the
    curvature of −log P but for that of the limits. It is the whole curvature where σ does not depend on c, zero between infinite
    limits, and, averaged over values with narrow limits around each, :func:`sample_information`.
    """

    def standardised(c: Scalar) -> Float[Array, "2"]:
        return standardised_limits(model, low, high, c)

    at, J = jax.jvp(standardised, (concentration,), (jnp.ones_like(concentration),))
    return jnp.maximum(-(J @ jax.hessian(log_probability_between)(at) @ J), 0)


def sample_costs(model: Euthymia, design: Design, expected: Float[Array, "sample"]) -> Float[Array, "sample"]:
    """−log likelihood of each sample given its concentration, whether measured or censored; zero in the padding."""
    of_value = jax.vmap(negative_log_density, (None, 0, 0))(model, design.measured, expected)
    of_limits = jax.vmap(negative_log_probability, (None, 0, 0, 0))(model, design.low, design.high, expected)
    return jnp.where(design.counted, jnp.where(design.censored, of_limits, of_value), 0)


def sample_informations(model: Euthymia, design: Design, expected: Float[Array, "sample"]) -> Float[Array, "sample"]:
    """Information of each sample about its concentration; zero in the padding."""
    of_value = jax.vmap(sample_information, (None, 0))(model, expected)
    of_limits = jax.vmap(censored_information, (None, 0, 0, 0))(model, design.low, design.high, expected)
    return jnp.where(design.counted, jnp.where(design.censored, of_limits, of_value), 0)


def negative_log_joint(model: Euthymia, design: Design, z: PerTrait) -> Scalar:
    """−log p(y, z) up to a constant, where η = L z and z is standard normal over people."""
    return jnp.sum(sample_costs(model, design, concentrations(model, design, spread(model.variability) @ z))) + z @ z / 2
