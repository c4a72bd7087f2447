"""The compiled program behind exposures: people in a batch, over one grid."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..core.exported_programs import exported
from ..core.numerics.exponential import Steps
from ..core.types import Scalar
from ..model.exposure import (
    DrugFamilies,
    DrugPropagators,
    DrugStates,
    DrugSystems,
    areas,
    brain_exposure,
    by_family,
    entry_matrices,
    in_blood,
    individualised,
    propagate,
    propagators,
    systems,
)
from ..model.parameters import Euthymia, Physiology
from ..pharmacology.comparators import plasma_concentration
from ..receptors.nmdar import Blockers, NMDAReceptor, pore_block
from .person import Person

Quantities = Mapping[str, Array | np.ndarray]
"""By the names of the table of quantities."""


class GridInput(NamedTuple):
    """Steps of a padded time grid and the input in each."""

    steps: Steps
    infusion: Float[Array, "step channel"]
    bolus: Float[Array, "step channel"]


class PairsOfIntervals(NamedTuple):
    """Of a first and a second interval between nodes, along an axis of such pairs."""

    first_area: Quantities
    last_area: Quantities
    """Over the second."""
    lowest: Quantities
    """In the second, before a dose at its begin or end too."""
    trough: Quantities
    """At the end of the second, before the dose there."""
    highest: Quantities
    """In the second."""
    highest_time: Quantities
    """Of that, h since the second began."""


class ExposureCourse(NamedTuple):
    """What a person is exposed to: the course at the kept nodes, of all nodes the largest value and its time (h), and exact areas."""

    course: Quantities
    peak: Quantities
    peak_time: Quantities
    area: Quantities
    """Until the horizon."""
    area_to_infinity: Quantities
    pairs: PairsOfIntervals
    matrices: DrugFamilies
    """A of the linear systems, 1/h."""


def concentrations(p: Physiology, weight: Scalar, states: DrugStates) -> dict[str, Array]:
    """Concentrations at the nodes, per enantiomer and of both; linear in the states."""
    blood, brain = in_blood(p, weight, states), brain_exposure(p, states)
    by_enantiomer = {
        "arterial_ketamine": blood.arterial,
        "venous_ketamine": blood.venous,
        "norketamine": blood.norketamine,
        "hydroxynorketamine": blood.hydroxynorketamine,
        "free_brain_ketamine": brain.ketamine,
        "free_brain_norketamine": brain.norketamine,
        "free_brain_hydroxynorketamine": brain.hydroxynorketamine,
    }
    return {name: jnp.concatenate([values, values.sum(-1, keepdims=True)], -1) for name, values in by_enantiomer.items()} | {
        "comparator_plasma": plasma_concentration(p.comparators, states.comparators),
        "racemate_equivalents": brain.blockers.ketamine,
        "others": brain.blockers.others,
    }


def _block(
    receptor: NMDAReceptor, in_brain: Blockers, whole: Blockers, lengths: Float[Array, " step"]
) -> tuple[Float[Array, "node cell_class"], Float[Array, " cell_class"]]:
    """Pore block at the nodes, and its area from the exact areas of the blockers.

    The part that is linear in the concentration has the exact area; the rest is small where steps are long, unless block saturates.
    """
    linear = jax.jacfwd(lambda blockers: pore_block(receptor, blockers))(jax.tree.map(jnp.zeros_like, whole))

    def in_proportion_to(blockers: Blockers) -> Array:
        return blockers.ketamine[..., None] * linear.ketamine + blockers.others @ linear.others.T

    block, in_proportion = pore_block(receptor, in_brain), in_proportion_to(in_brain)
    saturates = in_proportion.max(0) > 1
    rest = block - jnp.where(saturates, 0, in_proportion)
    return block, jnp.where(saturates, 0, in_proportion_to(whole)) + lengths @ (rest[1:] + rest[:-1]) / 2


class _Solved(NamedTuple):
    """One body, its equations, the input and the states at the nodes."""

    physiology: Physiology
    weight: Scalar
    system: DrugSystems
    lengths: Float[Array, " step"]
    infusion: Float[Array, "step channel"]
    bolus: Float[Array, "step channel"]
    states: DrugStates

    def concentrations(self, states: DrugStates) -> dict[str, Array]:
        """At one node."""
        at_node = concentrations(self.physiology, self.weight, jax.tree.map(lambda x: x[None], states))
        return jax.tree.map(lambda c: c[0], at_node)

    def area(self, dosed: Float[Array, " channel"], left: DrugStates) -> dict[str, Array]:
        """Over a course from nothing, of all that was dosed (µmol) and what is left of it."""
        return self.concentrations(areas(self.system, jax.tree.map(lambda x: x[None], left), dosed))

    def area_until(self, node: Int[Array, ""]) -> dict[str, Array]:
        """From the start; a bolus at the node is among what was dosed and among what is left."""
        number = jnp.arange(len(self.lengths))
        dosed = jnp.where(number < node, self.lengths, 0) @ self.infusion + jnp.where(number <= node, jnp.ones(()), 0) @ self.bolus
        return self.area(dosed, jax.tree.map(lambda x: x[node], self.states))

    def before_dose(self, node: Int[Array, ""]) -> dict[str, Array]:
        """Concentrations at a node before the bolus there."""
        amounts = by_family(jnp.concatenate([self.bolus, jnp.zeros_like(self.bolus[:1])])[node])
        return self.concentrations(
            jax.tree.map(lambda x, B, u: x[node] - jnp.einsum("sip,sp->si", B, u), self.states, entry_matrices(), amounts)
        )

    def over_pair(self, course: Quantities, nodes: Int[Array, " edge"]) -> tuple[dict[str, Array], ...]:
        """Areas of two intervals; of the second the lowest value, that at its end, and the highest with its time (h)."""
        first_begin, first_end, begin, end = (jax.tree.map(lambda a, at=at: a[at], jax.vmap(self.area_until)(nodes)) for at in range(4))
        node = jnp.arange(len(self.lengths) + 1)
        inside = (node >= nodes[2]) & (node < nodes[3])
        times = jnp.concatenate([jnp.zeros(1), jnp.cumsum(self.lengths)]) - jnp.sum(jnp.where(node[1:] <= nodes[2], self.lengths, 0))

        def within(c: Array, otherwise: float) -> Array:
            return jnp.where(inside.reshape(-1, *[1] * (c.ndim - 1)), c, otherwise)

        after_doses = jax.tree.map(lambda c: within(c, jnp.inf).min(0), course)
        earlier, trough = self.before_dose(nodes[2]), self.before_dose(nodes[3])
        return (
            jax.tree.map(jnp.subtract, first_end, first_begin),
            jax.tree.map(jnp.subtract, end, begin),
            jax.tree.map(lambda *values: jnp.stack(values).min(0), after_doses, earlier, trough),
            trough,
            jax.tree.map(lambda c: within(c, 0.0).max(0), course),
            jax.tree.map(lambda c: times[within(c, 0.0).argmax(0)], course),
        )


@exported
def exposed(
    model: Euthymia, people: Person, inputs: GridInput, kept: Int[Array, " kept"], intervals: Int[Array, "pair edge"]
) -> ExposureCourse:
    """Courses of people (leading axis) at the kept nodes, and their exact areas.

    ``intervals`` are pairs of intervals, each by the nodes where the first begins and ends and the second begins and ends.
    """
    steps, infusion, bolus = inputs
    lengths = steps.lengths[steps.length_index]
    times = jnp.concatenate([jnp.zeros(1), jnp.cumsum(lengths)])
    dosed = lengths @ infusion + bolus.sum(0)

    def system_of(person: Person) -> DrugSystems:
        return systems(individualised(model.physiology, person.body), person.weight)

    system = jax.vmap(system_of)(people)
    over = propagators(system, steps.lengths)

    def one(person: Person, system: DrugSystems, over: DrugPropagators) -> ExposureCourse:
        physiology = individualised(model.physiology, person.body)
        states = propagate(system, over, steps.length_index, infusion, bolus)
        solved = _Solved(physiology, person.weight, system, lengths, infusion, bolus, states)
        course = concentrations(physiology, person.weight, states)
        area = solved.area(dosed, jax.tree.map(lambda x: x[-1], states))
        to_infinity = solved.area(dosed, jax.tree.map(lambda x: jnp.zeros_like(x[-1]), states))
        pairs = jax.lax.map(lambda nodes: solved.over_pair(course, nodes), intervals)
        in_brain, whole = (Blockers(of["racemate_equivalents"], of["others"]) for of in (course, area))
        block, area_of_block = _block(physiology.receptor, in_brain, whole, lengths)
        course, area = _named(course) | {"pore_block": block}, _named(area) | {"pore_block": area_of_block}
        return ExposureCourse(
            course=jax.tree.map(lambda c: c[kept], course),
            peak=jax.tree.map(lambda c: c.max(0), course),
            peak_time=jax.tree.map(lambda c: times[c.argmax(0)], course),
            area=area,
            area_to_infinity=_named(to_infinity),
            pairs=PairsOfIntervals(*map(_named, pairs)),
            matrices=DrugFamilies(*(linear.matrix for linear in system)),
        )

    return jax.vmap(one, in_axes=(0, 0, 1))(people, system, over)


def _named(quantities: Mapping[str, Array]) -> dict[str, Array]:
    """Those that the table of quantities names."""
    return {name: values for name, values in quantities.items() if name != "others"}
