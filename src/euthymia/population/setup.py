"""What all patients of a cohort have in common: time grid, doses, context, and the typical patient's brain at rest."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..clinic.symptoms import OPEN_CONTEXTS, VISIT_CONTEXTS, Mechanisms, Symptoms, context_strengths
from ..core.compiler_options import MANY_KERNELS
from ..core.errors import InputError
from ..core.exported_programs import exported_with
from ..core.numerics.exponential import PhiFunctions, Steps, phi_functions
from ..core.types import Scalar
from ..links import Switches
from ..model.baseline import jacobian, patient
from ..model.exposure import systems
from ..model.parameters import Euthymia
from ..model.state import pack
from ..model.time_grid import TimeGrid
from ..pharmacology.comparators import DRUGS
from ..protocols.protocol import Protocol
from ..simulation.course import at_rest
from ..simulation.dosing import COARSE, coarse_grid_of, stress_left
from ..simulation.interventions import everything_but, switches
from ..simulation.person import Person
from ..simulation.visits import CHECKPOINTS, first_visit, since_visits
from .steps import DoseInput, Structure, structure

MOST_KEPT_NODES = 200
"""Nodes of a course that are kept, beside the named checkpoints."""


class ContextStrength(NamedTuple):
    """Latent shifts by context, in the typical patient: by a visit, and by weeks of treatment as such."""

    visit: Scalar
    course: Float[Array, "course_context"]
    masked: Scalar
    """1 where a patient who feels the drug learns something by it; 0 in an open label, and without visits."""


def context_strength(p: Symptoms, context: str, of_weeks: str | None = None) -> ContextStrength:
    """Strengths of a context; its weeks of treatment are those of another context, ``of_weeks``, where that is given."""
    visit, _ = context_strengths(p, context)
    _, course = context_strengths(p, of_weeks or context)
    return ContextStrength(visit, course, jnp.asarray(float(context in VISIT_CONTEXTS and context not in OPEN_CONTEXTS)))


class ElapsedTimes(NamedTuple):
    """Times on which the effect of context depends, h."""

    since_visits: Float[Array, "visit time"]
    """Since each visit that counts; negative before it."""
    since_start: Float[Array, "time"]
    """Since the first visit."""


class CohortSetup(NamedTuple):
    """Grid, doses and context of a cohort, and the typical patient, the linear part of whose brain serves everybody."""

    structure: Structure
    nodes: Int[Array, ""]
    """Number of nodes without padding."""
    steps: Steps
    """Of the grid; after the last node one of length zero."""
    infusion: DoseInput
    """µmol/h."""
    bolus: DoseInput
    """µmol."""
    stress_left: Float[Array, "node"]
    """Stress over what the patient is under at the start."""
    elapsed: ElapsedTimes
    context: ContextStrength
    comparator_index: Int[Array, ""]
    """Of the first drug beside ketamine, among the comparators."""
    kept_nodes: Int[Array, "kept"]
    slot: Int[Array, "node"]
    """Where what is recorded at a node is kept: its place among the kept nodes, and beyond the last for all others."""
    acting: Switches
    """Of the links, for everybody."""
    jacobian: Float[Array, "state state"]
    phi: PhiFunctions
    """Of the linear part, over each step length."""
    healthy: Mechanisms
    depressed: Mechanisms


@exported_with(MANY_KERNELS)
def _typical_brain(
    model: Euthymia, lengths: Float[Array, "length"], acting: Switches
) -> tuple[Array, PhiFunctions, Mechanisms, Mechanisms]:
    """Jacobian of the typical patient and its φ-functions, and the mechanism states at rest in health and in depression."""
    depressed, healthy = (patient(model.physiology, stress) for stress in (model.patient.stress, jnp.zeros(())))
    linear = jacobian(model.physiology, pack(depressed.rest), depressed, acting)
    return linear, phi_functions(linear, lengths), at_rest(model.physiology, healthy), at_rest(model.physiology, depressed)


def with_typical_brain(setup: CohortSetup, model: Euthymia) -> CohortSetup:
    """The same setup with the typical patient's brain under other parameters."""
    linear, phi, healthy, depressed = _typical_brain(model, setup.steps.lengths, setup.acting)
    return setup._replace(jacobian=linear, phi=phi, healthy=healthy, depressed=depressed)


def _dose_input(grids: list[TimeGrid], name: str, weight: float) -> DoseInput:
    """From the inputs of one protocol at a weight and at twice that weight."""
    once, twice = (getattr(grid, name) for grid in grids)
    per_kilogram = (twice - once) / weight
    nothing_last = ((0, 1), (0, 0))
    return DoseInput(*(jnp.asarray(np.pad(part, nothing_last)) for part in (once - weight * per_kilogram, per_kilogram)))


def comparator_of(protocol: Protocol) -> str | None:
    """The first drug of a protocol beside ketamine."""
    return next((dose.drug for dose in protocol.doses if dose.drug in DRUGS), None)


def cohort_setup(
    protocol: Protocol, model: Euthymia, typical: Person, padded_to: tuple[int, int] = COARSE, without: Sequence[str] = ()
) -> tuple[np.ndarray, CohortSetup]:
    """Times of the kept nodes (h), and the setup that all patients of a cohort share; grids of one size are compiled once.

    ``without`` is what does not act, of :data:`~euthymia.simulation.removable.REMOVABLE`.
    """
    allowed = everything_but(without)
    acting = switches(allowed.clamped)
    weight = float(typical.weight)
    grids = [coarse_grid_of(protocol, model, kilograms, padded_to) for kilograms in (weight, 2 * weight)]
    grid = grids[0]
    if not np.array_equal(grid.steps, grids[1].steps):
        raise InputError("doses: a spray per kg takes another number of devices in everybody; state it in mg")
    stride = -(-grid.nodes // MOST_KEPT_NODES)
    checkpoints = np.searchsorted(grid.times, [first_visit(protocol) + hours for hours in CHECKPOINTS.values()])
    kept = np.unique([*range(0, grid.nodes, stride), *checkpoints[checkpoints < grid.nodes], grid.nodes - 1])
    padded = min(len(grid.padded_times), MOST_KEPT_NODES + len(CHECKPOINTS) + 2)
    # The last of the lengths is zero.
    steps = Steps(jnp.asarray(grid.lengths), jnp.asarray(np.append(grid.length_index, len(grid.lengths) - 1)))
    infusion, bolus = (_dose_input(grids, name, weight) for name in ("infusion", "bolus"))
    dosed = np.any([(np.asarray(part) != 0).any(0) for part in (*infusion, *bolus)], 0)
    slot = np.full(len(grid.padded_times), padded)
    slot[kept] = np.arange(len(kept))
    typical_brain = _typical_brain(model, steps.lengths, acting)
    setup = CohortSetup(
        structure(dosed.tolist(), systems(model.physiology, typical.weight), typical_brain[0]),
        jnp.asarray(grid.nodes),
        steps,
        infusion,
        bolus,
        jnp.asarray(stress_left(protocol, grid.padded_times)),
        ElapsedTimes(jnp.asarray(since_visits(protocol, grid.padded_times)), jnp.asarray(grid.padded_times - first_visit(protocol))),
        context_strength(model.symptoms, protocol.context if allowed.context else "none"),
        jnp.asarray(DRUGS.index(comparator_of(protocol) or DRUGS[0])),
        jnp.asarray(np.pad(kept, (0, padded - len(kept)), mode="edge")),
        jnp.asarray(slot),
        acting,
        *typical_brain,
    )
    return grid.times[kept], setup
