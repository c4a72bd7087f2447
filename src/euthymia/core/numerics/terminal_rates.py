"""The slowest decay that each state of a linear system shows once nothing more enters."""

import numpy as np
from jaxtyping import Bool, Float


def terminal_rates(
    matrices: Float[np.ndarray, "patient state state"], entered: Bool[np.ndarray, " state"]
) -> Float[np.ndarray, "patient state"]:
    """Rate (1/h) of the last exponential of every state of dx/dt = A x; not a number for a state that nothing reaches or nothing leaves.

    States that feed each other decay together, at the eigenvalues of their part of A. What a state shows are the eigenvalues of all
    parts that lie on a way from where something entered to that state, and the slowest of them is the last to be seen, be it of
    elimination, of distribution or of absorption.

    Parameters
    ----------
    matrices
        A of each person (1/h), all with the same flows, of different size.
    entered
        States that something entered.
    """
    states = matrices.shape[-1]
    reaches = (matrices != 0).any(0) | np.eye(states, dtype=bool)
    for _ in range(states.bit_length()):
        reaches = reaches @ reaches
    connected = reaches & reaches.T
    rates = np.empty(matrices.shape[:-1])
    for state in range(states):
        part = np.flatnonzero(connected[state])
        if part[0] == state:
            rates[:, part] = -np.linalg.eigvals(matrices[:, part[:, None], part]).real.max(-1)[:, None]
    shown = reaches & (reaches @ entered)
    slowest = np.where(shown, rates[:, None], np.inf).min(-1)
    return np.where(np.isfinite(slowest) & (slowest > 0), slowest, np.nan)
