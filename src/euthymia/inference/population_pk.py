"""The population's pharmacokinetics from samples of many people: typical values, variances between people, and residual error.

Typical values and variances of chosen traits, and both terms of the residual error, are those of the highest likelihood
(:mod:`.population_likelihood`). Other traits vary between people as the evidence says, and central volume and clearance are
correlated as it says. Typical values are those of the reference person: weight and covariates act on them as in the model.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from ..core.errors import InputError, unknown
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..pharmacology.variability import TRAITS, PerTrait, sample_error, spread
from ..protocols.subjects import Subject
from .pk_data import check_subjects
from .pk_design import MOLECULES, Design, after_first_dose, padded_designs, subject_design
from .population_estimate import PopulationEstimate, estimate_population
from .population_likelihood import MixedModel, population_objective
from .population_tables import errors_table, people_table, traits_table
from .population_warnings import population_warnings
from .reduced_course import ReducedCourse, reduced_course

LEAST_PEOPLE = 6
"""With samples of the molecule that informs a trait: fewer do not tell a variance from zero."""
INFORMED_BY = {
    **dict.fromkeys(("central_volume", "clearance", "slow_flow", "deep_volume"), "ketamine"),
    **dict.fromkeys(("norketamine_clearance", "norketamine_delay"), "norketamine"),
    "hydroxynorketamine_clearance": "hydroxynorketamine",
}
"""The molecule without which a trait is not estimated."""
USUAL = ("central_volume", "clearance", "norketamine_clearance", "hydroxynorketamine_clearance")
"""Traits that are estimated by default where enough people have samples of their molecule: the others need samples at special times."""
ERRORS = ("proportional_error", "additive_error")
"""Terms of the residual error, as fields of the variability."""
FARTHEST_TYPICAL, FARTHEST_SD = np.log(30), np.log(1000)
"""How far typical values may go from the evidence's, to both sides; and SDs and error terms likewise."""


