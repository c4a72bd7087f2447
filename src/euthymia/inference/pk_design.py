"""Designs for pharmacokinetic estimation: a person's body, input and samples as arrays, padded so that people share one program."""

import math
from dataclasses import replace
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..core.constants import NG_PER_ML
from ..core.types import ENANTIOMERS, Scalar
from ..model.inputs import Pulse
from ..model.parameters import Euthymia
from ..model.time_grid import time_grid
from ..pharmacology.covariates import CovariateEffects
from ..protocols.compartments import MOLAR
from ..protocols.patient import Patient
from ..protocols.protocol import Protocol
from ..protocols.subjects import Sample, Subject
from ..simulation.dosing import pulses_from_doses
from ..simulation.person import covariate_effects

READOUTS = ("ketamine", "norketamine", "hydroxynorketamine", "ketamine, venous")
"""What a sample can measure: arterial ketamine and metabolites, and venous ketamine with its lag; metabolites have none."""
SPECIES = READOUTS[:3]
BOTH = "both"
MOLECULES = {
    species if enantiomer == BOTH else f"{enantiomer}-{species}": (species, [float(enantiomer in (BOTH, name)) for name in ENANTIOMERS])
    for species in SPECIES
    for enantiomer in (BOTH, *ENANTIOMERS)
}
"""The molecules of a sample: the species, and which enantiomers are counted."""
SAMPLINGS = ("venous", "arterial")
UNLIMITED = (-math.inf, math.inf)
"""Limits of a sample that is not censored."""
PADDING = 32
"""Steps and samples are padded to a multiple of this, so that other people do not recompile."""
LENGTHS_PADDING = 16
"""Distinct lengths of steps likewise; each costs a matrix exponential."""
BEFORE_BOLUS = 1e-6
"""A sample at the time of a bolus is taken before it, by this, h."""
LENGTH_DECIMALS = 9
"""Decimals, in h, to which lengths of steps are equal."""


class Design(NamedTuple):
    """One person's body, input and samples, padded; nothing is counted in the padding."""

    weight: Scalar
    body: CovariateEffects
    """Of the typical person of the same covariates."""
    lengths: Float[Array, "length"]
    which: Int[Array, "step"]
    infusion: Float[Array, "step channel"]
    bolus: Float[Array, "step channel"]
    node: Int[Array, "sample"]
    readout: Int[Array, "sample"]
    enantiomers: Float[Array, "sample enantiomer"]
    measured: Float[Array, "sample"]
    """µM; of a censored sample, the limit that was stated."""
    low: Float[Array, "sample"]
    """µM: a censored sample lies between this and ``high``; both infinite where a value was measured."""
    high: Float[Array, "sample"]
    censored: Bool[Array, "sample"]
    counted: Bool[Array, "sample"]


def ketamine_starts(subject: Subject) -> list[float]:
    """Starts of the doses of ketamine or an enantiomer, h."""
    return [dose.start for dose in subject.doses if "ketamine" in dose.drug]


def after_first_dose(subject: Subject) -> Subject:
    """The same subject with the samples after the first dose, because earlier ones hold no drug and no information."""
    first = min(ketamine_starts(subject), default=0.0)
    return replace(subject, observations=tuple(sample for sample in subject.observations if sample.time > first))


def subject_patient(subject: Subject) -> Patient:
    """The person of a subject as the patient of a protocol. Raises ``InputError`` for a covariate that a patient cannot have."""
    return Patient(**subject.patient())


def subject_weight(subject: Subject, model: Euthymia) -> float:
    """Body weight (kg); the typical patient's where it is not known."""
    return float(model.patient.weight) if subject.weight is None else subject.weight


def subject_pulses(subject: Subject, model: Euthymia) -> list[Pulse]:
    """Doses of a subject as amounts of molecules; every dose was checked when it was read."""
    return pulses_from_doses(Protocol.model_construct(doses=subject.doses), model, subject_weight(subject, model))


