"""What the samples of a person say about their body: the most probable deviation from the typical one, and how sure it is.

For each person the joint density of samples y and deviation η is maximised,

    −log p(y, η) = Σ [(y − c(η))² / 2σ² + log σ] + ½ ηᵀ Ω⁻¹ η + constant,    σ² = a² + (b c)²,

by damped Fisher scoring with exact derivatives. The inverse of the Hessian there is the covariance of η (Laplace). The
population is the prior and is not fitted: these are empirical-Bayes estimates given the numbers of the evidence.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Bool, Float, Int

from ..core.errors import InputError, unknown
from ..core.parameters import declared
from ..core.types import ENANTIOMERS, Scalar
from ..model.default import default_model
from ..model.inputs import Pulse
from ..model.parameters import Euthymia
from ..model.time_grid import time_grid
from ..pharmacology.ketamine import Disposition
from ..pharmacology.variability import TRAITS, PerTrait, sample_error, spread
from ..protocols.protocol import Protocol
from ..protocols.subjects import Subject
from ..simulation.dosing import pulses_from_doses
from .pk_likelihood import MOLECULES, READOUTS, SAMPLINGS, Design, Estimate, concentrations, misfit, negative_log_joint, sample_information
from .predictive_check import REPLICATES, imagine, predictive_check

BUCKET = 32
"""Steps and samples are padded to a multiple of this, so that other people do not recompile."""
BUCKET_OF_LENGTHS = 16
"""Distinct lengths of steps likewise; each costs a matrix exponential."""
ROUNDS = 100
"""Steps of the search at most."""
CLOSE = 1e-6
"""The search ends when a full step would lower −log p by less than half of this."""
DAMPING = 1e-3
"""At first, relative to the prior's information."""
DAMPING_CHANGE = 10.0
BEFORE = 1e-6
"""A sample at the time of a bolus is taken before it, by this, h."""
NORMAL_95 = 1.6448536269514722
"""The 95th percentile of the standard normal: 90 % lie within."""
DIGITS = 9
"""Decimals, in h, to which lengths of steps are one."""
SEED = 0


class Local(NamedTuple):
    """−log p, its gradient and the Fisher information at a point z."""

    value: Scalar
    gradient: PerTrait
    information: Float[Array, "trait trait"]

    def still_to_gain(self) -> Scalar:
        """Twice what a full step would lower the value by, were it quadratic."""
        return self.gradient @ jnp.linalg.solve(self.information, self.gradient)


class Search(NamedTuple):
    """State of the search for the most probable z."""

    z: PerTrait
    here: Local
    damping: Scalar
    rounds: Int[Array, ""]


def local(model: Euthymia, design: Design, z: PerTrait) -> Local:
    """−log p(y, z) with its gradient and information, from one derivative of the concentrations."""
    L = spread(model.variability)

    def expected(z: PerTrait) -> tuple[Array, Array]:
        found = concentrations(model, design, L @ z)
        return found, found

    J, c = jax.jacfwd(expected, has_aux=True)(z)
    value, slope = jax.vmap(jax.value_and_grad(misfit, 2), (None, 0, 0))(model, design.measured, c)
    weight = jnp.where(design.counted, jax.vmap(sample_information, (None, 0))(model, c), 0)
    return Local(
        jnp.sum(jnp.where(design.counted, value, 0)) + z @ z / 2,
        J.T @ jnp.where(design.counted, slope, 0) + z,
        J.T @ (weight[:, None] * J) + jnp.eye(len(z)),
    )


def most_probable(model: Euthymia, design: Design) -> tuple[PerTrait, Bool[Array, ""]]:
    """The z of the highest joint density, and whether the search reached it."""

    def go_on(at: Search) -> Array:
        return (at.here.still_to_gain() > CLOSE) & (at.rounds < ROUNDS)

    def step(at: Search) -> Search:
        damped = at.here.information + at.damping * jnp.eye(len(at.z))
        z = at.z - jnp.linalg.solve(damped, at.here.gradient)
        there = local(model, design, z)
        # A value that is no number is not better.
        better = there.value <= at.here.value
        z, here = jax.tree.map(lambda new, old: jnp.where(better, new, old), (z, there), (at.z, at.here))
        return Search(z, here, jnp.where(better, at.damping / DAMPING_CHANGE, at.damping * DAMPING_CHANGE), at.rounds + 1)

    start = jnp.zeros(len(TRAITS))
    end = jax.lax.while_loop(go_on, step, Search(start, local(model, design, start), jnp.asarray(DAMPING), jnp.asarray(0)))
    return end.z, end.here.still_to_gain() <= CLOSE


