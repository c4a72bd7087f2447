"""Way 5 beside a course: the landscape of the limbic lock, and the three levels of a reset."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from .. import links
from ..brain.attractor import Attractor, activation, communication, holding_input, network_rates, quiet_cognition
from ..brain.escape import LimbicLock, log_passages
from ..core.device import on_device
from ..core.exported_programs import exported
from ..core.types import Scalar
from ..evidence.registry import evidence
from ..model.parameters import Euthymia
from ..simulation.simulate import Simulation
from ..simulation.visits import first_visit

CURRENTS = 1000
"""Points of a landscape."""
BLOCKS = np.linspace(0, 1, 201)
"""Losses of NMDA drive from none to all."""
LANDSCAPES = ("undrugged", "at the peak loss")
SHOWN = [0, -1]
"""Their indices among all blocks."""
INITIAL_STATES = ("at rest, healthy", "locked, this patient")
LATER = ("24 h", "7 d")
"""Checkpoints of the levels."""
NOISE = "limbic.noise"
"""The row that sets the clock of the lock."""


class Levels(NamedTuple):
    """The three levels of way 5; by name of a checkpoint where a course has several."""

    peak_loss: float
    """Largest loss of NMDA drive, pyramidal."""
    critical_loss: float
    """Loss at which this patient's lock vanishes; NaN where there is no second state."""
    communication: float
    """Of healthy networks at the peak loss, undrugged = 1."""
    firing: float
    """Of the locked limbic network at the peak loss, undrugged = 1."""
    least_lock: float
    lock: dict[str, float]
    """Locked share of the limbic network."""
    window: tuple[float, float]
    """Limbic drives (nA) between which two states exist, undrugged; NaN where there is one state only."""
    drive: dict[str, float]
    """Mean limbic drive, nA."""
    relapse_time: dict[str, float]
    """Mean time until the middle subnetwork locks again, h."""


def landscape(p: Attractor, peak: float, own_input: float, healthy_input: float) -> dict[str, np.ndarray | float]:
    """States of the limbic network by its drive (nA), and what loss of NMDA drive does to both networks.

    Parameters
    ----------
    peak
        Largest loss of NMDA drive in the course.
    own_input, healthy_input
        Limbic drive of this patient before, and of a healthy one.
    """
    S, current, drive = (np.asarray(leaf) for leaf in _landscape(p, on_device([*BLOCKS, peak])))
    edges = np.array([_edges(along) for along in drive])
    at_rest = [_crossing(current, along, healthy_input, 0) for along in drive[:-1]]
    from_lock = [_crossing(current, along, own_input, -1) for along in drive[:-1]]
    starts, inputs = on_device([at_rest, from_lock]), on_device([healthy_input, own_input])
    passed_on, rates, states = (np.asarray(leaf) for leaf in _from_initial_states(p, starts, inputs))
    # Block moves the lower edge up; where it passes this patient's drive, the lock vanishes.
    held = np.isfinite(edges[:-1, 0])
    lower = edges[:-1, 0][held]
    critical = np.interp(own_input, lower, BLOCKS[held], left=np.nan, right=np.nan) if held.any() else np.nan
    return {
        "limbic_current": current,
        "limbic_S": S,
        "holding_drive": drive[SHOWN],
        # A state is stable where a larger drive holds a larger one.
        "holding_stable": np.gradient(drive[SHOWN], axis=-1) > 0,
        "bistable_window": edges[SHOWN],
        "critical_block": float(critical),
        "healthy_limbic_input": healthy_input,
        "communication": passed_on / passed_on[:, :1],
        "network_rate": rates,
        "undrugged_S": states[:, 0],
    }


def _edges(drive: np.ndarray) -> tuple[float, float]:
    """Where a landscape turns: the drives between which two states exist, lower first; NaN where there is one state only."""
    step = np.diff(drive)
    bottoms, tops = np.flatnonzero((step[:-1] <= 0) & (step[1:] > 0)), np.flatnonzero((step[:-1] > 0) & (step[1:] <= 0))
    if not len(bottoms) or not len(tops):
        return np.nan, np.nan
    return float(drive[bottoms[-1] + 1]), float(drive[tops[0] + 1])


def _crossing(current: np.ndarray, drive: np.ndarray, limbic_input: float, which: int) -> float:
    """The limbic current of the first or last state that a drive holds, by linear interpolation in the landscape."""
    after = np.flatnonzero((drive[:-1] < limbic_input) & (drive[1:] >= limbic_input))[which]
    return float(np.interp(limbic_input, drive[after : after + 2], current[after : after + 2]))