def nanograms_per_micromolar(molecule: str, model: Euthymia) -> float:
    """ng/mL in a µM of a molecule."""
    return NG_PER_ML * float(getattr(model.molecules, MOLECULES[molecule][0]))


def sample_unit(sample: Sample, model: Euthymia) -> float:
    """µM in one of the unit in which a sample is stated."""
    return 1.0 if sample.unit == MOLAR else 1 / nanograms_per_micromolar(sample.molecule, model)


def subject_design(subject: Subject, model: Euthymia) -> Design:
    """One person's design without padding: a node only where input changes or a sample is taken, because steps are exact."""
    pulses, samples = subject_pulses(subject, model), subject.observations
    boluses = {pulse.start for pulse in pulses if pulse.duration == 0}
    times = [sample.time - BEFORE_BOLUS * (sample.time in boluses) for sample in samples]
    grid = time_grid(pulses, max(times, default=1.0), tuple(times))
    infusion, bolus = (inputs[: grid.nodes - 1] for inputs in (grid.infusion, grid.bolus))
    sampled = np.searchsorted(grid.times, np.array(times) - BEFORE_BOLUS / 2)
    changes = np.flatnonzero((np.diff(infusion, axis=0, prepend=0) != 0).any(1) | (bolus != 0).any(1))
    nodes = np.unique([0, *changes, *sampled, grid.nodes - 1])
    # The length 0 stands first, for the padding.
    lengths, which = np.unique([0.0, *np.diff(grid.times[nodes]).round(LENGTH_DECIMALS)], return_inverse=True)
    molecules = [MOLECULES[sample.molecule] for sample in samples]
    units = np.array([sample_unit(sample, model) for sample in samples])
    limits = np.reshape([UNLIMITED if sample.limits is None else sample.limits for sample in samples], (-1, 2)).T
    venous = [sample.sampling == "venous" and species == "ketamine" for sample, (species, _) in zip(samples, molecules, strict=True)]
    readouts = ["ketamine, venous" if lagged else species for lagged, (species, _) in zip(venous, molecules, strict=True)]
    arrays = {
        "lengths": lengths,
        "which": which[1:],
        "infusion": infusion[nodes[:-1]],
        "bolus": bolus[nodes[:-1]],
        "node": np.searchsorted(nodes, sampled),
        "readout": np.array([READOUTS.index(readout) for readout in readouts], int),
        "enantiomers": np.reshape([enantiomers for _, enantiomers in molecules], (-1, len(ENANTIOMERS))).astype(float),
        "measured": np.array([sample.concentration for sample in samples]) * units,
        "low": limits[0] * units,
        "high": limits[1] * units,
        "censored": np.array([sample.limits is not None for sample in samples], bool),
        "counted": np.ones(len(times), bool),
    }
    body = covariate_effects(subject_patient(subject), model)
    weight = jnp.asarray(subject_weight(subject, model))
    return Design(weight=weight, body=body, **{name: jnp.asarray(values) for name, values in arrays.items()})


def _padded_length(designs: list[Design], name: str, unit: int) -> int:
    return unit * math.ceil(max(len(getattr(design, name)) for design in designs) / unit)


def padded_designs(designs: list[Design]) -> list[Design]:
    """The same designs in arrays of the same sizes."""
    steps, samples = (_padded_length(designs, name, PADDING) for name in ("which", "node"))
    lengths = _padded_length(designs, "lengths", LENGTHS_PADDING)

    def padded(design: Design) -> Design:
        def to(name: str, length: int, padding: float = 0) -> Array:
            values = np.asarray(getattr(design, name))
            return jnp.asarray(np.pad(values, [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)], constant_values=padding))

        over_steps = {name: to(name, steps) for name in ("which", "infusion", "bolus")}
        over_samples = {name: to(name, samples) for name in ("node", "readout", "enantiomers", "measured", "censored", "counted")}
        limits = {name: to(name, samples, limit) for name, limit in zip(("low", "high"), UNLIMITED, strict=True)}
        return Design(weight=design.weight, body=design.body, lengths=to("lengths", lengths), **over_steps, **over_samples, **limits)

    return [padded(design) for design in designs]