@eqx.filter_jit
def estimate(model: Euthymia, design: Design) -> Estimate:
    """The estimate of one person. People do not share a ``vmap``, in which all would take as long as the slowest."""
    L = spread(model.variability)
    z, converged = most_probable(model, design)
    hessian = jax.hessian(lambda z: negative_log_joint(model, design, z))(z)
    predicted, typical = jax.lax.map(lambda z: concentrations(model, design, L @ z), jnp.stack([z, jnp.zeros_like(z)]))
    return Estimate(L @ z, L @ jnp.linalg.solve(hessian, L.T), predicted, typical, converged)


@dataclass(frozen=True)
class PharmacokineticFit:
    """Estimates of people, what they predict, and whether the population's spread fits what was seen.

    Attributes
    ----------
    individuals
        By ``subject`` and ``parameter``: η and its SE, the parameter with its 90 % interval at the reference weight.
    samples
        By ``sample``: observed, predicted for the person and for a typical person of their weight (ng/mL), weighted residual.
    shrinkage
        1 − SD(η)/ω by ``parameter``; none for a single person. Near 1 where samples say little and estimates stay typical.
    check
        Visual predictive check by ``bin``, ``percentile`` and ``level``: percentiles of what was observed, and of studies of the
        same designs in people drawn from the population, ng/mL.
    warnings
        What a reader should know before trusting it.
    """

    individuals: xr.Dataset
    samples: xr.Dataset
    shrinkage: xr.DataArray
    check: xr.Dataset
    warnings: list[str]


def check_subjects(subjects: list[Subject]) -> None:
    """Refuse data that cannot be fitted.

    Raises
    ------
    InputError
        Without a single sample; for an unknown molecule or sampling, a concentration that is none, a person with samples
        and no ketamine, and drug measured before any was given.
    """
    if not any(subject.observations for subject in subjects):
        raise InputError("observations: there are none; at least one measured concentration is needed")
    for subject in subjects:
        field = f"subject {subject.name}"
        given = [dose.start for dose in subject.doses if "ketamine" in dose.drug]
        if subject.observations and not given:
            raise InputError(f"{field}: has samples but no dose of ketamine")
        for each in subject.observations:
            if each.molecule not in MOLECULES:
                raise unknown(f"{field}: molecule", each.molecule, MOLECULES)
            if each.sampling not in SAMPLINGS:
                raise unknown(f"{field}: sampling", each.sampling, SAMPLINGS)
            if not (np.isfinite(each.concentration) and each.concentration >= 0):
                raise InputError(f"{field}: {each.concentration} ng/mL of {each.molecule} at {each.time:g} h is not a concentration")
            if each.time <= min(given) and each.concentration > 0:
                said = f"{each.concentration:g} ng/mL of {each.molecule} at {each.time:g} h"
                raise InputError(f"{field}: {said}, but the first dose begins at {min(given):g} h")


