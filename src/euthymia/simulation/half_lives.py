"""Terminal half-lives: the slowest exponential that each concentration in blood and brain ends with."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from ..core.numerics.terminal_rates import terminal_rates
from ..core.types import ENANTIOMERS
from ..model.exposure import DrugFamilies, by_family, entry_matrices
from ..pharmacology import comparators, esketamine, ketamine

STATES_OF = {
    "arterial_ketamine": ("ketamine", "plasma"),
    "venous_ketamine": ("venous", "plasma"),
    "norketamine": ("norketamine", "norketamine"),
    "hydroxynorketamine": ("hydroxynorketamine", None),
    "free_brain_ketamine": ("effect_site", "effect_site"),
    "free_brain_norketamine": ("norketamine_effect_site", "norketamine_effect_site"),
    "free_brain_hydroxynorketamine": ("hydroxynorketamine_effect_site", None),
}
"""State of the systems of the enantiomers that a concentration reads, and of the system of a spray, which adds to S."""


def half_lives(matrices: DrugFamilies, dosed: Float[np.ndarray, " channel"]) -> dict[str, Float[np.ndarray, "patient column"]]:
    """Terminal half-lives (h) by the names of the table of quantities; not a number for what is never there.

    ln 2 over the slowest rate that a concentration shows: exact, and the value that the half-life of a noncompartmental analysis
    (PKNCA: ``half.life``, from the log-linear regression with the best adjusted r²) tends to for samples late enough. Columns are the
    enantiomers and, last, both together, which end with the slower one; or the molecules.

    Parameters
    ----------
    matrices
        A of each family and person (leading axis).
    dosed
        All that entered by each channel, µmol.
    """
    entered = [
        np.einsum("sip,sp->si", np.asarray(entry), np.asarray(amount)) > 0
        for entry, amount in zip(entry_matrices(), by_family(jnp.asarray(dosed)), strict=True)
    ]
    rates = DrugFamilies(
        *(
            np.stack([terminal_rates(family[:, number], into[number]) for number in range(family.shape[1])], 1)
            for family, into in zip(matrices, entered, strict=True)
        )
    )
    slowest = {}
    for name, (state, sprayed) in STATES_OF.items():
        of_enantiomers = rates.ketamine[..., ketamine.STATES.index(state)].copy()
        if sprayed is not None:
            s = ENANTIOMERS.index("S")
            of_spray = rates.esketamine[:, 0, esketamine.STATES.index(sprayed)]
            of_enantiomers[:, s] = np.fmin(of_enantiomers[:, s], of_spray)
        slowest[name] = np.concatenate([of_enantiomers, np.fmin.reduce(of_enantiomers, 1)[:, None]], 1)
    states, parents = comparators.STATES, comparators.PARENTS
    of_molecules = rates.comparators[..., states.index("central")], rates.comparators[:, parents, states.index("metabolite")]
    slowest["comparator_plasma"] = np.concatenate(of_molecules, 1)
    return {name: np.log(2) / rate for name, rate in slowest.items()}
