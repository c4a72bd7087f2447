"""Regimens that simulators have got wrong, against closed forms."""

import jax.numpy as jnp
import numpy as np

from euthymia.core.numerics.compartments import flow_matrix
from euthymia.core.numerics.exponential import Steps, linear_course

POOLS = ("depot", "central", "eliminated")


def test_doses_into_two_compartments_at_once_and_again():
    # PumasAI/Pumas.jl#882: 100 into the depot and 100 into the blood at 0 and 12 h. The issue states depot and blood right after
    # the second doses; a solver that resets the depot leaves 100 there.
    absorption, elimination, dose, interval = 0.11, 0.1 / 1.0, 100.0, 12.0
    flows = {("depot", "central"): jnp.asarray(absorption), ("central", "eliminated"): jnp.asarray(elimination)}
    matrix, entry = flow_matrix(POOLS, flows)[None], jnp.eye(len(POOLS))[None, :, :2]
    steps = Steps(jnp.array([interval]), jnp.zeros(2, int))
    first, second, last = np.asarray(linear_course(matrix, entry, steps, jnp.zeros((2, 1, 2)), jnp.full((2, 1, 2), dose)))[:, 0]
    np.testing.assert_array_equal(first, [dose, dose, 0])
    np.testing.assert_array_equal(np.round(second[:2], 8), [126.71353020, 167.58422213])

    def left(time):
        depot, blood = np.exp(-absorption * time), np.exp(-elimination * time)
        return dose * np.array([depot, blood + absorption / (absorption - elimination) * (blood - depot)])

    np.testing.assert_allclose(second[:2], left(interval) + dose, rtol=1e-13)
    np.testing.assert_allclose(last[:2], left(2 * interval) + left(interval), rtol=1e-13)
    np.testing.assert_allclose([first.sum(), second.sum(), last.sum()], [2 * dose, 4 * dose, 4 * dose], rtol=1e-13)