def fit(
    subjects: list[Subject],
    model: Euthymia | None = None,
    replicates: int = REPLICATES,
    progress: Callable[[int], None] = lambda done: None,
) -> PharmacokineticFit:
    """Estimate every person's disposition from their samples, with the spread between people as the prior.

    Parameters
    ----------
    subjects
        Doses and samples; whoever has no sample is estimated as typical. Without a weight, that of the typical patient is taken.
    model
        Numbers; the evidence's if left out.
    replicates
        Studies simulated for the predictive check.
    progress
        Called with the number of people done.

    Raises
    ------
    InputError
        If the data cannot be fitted, see :func:`check_subjects`.
    """
    check_subjects(subjects)
    model = default_model() if model is None else model
    # A sample before the first dose holds nothing and says nothing.
    subjects = [_after_first_dose(subject) for subject in subjects]
    estimates, imagined = [], []
    keys = jax.random.split(jax.random.key(SEED), replicates)
    for number, design in enumerate(_padded([_design(subject, model) for subject in subjects])):
        estimates.append(jax.tree.map(np.asarray, estimate(model, design)))
        imagined.append(np.asarray(imagine(model, design, jnp.asarray(number), keys)))
        progress(number + 1)
    every = jax.tree.map(lambda *each: np.stack(each), *estimates)
    individuals = _individuals(subjects, every, model)
    samples, simulated = _samples(subjects, every, np.stack(imagined, 1), model)
    return PharmacokineticFit(
        individuals, samples, _shrinkage(individuals, model), predictive_check(samples, simulated), _warnings(individuals, subjects)
    )


def _weight(subject: Subject, model: Euthymia) -> float:
    return float(model.patient.weight) if subject.weight is None else subject.weight


def _after_first_dose(subject: Subject) -> Subject:
    first = min((dose.start for dose in subject.doses if "ketamine" in dose.drug), default=0.0)
    return replace(subject, observations=tuple(each for each in subject.observations if each.time > first))


def _pulses(subject: Subject, model: Euthymia) -> list[Pulse]:
    # Every dose was checked when it was read.
    return pulses_from_doses(Protocol.model_construct(doses=subject.doses), model, _weight(subject, model))


def _design(subject: Subject, model: Euthymia) -> Design:
    """One person's design without padding: a node only where input changes or a sample is taken, because steps are exact."""
    pulses = _pulses(subject, model)
    boluses = {pulse.start for pulse in pulses if pulse.duration == 0}
    times = [each.time - BEFORE * (each.time in boluses) for each in subject.observations]
    grid = time_grid(pulses, max(times, default=1.0), tuple(times))
    infusion, bolus = (each[: grid.nodes - 1] for each in (grid.infusion, grid.bolus))
    sampled = np.searchsorted(grid.times, np.array(times) - BEFORE / 2)
    changes = np.flatnonzero((np.diff(infusion, axis=0, prepend=0) != 0).any(1) | (bolus != 0).any(1))
    nodes = np.unique([0, *changes, *sampled, grid.nodes - 1])
    # The length of nothing stands first, for the padding.
    lengths, which = np.unique([0.0, *np.diff(grid.times[nodes]).round(DIGITS)], return_inverse=True)
    shown = [MOLECULES[each.molecule] for each in subject.observations]
    masses = [_nanograms(each.molecule, model) for each in subject.observations]
    venous = [each.sampling == "venous" and species == "ketamine" for each, (species, _) in zip(subject.observations, shown, strict=True)]
    found = {
        "weight": _weight(subject, model),
        "lengths": lengths,
        "which": which[1:],
        "infusion": infusion[nodes[:-1]],
        "bolus": bolus[nodes[:-1]],
        "node": np.searchsorted(nodes, sampled),
        "readout": np.array([READOUTS.index("ketamine, venous" if v else s) for v, (s, _) in zip(venous, shown, strict=True)], int),
        "enantiomers": np.reshape([enantiomers for _, enantiomers in shown], (-1, len(ENANTIOMERS))).astype(float),
        "measured": np.array([each.concentration for each in subject.observations]) / np.array(masses),
        "counted": np.ones(len(times), bool),
    }
    return Design(**{name: jnp.asarray(values) for name, values in found.items()})


def _nanograms(molecule: str, model: Euthymia) -> float:
    """ng/mL in a µM of a molecule."""
    return 1e3 * float(getattr(model.molecules, MOLECULES[molecule][0]))


def _bucket(designs: list[Design], name: str, unit: int) -> int:
    return unit * math.ceil(max(len(getattr(each, name)) for each in designs) / unit)


