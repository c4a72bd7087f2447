"""What the model predicts of pharmacokinetic studies: every number from samples, areas and parameters of its arm."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.numerics.exponential import Steps
from ..core.types import ENANTIOMERS, Scalar
from ..model.exposure import areas, drug_states, in_blood, systems
from ..model.inputs import CHANNELS, channel
from ..model.parameters import Euthymia
from ..pharmacology.absorption import depot_shares
from ..pharmacology.ketamine import Disposition
from ..protocols.dose import Dose
from ..protocols.subjects import Subject
from ..simulation.dosing import ENANTIOMERS_OF
from .disposition_studies import LATE, WEIGHT, StudyNumber
from .pk_design import MOLECULES, SPECIES, Design, padded_designs, subject_design, subject_pulses

FAMILIES = ("ketamine", "esketamine")
"""Drug families on which the studies depend."""


class ArmDesigns(NamedTuple):
    """Arms of studies in arrays of one size, and what was given."""

    design: Design
    """Stacked, at the shares of the reference model."""
    dosed: Float[Array, "arm channel"]
    """Amounts, µmol, at the same."""
    routes: tuple[str, ...]
    milligrams: tuple[float, ...]
    amounts: tuple[tuple[float, ...], ...]
    """µmol of each enantiomer, of the first dose."""


class ArmCourse(NamedTuple):
    """Predicted samples (µM), and areas under the arterial curves, to infinity (µM h)."""

    samples: Float[Array, "arm sample"]
    areas: Float[Array, "arm enantiomer species"]


def arm_designs(subjects: Sequence[Subject], model: Euthymia) -> ArmDesigns:
    """Designs of arms, each with doses of one route."""
    padded = padded_designs([subject_design(subject, model) for subject in subjects])
    dosed = np.zeros((len(subjects), len(CHANNELS)))
    for row, subject in zip(dosed, subjects, strict=True):
        for pulse in subject_pulses(subject, model):
            row[CHANNELS.index(pulse.channel)] += pulse.amount
    first = [subject.doses[0] for subject in subjects]
    return ArmDesigns(
        jax.tree.map(lambda *leaves: jnp.stack(leaves), *padded),
        jnp.asarray(dosed),
        tuple(dose.route for dose in first),
        tuple(dose.milligrams(WEIGHT) for dose in first),
        tuple(_amounts(dose, model) for dose in first),
    )


def _amounts(dose: Dose, model: Euthymia) -> tuple[float, ...]:
    enantiomers = ENANTIOMERS_OF[dose.drug]
    amount = dose.milligrams(WEIGHT) / float(model.molecules.ketamine) / len(enantiomers)
    return tuple(amount * (enantiomer in enantiomers) for enantiomer in ENANTIOMERS)


def share_ratios(p: Disposition, reference: Disposition, arms: ArmDesigns) -> Float[Array, "arm channel"]:
    """Shares of a dose in each channel over those of the reference, at which the designs were made."""

    def ratio(route: str, milligrams: float) -> Float[Array, " channel"]:
        now, then = (depot_shares(disposition.absorption, route, milligrams) for disposition in (p, reference))
        by_channel = {channel(enantiomer, depot): now[depot] / then[depot] for depot in now for enantiomer in ENANTIOMERS}
        return jnp.stack([jnp.asarray(by_channel.get(name, 1.0)) for name in CHANNELS])

    return jnp.stack([ratio(route, milligrams) for route, milligrams in zip(arms.routes, arms.milligrams, strict=True)])


def arm_courses(model: Euthymia, reference: Euthymia, arms: ArmDesigns) -> ArmCourse:
    """Samples and areas of every arm under a model."""
    physiology = model.physiology
    ratios = share_ratios(physiology.disposition, reference.physiology.disposition, arms)

    def course(arm: tuple[Design, Array, Array]) -> ArmCourse:
        design, dosed, ratio = arm
        steps = Steps(design.lengths, design.which)
        states = drug_states(physiology, design.weight, steps, ratio * design.infusion, ratio * design.bolus, FAMILIES)
        system = systems(physiology, design.weight)._replace(comparators=None)
        # In the end nothing is left.
        under = areas(system, jax.tree.map(jnp.zeros_like, states), ratio * dosed)
        blood, area = (in_blood(physiology, design.weight, held) for held in (states, jax.tree.map(lambda x: x[None], under)))
        readouts = jnp.stack([blood.arterial, blood.norketamine, blood.hydroxynorketamine, blood.venous], -1)
        samples = jnp.sum(design.enantiomers * readouts[design.node, :, design.readout], -1)
        return ArmCourse(samples, jnp.stack([area.arterial, area.norketamine, area.hydroxynorketamine], -1)[0])

    return jax.lax.map(course, (arms.design, arms.dosed, ratios))


def predicted_numbers(model: Euthymia, reference: Euthymia, arms: ArmDesigns, numbers: Sequence[StudyNumber]) -> Float[Array, " number"]:
    """Every number as the model predicts it, in the unit of the model."""
    course, p = arm_courses(model, reference, arms), model.physiology.disposition
    return jnp.stack([_predicted(p, course, arms, number) for number in numbers])


def _predicted(p: Disposition, course: ArmCourse, arms: ArmDesigns, row: StudyNumber) -> Scalar:
    samples, areas, number = course.samples[row.arm], course.areas[row.arm], row.number

    def area(molecule: str) -> Scalar:
        species, counted = MOLECULES[molecule]
        return jnp.asarray(counted) @ areas[:, SPECIES.index(species)]

    def amount(molecule: str) -> float:
        counted = MOLECULES[molecule][1]
        return sum(dosed for dosed, counts in zip(arms.amounts[row.arm], counted, strict=True) if counts)

    def at(chosen: tuple[int, ...]) -> Float[Array, " chosen"]:
        return samples[jnp.array(chosen)]

    match number.kind:
        case "concentration" | "peak":
            return jnp.max(at(row.samples))
        case "ratio of peaks":
            return jnp.max(at(row.samples)) / jnp.max(at(row.over))
        case "area":
            return area(number.of)
        case "ratio of areas":
            return area(number.of) / area(number.over or number.of)
        case "bioavailability":
            return area(number.of) * p.clearance / amount(number.of)
        case "clearance":
            return amount(number.of) / area(number.of)
        case "volume at steady state":
            return p.central_volume + p.rapid_volume + p.slow_volume + p.deep_volume
        case "half-life":
            (first, last), concentration = number.between or (0.0, LATE), at(row.samples)
            return jnp.log(2) * (last - first) / jnp.log(concentration[0] / concentration[1])
