"""Concentrations in samples from those states of the body alone that doses reach and samples depend on.

A population estimate takes second derivatives of the course of everyone many times. Most states of the body (brain, routes that were
not used, metabolites that were not measured) cannot act on what was measured: without them the course is the same, and far cheaper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.numerics.exponential import Steps, linear_course
from ..core.types import ENANTIOMERS
from ..model.exposure import DrugStates, by_family, drug_states, in_blood, individualised, systems
from ..model.parameters import Euthymia, Physiology
from ..pharmacology import esketamine, ketamine
from ..pharmacology.variability import TRAITS, PerTrait, spread
from .pk_design import READOUTS, Design
from .pk_estimate import JointDensity
from .pk_likelihood import sample_costs, sample_informations

STATE_OF_READOUT = dict(zip(READOUTS, ("ketamine", "norketamine", "hydroxynorketamine", "venous"), strict=True))
"""The state that a readout shows."""


@dataclass(frozen=True)
class ReducedCourse:
    """What is left of the body: positions of enantiomers, states and inputs of ketamine's systems, and whether a spray was used."""

    enantiomers: tuple[int, ...]
    states: tuple[int, ...]
    entries: tuple[int, ...]
    sprayed: bool

    def concentrations(self, model: Euthymia, design: Design, deviation: PerTrait) -> Float[Array, " sample"]:
        """As :func:`.pk_likelihood.concentrations`, µM."""
        p = individualised(model.physiology, design.body._replace(deviation=design.body.deviation + deviation))
        steps, system = Steps(design.lengths, design.which), systems(p, design.weight).ketamine
        kept, entries = np.ix_(self.enantiomers, self.states, self.states), np.ix_(self.enantiomers, self.states, self.entries)
        chosen = np.ix_(range(len(design.which)), self.enantiomers, self.entries)
        infusion, bolus = (by_family(inputs).ketamine[chosen] for inputs in (design.infusion, design.bolus))
        course = linear_course(system.matrix[kept], system.entry[entries], steps, infusion, bolus)[design.node]
        everything = jnp.zeros((len(design.node), len(ENANTIOMERS), len(ketamine.STATES)))
        of_ketamine = everything.at[np.ix_(range(len(design.node)), self.enantiomers, self.states)].set(course)
        blood = in_blood(p, design.weight, DrugStates(of_ketamine, self._of_sprays(p, design, steps), None))
        readouts = jnp.stack([blood.arterial, blood.norketamine, blood.hydroxynorketamine, blood.venous], -1)
        at_samples = jnp.take_along_axis(readouts, design.readout[:, None, None], -1)[..., 0]
        return jnp.sum(design.enantiomers * at_samples, -1)

    def _of_sprays(self, p: Physiology, design: Design, steps: Steps) -> Float[Array, "sample system state"]:
        if not self.sprayed:
            return jnp.zeros((len(design.node), 1, len(esketamine.STATES)))
        return drug_states(p, design.weight, steps, design.infusion, design.bolus, ("esketamine",)).esketamine[design.node]

    def joint_density(self, model: Euthymia, design: Design, z: PerTrait) -> JointDensity:
        """As :func:`.pk_estimate.joint_density`."""
        L = spread(model.variability)

        def expected(z: PerTrait) -> tuple[Array, Array]:
            c = self.concentrations(model, design, L @ z)
            return c, c

        J, c = jax.jacfwd(expected, has_aux=True)(z)
        value, slope = jax.value_and_grad(lambda c: jnp.sum(sample_costs(model, design, c)))(c)
        weight = sample_informations(model, design, c)
        return JointDensity(value + z @ z / 2, J.T @ slope + z, J.T @ (weight[:, None] * J) + jnp.eye(len(TRAITS)))


def reduced_course(model: Euthymia, designs: Sequence[Design]) -> ReducedCourse:
    """The least that gives the samples of some people."""
    inputs = [by_family(values) for design in designs for values in (design.infusion, design.bolus)]
    dosed = np.any([np.asarray(family.ketamine != 0).any(0) for family in inputs], 0)
    readouts = {READOUTS[index] for design in designs for index in np.asarray(design.readout)[np.asarray(design.counted)]}
    of_people = [systems(individualised(model.physiology, design.body), design.weight).ketamine for design in designs]
    arrows = np.any([np.asarray(system.matrix) != 0 for system in of_people], (0, 1))
    entered = np.any([np.asarray(system.entry)[:, :, dosed.any(0)] != 0 for system in of_people], (0, 1, 3))
    shown = np.isin(ketamine.STATES, [STATE_OF_READOUT[readout] for readout in readouts])
    states = _reached(arrows, entered) & _reached(arrows.T, shown)
    sprayed = any(bool(np.asarray(family.esketamine).any()) for family in inputs)
    enantiomers, kept, entries = (tuple(np.flatnonzero(mask).tolist()) for mask in (dosed.any(1), states, dosed.any(0)))
    return ReducedCourse(enantiomers, kept, entries, sprayed)


def _reached(arrows: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Which states can be reached from some; ``arrows[i, j]`` leads from j to i."""
    reached = start
    for _ in range(len(start)):
        reached = reached | arrows[:, reached].any(1)
    return reached