class PopulationTraits(eqx.Module):
    """The model at coordinates: logarithms of typical values of traits, of their SDs between people, and of the error terms."""

    model: Euthymia
    traits: tuple[str, ...] = eqx.field(static=True)

    def __call__(self, coordinates: Float[Array, " estimated"]) -> Euthymia:
        """The model with the traits and errors that the coordinates stand for."""
        typical, sd, errors = jnp.split(coordinates, [len(self.traits), 2 * len(self.traits)])
        disposition = replace(self.model.physiology.disposition, **dict(zip(self.traits, jnp.exp(typical), strict=True)))
        variance = self.model.variability.variance.at[self.positions()].set(jnp.exp(2 * sd))
        variability = replace(self.model.variability, variance=variance, **dict(zip(ERRORS, jnp.exp(errors), strict=True)))
        return replace(self.model, physiology=replace(self.model.physiology, disposition=disposition), variability=variability)

    def positions(self) -> np.ndarray:
        """Of the traits among all."""
        return np.array([TRAITS.index(trait) for trait in self.traits], int)

    def start(self) -> np.ndarray:
        """Coordinates of the model itself."""
        typical = [getattr(self.model.physiology.disposition, trait) for trait in self.traits]
        sd = np.sqrt(np.asarray(self.model.variability.variance)[self.positions()])
        return np.log(np.array([*typical, *sd, *(getattr(self.model.variability, error) for error in ERRORS)], float))

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest coordinates."""
        start = self.start()
        reach = np.repeat([FARTHEST_TYPICAL, FARTHEST_SD], [len(self.traits), len(start) - len(self.traits)])
        return start - reach, start + reach


@dataclass(frozen=True)
class PopulationFit:
    """The most likely population, and what says whether to trust it.

    Attributes
    ----------
    traits
        By ``parameter``, all traits: typical value, its SE and 90 % interval, variance of η with the same, the evidence's values, the
        shrinkage of η, and whether the trait was estimated. SEs are from the Hessian of the objective.
    errors
        By ``term``: the residual error's SD as share of the concentration, and in µM where there is no drug, with SE and interval.
    people
        By ``subject`` and ``parameter``: η and the person's value at the reference weight and covariates; by ``subject``: objective.
    estimate
        Coordinates, gradient, Hessian and convergence.
    samples, censored
        Number of samples that were fitted, and of those among them that are known by their limits alone.
    error_shrinkage
        1 − SD of the weighted residuals of measured samples.
    model
        The model with the estimates in it.
    warnings
        What a reader should know before trusting it.
    """

    traits: xr.Dataset
    errors: xr.Dataset
    people: xr.Dataset
    estimate: PopulationEstimate
    samples: int
    censored: int
    error_shrinkage: float
    model: Euthymia
    warnings: list[str]


def fit_population(
    subjects: Sequence[Subject],
    model: Euthymia | None = None,
    traits: Collection[str] | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> PopulationFit:
    """Estimate the population's pharmacokinetics from the samples of people.

    Parameters
    ----------
    subjects
        Doses and samples; whoever has no sample is left out.
    model
        Where the search begins, and what is not estimated; the evidence's if left out.
    traits
        What is estimated, of ``pharmacology.variability.TRAITS``; by default volume of distribution and clearances of what was
        measured in enough people.
    progress
        Called with a few words after every step.

    Raises
    ------
    InputError
        For data that cannot be fitted, too few people or samples, and a trait that does not exist or on which no sample depends.
    """
    subjects = list(subjects)
    check_subjects(subjects)
    fitted = [subject for subject in map(after_first_dose, subjects) if subject.observations]
    chosen = check_traits(fitted, traits)
    parameters = PopulationTraits(default_model() if model is None else model, chosen)
    of_people = padded_designs([subject_design(subject, parameters.model) for subject in fitted])
    course = reduced_course(parameters.model, of_people)
    designs = jax.tree.map(lambda *leaves: jnp.stack(leaves), *of_people)
    mixed = MixedModel(parameters, course.joint_density, len(TRAITS))
    progress("compiling")
    _check_dependence(mixed, designs, parameters)
    estimate = estimate_population(mixed, designs, parameters.start(), parameters.bounds(), progress)
    at = parameters(jnp.asarray(estimate.coordinates))
    deviations = estimate.effects @ np.asarray(spread(at.variability)).T
    tables = (
        traits_table(parameters.model, at, chosen, estimate, deviations),
        errors_table(parameters.model, at, ERRORS, estimate),
        people_table(fitted, at, estimate, deviations),
    )
    shrinkage = 1 - float(np.std(_weighted_residuals(course, at, designs, jnp.asarray(deviations)), ddof=1))
    samples, censored = (int(np.sum(mask)) for mask in (designs.counted, designs.censored))
    warnings = population_warnings(tables[0], tables[1], estimate, len(subjects) - len(fitted))
    return PopulationFit(*tables, estimate, samples, censored, shrinkage, at, warnings)


def check_traits(subjects: Sequence[Subject], traits: Collection[str] | None = None) -> tuple[str, ...]:
    """The traits to estimate, in the order of all; ``subjects`` are those with samples.

    Raises
    ------
    InputError
        For too few people or samples, and a trait that does not exist or whose molecule too few people have samples of.
    """
    if len(subjects) < LEAST_PEOPLE:
        raise InputError(f"population: {len(subjects)} people have samples; at least {LEAST_PEOPLE} are needed")
    people = {
        molecule: sum(any(MOLECULES[sample.molecule][0] == molecule for sample in subject.observations) for subject in subjects)
        for molecule in INFORMED_BY.values()
    }
    if traits is None:
        traits = [trait for trait in USUAL if people[INFORMED_BY[trait]] >= LEAST_PEOPLE]
        if not traits:
            raise InputError(f"population: no molecule was measured in {LEAST_PEOPLE} people or more")
    if not traits:
        raise InputError(f"traits: there are none; allowed: {', '.join(TRAITS)}")
    for trait in traits:
        if trait not in TRAITS:
            raise unknown("traits", trait, TRAITS)
        molecule = INFORMED_BY[trait]
        if people[molecule] < LEAST_PEOPLE:
            raise InputError(f"traits: {trait} needs {molecule} measured in {LEAST_PEOPLE} people; it was in {people[molecule]}")
    chosen = tuple(trait for trait in TRAITS if trait in traits)
    samples, estimated = sum(len(subject.observations) for subject in subjects), 2 * len(chosen) + len(ERRORS)
    if samples <= estimated:
        raise InputError(f"population: {samples} samples for {estimated} parameters; more samples or fewer traits are needed")
    return chosen


def _check_dependence(mixed: MixedModel, designs: Design, parameters: PopulationTraits) -> None:
    start, effects = jnp.asarray(parameters.start()), jnp.zeros((len(designs.weight), mixed.effects))
    scores = np.asarray(population_objective(mixed, designs, start, effects).gradient)
    for trait, of_trait in zip(parameters.traits, scores.T, strict=False):
        if not of_trait.any():
            raise InputError(f"traits: no sample depends on {trait} under these doses; leave it out")


@eqx.filter_jit
def _standardised(
    course: ReducedCourse, model: Euthymia, designs: Design, deviations: Float[Array, "subject trait"]
) -> Float[Array, "subject sample"]:
    def of_person(pair: tuple[Design, PerTrait]) -> Float[Array, " sample"]:
        design, deviation = pair
        expected = course.concentrations(model, design, deviation)
        return (design.measured - expected) / sample_error(model.variability, expected)

    return jax.lax.map(of_person, (designs, deviations))


def _weighted_residuals(course: ReducedCourse, model: Euthymia, designs: Design, deviations: Float[Array, "subject trait"]) -> np.ndarray:
    """(y − c)/σ of all measured samples."""
    return np.asarray(_standardised(course, model, designs, deviations))[np.asarray(designs.counted & ~designs.censored)]
