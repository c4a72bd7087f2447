"""The soft rectifier x/(1 − e^(−x)) of rate models, and its inverse, without 0/0 and without overflow."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# x/(1 − e^(−x)) = 1 + x/2 + x²/12 − x⁴/720 + x⁶/30240 − x⁸/1209600 ...; the next term is below 1e-17 this near to zero.
NEAR_ZERO = 0.1
EVEN_TERMS = (1.0, 1 / 12, -1 / 720, 1 / 30240, -1 / 1209600)
# From its start below, Newton's method reaches rounding error in six.
NEWTON_STEPS = 8


def soft_rectifier(x: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """x/(1 − e^(−x)), exact to rounding with its derivatives: 1 at 0, like x far above and |x| eˣ far below."""
    near = jnp.abs(x) < NEAR_ZERO
    small = jnp.where(near, x, 0)
    far = jnp.abs(jnp.where(near, 1, x))
    series = small / 2 + jnp.polyval(jnp.array(EVEN_TERMS[::-1]), small**2)
    return jnp.where(near, series, far / -jnp.expm1(-far) * jnp.exp(jnp.minimum(x, 0)))


def inverse_soft_rectifier(y: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
    """The x with :func:`soft_rectifier` (x) = y > 0, by Newton's method on logarithms from the inverse of softplus."""

    def step(_, x: Float[Array, "*batch"]) -> Float[Array, "*batch"]:
        value, slope = jax.jvp(soft_rectifier, (x,), (jnp.ones_like(x),))
        return x - (jnp.log(value) - jnp.log(y)) * value / slope

    return jax.lax.fori_loop(0, NEWTON_STEPS, step, jnp.log(jnp.expm1(y)))