def _padded(designs: list[Design]) -> list[Design]:
    """The same designs in arrays of the same sizes."""
    steps, samples = (_bucket(designs, name, BUCKET) for name in ("which", "node"))
    lengths = _bucket(designs, "lengths", BUCKET_OF_LENGTHS)

    def padded(design: Design) -> Design:
        def to(name: str, length: int) -> Array:
            values = np.asarray(getattr(design, name))
            return jnp.asarray(np.pad(values, [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)]))

        over_steps = {name: to(name, steps) for name in ("which", "infusion", "bolus")}
        over_samples = {name: to(name, samples) for name in ("node", "readout", "enantiomers", "measured", "counted")}
        return Design(weight=design.weight, lengths=to("lengths", lengths), **over_steps, **over_samples)

    return [padded(design) for design in designs]


def _individuals(subjects: list[Subject], found: Estimate, model: Euthymia) -> xr.Dataset:
    by_both, by_subject, by_parameter = ("subject", "parameter"), ("subject",), ("parameter",)
    se = np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2))
    typical = np.array([float(getattr(model.physiology.disposition, trait)) for trait in TRAITS])
    units = {name: field.metadata["unit"] for name, field in declared(Disposition)}
    return xr.Dataset(
        {
            "unit": (by_parameter, [units[trait] for trait in TRAITS]),
            "typical": (by_parameter, typical),
            "estimate": (by_both, typical * np.exp(found.deviation)),
            "lower": (by_both, typical * np.exp(found.deviation - NORMAL_95 * se)),
            "upper": (by_both, typical * np.exp(found.deviation + NORMAL_95 * se)),
            "eta": (by_both, found.deviation),
            "se": (by_both, se),
            "weight": (by_subject, [_weight(subject, model) for subject in subjects]),
            "observations": (by_subject, [len(subject.observations) for subject in subjects]),
            "converged": (by_subject, found.converged),
        },
        coords={"subject": [subject.name for subject in subjects], "parameter": list(TRAITS)},
        attrs={"reference_weight": float(model.physiology.disposition.reference_weight)},
    )


def _samples(subjects: list[Subject], found: Estimate, imagined: np.ndarray, model: Euthymia) -> tuple[xr.Dataset, np.ndarray]:
    """All samples in a row, and what the simulated studies have in their place, ng/mL."""
    observed = [(place, k, each) for place, subject in enumerate(subjects) for k, each in enumerate(subject.observations)]
    person, place = np.array([(p, k) for p, k, _ in observed], int).reshape(-1, 2).T
    masses = np.array([_nanograms(each.molecule, model) for *_, each in observed])
    concentration = np.array([each.concentration for *_, each in observed])
    predicted, typical = found.predicted[person, place], found.typical[person, place]
    error = np.asarray(sample_error(model.variability, jnp.asarray(predicted)))
    after = [each.time - max(d.start for d in subjects[p].doses if "ketamine" in d.drug and d.start < each.time) for p, _, each in observed]
    columns = {
        "subject": [subjects[p].name for p in person],
        "time": [each.time for *_, each in observed],
        "time_after_dose": after,
        "molecule": [each.molecule for *_, each in observed],
        "sampling": [each.sampling for *_, each in observed],
        "observed": concentration,
        "individual": predicted * masses,
        "population": typical * masses,
        "weighted_residual": (concentration / masses - predicted) / error,
    }
    return xr.Dataset({name: ("sample", values) for name, values in columns.items()}), imagined[:, person, place] * masses


def _shrinkage(individuals: xr.Dataset, model: Euthymia) -> xr.DataArray:
    omega = xr.DataArray(np.sqrt(model.variability.variance), coords={"parameter": list(TRAITS)})
    if individuals.sizes["subject"] == 1:
        return xr.full_like(omega, np.nan)
    return 1 - individuals.eta.std("subject", ddof=1) / omega


def _warnings(individuals: xr.Dataset, subjects: list[Subject]) -> list[str]:
    found = [f"subject {name}: the search did not settle" for name in individuals.subject.values[~individuals.converged.values]]
    if weightless := [subject.name for subject in subjects if subject.weight is None]:
        found.append(f"weight: not given for {len(weightless)} of {len(subjects)} people; the typical patient's is taken")
    return found