@exported
def _landscape(p: Attractor, blocks: Array) -> tuple[Array, Array, Array]:
    current = jnp.linspace(0, p.threshold / p.gain + p.limbic_recurrence * p.coupling, CURRENTS)
    return activation(p, current), current, jax.vmap(lambda block: holding_input(p, current, block, jnp.ones(())))(blocks)


@exported
def _from_initial_states(
    p: Attractor, current: Float[Array, "initial_state block"], limbic_input: Float[Array, "initial_state"]
) -> tuple[Array, Array, Array]:
    one = jnp.ones(())

    def state(current: Scalar, block: Scalar, drive: Scalar) -> tuple[Array, Array, Array]:
        S_L = activation(p, current)
        S = jnp.stack([S_L, quiet_cognition(p, S_L, block)])
        return communication(p, S, block, drive, one), network_rates(p, S, block, drive, one), S

    along = jax.vmap(state, in_axes=(0, 0, None))
    return jax.vmap(lambda currents, drive: along(currents, jnp.asarray(BLOCKS), drive))(current, limbic_input)


def subnetworks(model: Euthymia, own_input: float) -> dict[str, np.ndarray]:
    """The limbic subnetworks of a patient before treatment, from the mean drive (nA): the drive of each, and the share it stands for."""
    drives = jax.jit(links.limbic_inputs)(model.physiology.links, on_device(own_input))
    return {"subnetwork_drive": np.asarray(drives), "subnetwork_share": np.asarray(links.SUBNETWORK_WEIGHTS)}


def explored_noise(p: LimbicLock) -> list[float]:
    """The noise of the networks (nA), and beside it the range in which it was explored."""
    row = evidence().parameters[NOISE]
    used, edges = float(p.attractor.noise), [edge for edge in (row.lower, row.upper) if edge is not None]
    return sorted({*edges, used, *((used + edge) / 2 for edge in edges if edge > used)})


def passages_by_noise(p: LimbicLock, limbic_input: float) -> dict[str, np.ndarray | float]:
    """Mean times (h) into and out of the lock without drug, solved afresh at every noise, and the median time until it opens by itself.

    How long an escape takes is close to exponential, so that half of all untreated networks are out after ln 2 of the mean.
    """

    times = np.exp(_log_passages(p, on_device(explored_noise(p)), on_device(limbic_input)))
    return {
        "noise_passage_into": times[:, 0],
        "noise_passage_out_of": times[:, 1],
        "untreated_opening": np.log(2) * times[:, 1],
        "noise_used": float(p.attractor.noise),
    }


@exported
def _log_passages(p: LimbicLock, noise: Float[Array, "noise"], limbic_input: Scalar) -> Float[Array, "noise passage"]:
    def at(noise: Scalar) -> Float[Array, "passage"]:
        noisy = eqx.tree_at(lambda lock: lock.attractor.noise, p, noise)
        return log_passages(noisy, jnp.zeros(()), limbic_input, jnp.ones(()))

    return jax.lax.map(at, noise)


def levels(simulation: Simulation, circuits: xr.Dataset) -> Levels:
    """Acute disruption, escape and consolidation of a course whose landscape is known."""
    dosed = simulation.data.sel(arm="as given")
    loss = float(dosed.limbic_block.max())
    fired = circuits.network_rate.sel(initial_state="locked, this patient", network="limbic")
    first = first_visit(simulation.protocol)
    reached = {name: hours for name, hours in simulation.checkpoints().items() if name in LATER}
    states = {"before": dosed.isel(time=0)}
    states |= {name: dosed.sel(time=first + hours, method="nearest") for name, hours in reached.items()}
    lower, upper = circuits.bistable_window.sel(landscape="undrugged").values
    return Levels(
        peak_loss=loss,
        critical_loss=float(circuits.critical_block),
        communication=float(circuits.communication.sel(initial_state="at rest, healthy").sel(block=loss, method="nearest")),
        firing=float(fired.sel(block=loss, method="nearest") / fired[0]),
        least_lock=float(dosed.lock.min()),
        lock={name: float(state.lock) for name, state in states.items()},
        window=(float(lower), float(upper)),
        drive={name: float(state.limbic_input) for name, state in states.items()},
        relapse_time={name: 1 / float(state.lock_into) for name, state in states.items()},
    )
