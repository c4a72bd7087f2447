"""The pharmacokinetics of anyone as SBML: rate constants and volumes that follow weight and random effects, without doses.

A rate constant or volume k of a person is

    k = k₀ (w/w₀)ᵖ exp(Σ e η),    η = L z,

where k₀ is that of a person without random effects at the reference weight w₀, and L the root of the covariance of η between people.
The powers p and e are derivatives of log k in the model's own equations, all of which are such products. z, weight and k₀ are
parameters that a condition may set; an infusion is a parameter that is zero until one does. Times h, amounts µmol, volumes L.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core.types import Scalar
from ..model.exposure import individualised
from ..model.parameters import Euthymia
from ..pharmacology.covariates import CovariateEffects, typical_body
from ..pharmacology.ketamine import STATES, central_volumes, rate_matrix
from ..pharmacology.variability import TRAITS, individual, spread
from .dosed_systems import label, words
from .linear_systems import LinearSystem, body_systems
from .sbml_document import ELSEWHERE, Document, Unit, identifier

SYSTEMS = ("S-ketamine", "R-ketamine", "esketamine")
"""On which a sample depends."""
FOLLOWED = ("venous",)
"""Lagged concentrations that a sample can show."""
UNITS: dict[str, Unit] = {"kg": ("kilogram", [("kilogram", 1, 0, 1.0)])}
WEIGHT, SIZE = "weight", "relative_weight"
POWER_DECIMALS = 9
"""To which powers are equal: they are computed as derivatives."""
SAME = 1e-12
"""Relative; constants of two people that differ by less are equal."""


class Powers(NamedTuple):
    """Powers of exp(η) by trait, and last of the weight, for each rate constant of an enantiomer and each volume."""

    matrix: np.ndarray
    """[enantiomer, state, state, power]; meaningless where there is no flow."""
    volumes: dict[str, np.ndarray]


class Constant(NamedTuple):
    """A rate constant or volume without random effects, at the reference weight."""

    identifier: str
    name: str
    unit: str
    values: np.ndarray
    """Of the typical person, then of people in their order."""
    powers: np.ndarray

    def is_own(self, person: int) -> bool:
        """Whether that of a person, beside weight and random effects, is not that of the typical person."""
        return bool(abs(self.values[person] - self.values[0]) > SAME * abs(self.values[0]))


class PeopleSystem(NamedTuple):
    """A linear system with the numbers of the typical person and then of others, and how they scale."""

    typical: LinearSystem
    matrices: np.ndarray
    """[person, state, state]."""
    volumes: dict[str, np.ndarray]
    """By pool, [person]."""
    powers: Powers | None
    """None where nothing depends on weight or random effects."""
    enantiomer: int

    @property
    def name(self) -> str:
        """Of its molecule."""
        return self.typical.name

    def reached(self, entered: set[str]) -> tuple[str, ...]:
        """The states that hold drug after it entered some, but for lagged concentrations that no sample shows."""
        flows = np.any(self.matrices, axis=0)
        states, reach = self.typical.states, np.isin(self.typical.states, list(entered))
        for _ in states:
            reach = reach | flows[:, reach].any(1)
        kept = (*self.typical.pools, *FOLLOWED)
        return tuple(state for state, is_reached in zip(states, reach, strict=True) if is_reached and state in kept)

    def volume(self, pool: str) -> Constant:
        """The volume of a pool."""
        name = f"{label(self.typical, pool)}: volume"
        powers = np.zeros(len(TRAITS) + 1) if self.powers is None else self.powers.volumes[pool]
        return Constant(identifier(self.name, pool, "volume"), name, "litre", self.volumes[pool], powers)

    def flow(self, source: str, target: str) -> Constant:
        """The rate constant of a flow, or of the lag with which a concentration follows that of a pool."""
        row, column = (self.typical.states.index(state) for state in (target, source))
        values = np.abs(self.matrices[:, row, column])
        powers = np.zeros(len(TRAITS) + 1) if self.powers is None else self.powers.matrix[self.enantiomer, row, column]
        if target not in self.typical.pools and source != target:
            volume = self.volume(source)
            values, powers = values * volume.values, powers + volume.powers
        name = f"{label(self.typical, source)}: rate constant to {words(target)}"
        return Constant(identifier("k", self.name, source, target), name, "per_h", values, powers)

    def constants(self, entered: set[str]) -> Iterator[Constant]:
        """The volumes and rate constants of the states that are reached."""
        states = self.reached(entered)
        yield from (self.volume(pool) for pool in self.volumes if pool in states)
        for source in states:
            yield from (self.flow(source, target) for target in self.targets(source, states))

    def targets(self, source: str, states: Sequence[str]) -> list[str]:
        """What a state flows to, or follows it; a lagged concentration loses to itself."""
        column = np.any(self.matrices, axis=0)[:, self.typical.states.index(source)]
        flows_to = [state for state in states if column[self.typical.states.index(state)]]
        return [state for state in flows_to if state != source or state not in self.typical.pools]


@eqx.filter_jit
def _slopes(model: Euthymia, weight: Scalar) -> tuple[Float[Array, "enantiomer state state power"], dict[str, Float[Array, "power"]]]:
    """Derivatives of the logarithms of rate constants and volumes by η and the logarithm of weight, without random effects."""

    def logarithms(at: Float[Array, "power"]) -> tuple[Float[Array, "enantiomer state state"], dict[str, Scalar]]:
        p, w = individual(model.physiology.disposition, at[:-1]), weight * jnp.exp(at[-1])
        return jnp.log(jnp.abs(rate_matrix(p, w))), jax.tree.map(jnp.log, central_volumes(p, w))

    return jax.jacfwd(logarithms)(jnp.zeros(len(TRAITS) + 1))


def people_systems(model: Euthymia, bodies: Sequence[CovariateEffects]) -> list[PeopleSystem]:
    """The systems of samples with the numbers of the typical person and of others, without random effects at the reference weight."""
    weight = model.physiology.disposition.reference_weight
    slopes, volume_slopes = _slopes(model, weight)
    rounded = {pool: np.round(np.asarray(slope), POWER_DECIMALS) for pool, slope in volume_slopes.items()}
    powers = Powers(np.round(np.asarray(slopes), POWER_DECIMALS), rounded)
    people = [
        body_systems(replace(model, physiology=individualised(model.physiology, body)), float(weight)) for body in (typical_body(), *bodies)
    ]
    systems = []
    for of_people in zip(*people, strict=True):
        typical = of_people[0]
        if typical.name in SYSTEMS:
            volumes = {pool: np.array([system.volumes[pool] for system in of_people]) for pool in typical.volumes}
            scaled = typical.states == STATES
            matrices = np.array([system.matrix for system in of_people])
            systems.append(PeopleSystem(typical, matrices, volumes, powers if scaled else None, SYSTEMS.index(typical.name)))
    return systems


def parametrised_model(
    document: Document, model: Euthymia, systems: Sequence[PeopleSystem], entered: Mapping[str, set[str]], infused: Mapping[str, set[str]]
) -> None:
    """Write the systems into a document.

    Parameters
    ----------
    document
        To which they are added.
    entered, infused
        States of each system into which drug comes at all, and those into which it is infused.
    """
    document.define(UNITS)
    scales = _Scales(document, model)
    for system in systems:
        if entered.get(system.name):
            _add_system(document, system, entered[system.name], scales)
            for state in sorted(infused.get(system.name, ())):
                variable, name = identifier(system.name, state), f"{label(system.typical, state)}: infusion"
                rate = document.number(infusion_rate(system.name, state), f"{name}, rate", 0.0, "umol_per_h", constant=False)
                document.reaction(identifier("infusion", system.name, state), name, rate, target=variable)


def infusion_rate(system: str, state: str) -> str:
    """The parameter that is the rate of infusion into a state, µmol/h."""
    return identifier(system, state, "infusion")


def concentration(system: LinearSystem, state: str) -> str:
    """The variable that is a concentration, µM: of a pool, or a lagged one."""
    return identifier(system.name, state, "concentration") if state in system.pools else identifier(system.name, state)


class _Scales:
    """Weight, random effects, and factors that follow them; a factor is added when first needed."""

    def __init__(self, document: Document, model: Euthymia):
        self.document = document
        self._factors: dict[tuple[float, ...], str] = {}
        weight = float(model.physiology.disposition.reference_weight)
        document.number(WEIGHT, "body weight", weight, "kg")
        document.rule(SIZE, "body weight over the reference weight", "dimensionless", f"{WEIGHT} / {weight!r} kg")
        for trait in TRAITS:
            document.number(standard_normal(trait), f"standard normal random effect, {words(trait)}", 0.0, "dimensionless")
        for trait, row in zip(TRAITS, np.asarray(spread(model.variability)), strict=True):
            terms = [f"{float(factor)!r}*{standard_normal(other)}" for other, factor in zip(TRAITS, row, strict=True) if factor]
            document.rule(_effect(trait), f"random effect on the logarithm of {words(trait)}", "dimensionless", " + ".join(terms) or "0")

    def individual(self, constant: Constant) -> str:
        """The constant of a person, from which it is added to the document without random effects at the reference weight."""
        document, base = self.document, constant.identifier
        document.number(base, f"{constant.name}, typical", constant.values[0], constant.unit)
        if not constant.powers.any():
            return base
        factor = self._factor(tuple(constant.powers.tolist()))
        return document.rule(identifier(base, "individual"), f"{constant.name}, of the person", constant.unit, f"{base} * {factor}")

    def _factor(self, powers: tuple[float, ...]) -> str:
        if powers not in self._factors:
            effects = [f"{power!r}*{_effect(trait)}" for trait, power in zip(TRAITS, powers[:-1], strict=True) if power]
            factors = [f"exp({' + '.join(effects)})"] if effects else []
            factors += [f"{SIZE}^({powers[-1]!r})"] if powers[-1] else []
            formula, number = " * ".join(factors), len(self._factors) + 1
            self._factors[powers] = self.document.rule(f"scale_{number}", f"factor {number} of the person", "dimensionless", formula)
        return self._factors[powers]


def standard_normal(trait: str) -> str:
    """The parameter z of a trait, which is standard normal over people."""
    return identifier("z", trait)


def _effect(trait: str) -> str:
    return identifier("eta", trait)


def _add_system(document: Document, system: PeopleSystem, entered: set[str], scales: _Scales) -> None:
    """States that start empty, their concentrations, and the flows between them."""
    typical, states = system.typical, system.reached(entered)
    for state in states:
        if state in typical.pools:
            document.amount(identifier(system.name, state), label(typical, state), ELSEWHERE, 0.0)
        else:
            document.number(identifier(system.name, state), label(typical, state), 0.0, "umol_per_L", constant=False)
    for pool in (pool for pool in system.volumes if pool in states):
        volume, name = scales.individual(system.volume(pool)), f"{label(typical, pool)}: concentration"
        document.rule(concentration(typical, pool), name, "umol_per_L", f"{identifier(system.name, pool)} / {volume}")
    gains: dict[str, list[str]] = {}
    for source in states:
        for target in system.targets(source, states):
            rate = scales.individual(system.flow(source, target))
            if target in typical.pools:
                name = f"{label(typical, source)} to {words(target)}"
                law, into = f"{rate} * {identifier(system.name, source)}", identifier(system.name, target)
                document.reaction(identifier("flow", system.name, source, target), name, law, into, identifier(system.name, source))
            else:
                sign = "-" if source == target else ""
                gains.setdefault(target, []).append(f"{sign}{rate} * {concentration(typical, source)}")
    for target, terms in gains.items():
        document.rate_rule(identifier(system.name, target), " + ".join(terms))
