"""One protocol through the whole model: every link on, and every combination of removed links beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from ..analysis.attribution import shapley
from ..brain.attractor import Window, bistable_window
from ..circuits.prefrontal import impulse_control
from ..clinic.safety import SafetyReadouts, readouts
from ..clinic.symptoms import (
    EMPIRICAL_CONTEXTS,
    ITEMS,
    Mechanisms,
    baseline_items,
    context_strengths,
    course_shift,
    item_ratings,
    join,
    mechanism_shift,
    visit_shift,
)
from ..core.errors import InputError
from ..core.types import CELL_CLASSES, ENANTIOMERS, SITES, Scalar
from ..links import Switches
from ..model.baseline import patient
from ..model.closures.response import Correction, no_correction
from ..model.default import Euthymia, default_model
from ..model.exposure import DrugCourse, drugs, embodied, follow, slow_courses
from ..model.time_grid import TimeGrid
from ..model.vector_field import Brain, Cascade, Drivers, Followers, Inputs, SlowState, drivers, no_input, unpack
from ..pharmacology.comparators import DRUGS, MOLECULES
from ..plasticity.excitotoxicity import excitatory_gain, relative_damage
from ..protocols.protocol import Protocol
from ..receptors.monoamine import AT_DAT, AT_SERT, DESTROYING_MAO, HOLDING_MAO
from ..receptors.nmdar import drive_loss, pore_block
from .dosing import CHECKPOINTS, EMPIRICAL, ROUNDING, Person, body_warnings, first_visit, grid_of, person_of

DAY = 24.0
"""h."""
STATED_IN_MASS = ("ketamine", "norketamine", "hydroxynorketamine", "dehydronorketamine")
"""Molecules whose plasma concentration is given in ng/mL too."""
WAYS = ("way 1", "way 2", "way 3", "way 4", "way 5")
WITH_MAO_LOST = {"serotonin syndrome": AT_SERT, "a dangerous rise of blood pressure": AT_DAT}
"""What can happen where MAO is inhibited too, by what is given."""
PLAYERS = ("context", *WAYS)
"""What may move mood."""
SWITCHES_OF_WAY = {
    "way 1": ("prefrontal",),
    "way 2": ("calcium_load",),
    "way 3": ("habenula", "dopamine"),
    "way 4": ("synaptic_signalling",),
    "way 5": ("limbic_lock",),
}


class Arm(NamedTuple):
    """One setting of what is allowed to act."""

    context: Scalar
    switches: Switches


def _arm(group: frozenset[str], off: Mapping[str, float] | None = None) -> Arm:
    of_ways = {switch: float(way in group) for way, switches in SWITCHES_OF_WAY.items() for switch in switches}
    # Comparators act through the ways: where none may act, their targets are left alone too.
    of_ways["reuptake"] = max(of_ways.values())
    settings = {name: 1.0 for name in Switches._fields} | of_ways | dict(off or {})
    return Arm(jnp.asarray(float("context" in group)), Switches(**{name: jnp.asarray(value) for name, value in settings.items()}))


GROUPS = {
    frozenset(group): {0: "untreated", len(PLAYERS): "as given"}.get(size, " + ".join(group))
    for size in (len(PLAYERS), *range(len(PLAYERS)))
    for group in combinations(PLAYERS, size)
}
"""Every coalition of ``PLAYERS``, and what its arm is called."""
ALONE = {
    "without regrowth": {"regrowth": 0.0},
    "without mTOR": {"mtor": 0.0},
    "without regrowth and potentiation": {"regrowth": 0.0, "potentiation": 0.0},
    "without surge to BDNF": {"surge": 0.0},
    "without habenula": {"habenula": 0.0},
    "without cortex to dopamine": {"cortex_to_dopamine": 0.0},
    "without reuptake block": {"reuptake": 0.0},
}
"""Arms in which one inner link is removed."""
ARMS = {**{name: _arm(group) for group, name in GROUPS.items()}, **{name: _arm(frozenset(PLAYERS), off) for name, off in ALONE.items()}}
"""The course as given, every coalition of context and ways, and arms with one inner link removed."""
MECHANISMS_ALONE = next(name for group, name in GROUPS.items() if group == frozenset(WAYS))
"""The arm in which the drug acts and the context does not."""
OF_WAYS = [group for group in GROUPS if "context" not in group]
"""Coalitions that differ in the brain: the context moves mood alone."""
SOLVED = [*(GROUPS[group] for group in OF_WAYS), *ALONE]
"""Arms whose brain is solved."""
BRAIN_OF = {name: SOLVED.index(GROUPS[group - {"context"}]) for group, name in GROUPS.items()}
BRAIN_OF |= {name: SOLVED.index(name) for name in ALONE}
"""For each arm, the place in ``SOLVED`` of the arm with the same brain."""


class Course(NamedTuple):
    """What the compiled program returns; an arm axis follows ``ARMS``, a solved axis ``SOLVED``."""

    brain: Brain
    healthy: Mechanisms
    drug: DrugCourse
    safety: SafetyReadouts
    pore_block: Float[Array, "node cell_class"]
    drive_loss: Float[Array, "node cell_class"]
    state: SlowState
    drivers: Drivers
    followers: Followers
    mechanisms: Mechanisms
    damage: Float[Array, "solved node"]
    impulse_control: Float[Array, "node"]
    mechanism_shift: Float[Array, "solved node item"]
    context_shift: Float[Array, "arm node item"]
    items: Float[Array, "arm node item"]


def mechanisms(cascade: Cascade, state: SlowState, by: Drivers, lock: Float[Array, "*batch"]) -> Mechanisms:
    """What mood reads of a slow state, the circuits in it, and the probability of the limbic lock."""
    return Mechanisms(
        potentiation=state.signalling.potentiation,
        spine_density=state.spines.transient + state.spines.persistent,
        persistent_spines=state.spines.persistent,
        excitatory_gain=excitatory_gain(cascade.excitotoxicity, state.damage),
        focus=by.answers.focus,
        reward=state.dopamine,
        release=1 - lock,
        limbic_input=by.limbic_input,
    )


@eqx.filter_jit
def course(
    model: Euthymia,
    person: Person,
    context: tuple[Scalar, Float[Array, "course_context"]],
    inputs: list[Array],
    correction: Correction,
    arms: Arm,
) -> Course:
    """All arms of one patient's course, as one compiled program for any dose, patient and parameter set.

    Parameters
    ----------
    model, person
        Numbers.
    context
        Latent shifts by a visit and by weeks of treatment as such.
    inputs
        Time since the two latest visits, and since the first, at the nodes (h); the grid's distinct lengths (h), which of them
        each step has, and each step's infusion (µmol/h) and bolus (µmol) per channel.
    correction
        What a bridged run adds to the closures at the nodes.
    arms
        Settings, one for each of ``ARMS``.
    """
    visits, since_start, lengths, which, infusion, bolus = inputs
    cascade, symptoms, steps = embodied(model.cascade, person.body), model.symptoms, (lengths, which)
    stresses = jnp.stack([person.stress, jnp.zeros(()), model.patient.stress])
    patients = jax.vmap(lambda stress: patient(cascade, stress))(stresses)
    brain, *references = (jax.tree.map(lambda leaf, i=i: leaf[i], patients) for i in range(len(stresses)))
    in_body = drugs(cascade, person.weight, steps, infusion, bolus)
    u = Inputs(in_body.brain.racemate_equivalents, in_body.comparator_site, in_body.mao, correction)

    def slow(switches: Switches, linear_at: Switches) -> Float[Array, "setting node state"]:
        return slow_courses(cascade, brain, steps, u, switches, linear_at)

    of_arms = list(BRAIN_OF.values())
    solved = jax.tree.map(lambda switch: switch[jnp.array([of_arms.index(place) for place in range(len(SOLVED))])], arms.switches)

    def part(start: int, end: int) -> Switches:
        return jax.tree.map(lambda switch: switch[start:end], solved)

    off = _arm(frozenset()).switches
    together = slow(part(0, len(OF_WAYS)), off)

    def by_itself(one: Switches) -> Float[Array, "node state"]:
        return slow(jax.tree.map(lambda switch: switch[None], one), jax.tree.map(jnp.minimum, one, off))[0]

    alone = jax.lax.map(by_itself, part(len(OF_WAYS), len(SOLVED)))
    state = unpack(jnp.concatenate([together, alone]))

    def passed(x: SlowState, at: Inputs, on: Switches) -> Drivers:
        return drivers(cascade, x, at, brain, on)

    by = jax.vmap(jax.vmap(passed, in_axes=(0, 0, None)), in_axes=(0, None, 0))(state, u, solved)
    followers = jax.vmap(lambda each: follow(cascade, steps, u, each))(by)
    now = mechanisms(cascade, state, by, followers.lock)
    start, well, ill = (at_rest(cascade, each) for each in (brain, *references))
    by_mechanisms = mechanism_shift(symptoms, now, start, well, ill)
    of_visits, of_weeks = context
    on = arms.context[:, None, None]
    of_brain = by_mechanisms[jnp.array(of_arms)]
    by_visits = on * visit_shift(symptoms, of_visits, visits)
    by_weeks = on * course_shift(symptoms, of_weeks, since_start)

    def control(answers) -> Float[Array, "node"]:
        return jax.vmap(lambda a: impulse_control(cascade.prefrontal, a.rates, a.nmda, a.recurrence, a.inhibition))(answers)

    return Course(
        brain=brain,
        healthy=well,
        drug=in_body,
        safety=readouts(model.safety, in_body.brain.effect_site),
        pore_block=pore_block(cascade.receptor, in_body.brain.racemate_equivalents),
        drive_loss=drive_loss(cascade.receptor, in_body.brain.racemate_equivalents),
        state=state,
        drivers=by,
        followers=followers,
        mechanisms=now,
        damage=relative_damage(cascade.excitotoxicity, state.damage),
        impulse_control=control(jax.tree.map(lambda leaf: leaf[BRAIN_OF["as given"]], by.answers)),
        mechanism_shift=by_mechanisms,
        context_shift=by_visits + by_weeks,
        items=item_ratings(symptoms, baseline_items(symptoms, person.madrs), join(symptoms, by_visits, of_brain) + by_weeks),
    )


def at_rest(cascade: Cascade, brain: Brain) -> Mechanisms:
    """What mood reads of an undosed patient."""
    by = drivers(cascade, brain.rest, no_input(), brain, Switches())
    return mechanisms(cascade, brain.rest, by, by.lock.into / (by.lock.into + by.lock.out_of))


@dataclass(frozen=True)
class Simulation:
    """A protocol, who it was run for, and every result with names and units."""

    protocol: Protocol
    person: Person
    data: xr.Dataset

    def madrs(self, arm: str = "as given") -> xr.DataArray:
        """Total score over time."""
        return self.data["madrs"].sel(arm=arm)

    def at(self, hours: float, arm: str = "as given") -> float:
        """MADRS so many hours after the first dose (or the start of a course without any)."""
        return float(self.madrs(arm).sel(time=first_visit(self.protocol) + hours, method="nearest"))

    def checkpoints(self) -> dict[str, float]:
        """Named times after the first dose that lie inside the horizon, and its end, h."""
        end = self.protocol.horizon - first_visit(self.protocol)
        inside = {name: hours for name, hours in CHECKPOINTS.items() if hours <= end}
        return inside if end in inside.values() else inside | {f"{end / 24:.3g} d" if end > 48 else f"{end:.3g} h": end}

    def thinned(self, nodes: int) -> "Simulation":
        """The same course on about so many of its nodes, its time counted from the first dose, for drawing."""
        every = max(1, self.data.sizes["time"] // nodes)
        data = self.data.isel(time=slice(None, None, every))
        return replace(self, data=data.assign_coords(time=data.time - first_visit(self.protocol)))

    def shares(self) -> dict[str, xr.DataArray]:
        """The change in MADRS over time that each of ``PLAYERS`` accounts for, points; together they are the whole."""
        worth = {group: self.data.coalition_madrs.sel(coalition=name).to_numpy() for group, name in GROUPS.items()}
        return {who: xr.DataArray(part, coords={"time": self.data.time}) for who, part in shapley(worth, PLAYERS).items()}


def warnings_of(protocol: Protocol, model: Euthymia) -> list[str]:
    """What the user should know before trusting the result: what lies outside published experience, or means nothing."""
    person = person_of(protocol, model)
    weight = float(person.weight)
    found = [
        *body_warnings(protocol.patient, protocol.doses, model),
        *_ketamine_warnings(protocol, model, weight),
        *_comparator_warnings(protocol, model, weight),
        *_dangers(protocol),
        *_context_warnings(protocol),
    ]
    if protocol.patient.condition == "depressed":
        if float(person.stress) == 0:
            found.append("patient: a depressed patient at stress 0 lacks nothing that the mechanisms could repair")
        rests = float(_undosed(model, person.stress).answers.limbic_input)
        lower, upper = (float(edge) for edge in _window(model))
        if not lower <= rests <= upper:
            only = "locked" if rests > upper else "quiet"
            found.append(
                f"patient: the limbic network of this patient has only its {only} state (drive {rests:.3f} nA, two states between "
                f"{lower:.3f} and {upper:.3f} nA), so that no reset is possible: whatever the drug changes there goes back with the drug"
            )
    return found


@eqx.filter_jit
def _undosed(model: Euthymia, stress: Scalar) -> Brain:
    return patient(model.cascade, stress)


@eqx.filter_jit
def _window(model: Euthymia) -> Window:
    return bistable_window(model.cascade.limbic.attractor, jnp.zeros(()), jnp.ones(()))


def _ketamine_warnings(protocol: Protocol, model: Euthymia, weight: float) -> list[str]:
    known = {name: float(getattr(model.experience, name)) for name in ("lowest_dose", "highest_dose", "usual_infusion")}
    found = []
    for number, dose in enumerate(protocol.doses, 1):
        if dose.drug != "ketamine" or not dose.route.startswith("i.v."):
            continue
        per_kg = dose.per_kilogram(weight)
        if not known["lowest_dose"] * (1 - ROUNDING) <= per_kg <= known["highest_dose"] * (1 + ROUNDING):
            found.append(
                f"dose {number}: {per_kg:.3g} mg/kg is outside published experience; "
                f"evidence covers {known['lowest_dose']:g} to {known['highest_dose']:g} mg/kg i.v."
            )
        if (dose.duration or 0) < known["usual_infusion"] * (1 - ROUNDING):
            found.append(f"dose {number}: given faster than in published trials, which infused over {known['usual_infusion'] * 60:.0f} min")
    return found


def _comparator_warnings(protocol: Protocol, model: Euthymia, weight: float) -> list[str]:
    found = []
    for place, drug in enumerate(DRUGS):
        doses = [dose for dose in protocol.doses if dose.drug == drug]
        if not doses:
            continue
        # The last dose of a regimen stands for a day of its own.
        days = (doses[-1].start - doses[0].start) / DAY + 1
        daily = sum(dose.milligrams(weight) for dose in doses) / days
        lowest, highest = (float(getattr(model.cascade.comparators, end)[place]) * DAY for end in ("lowest_dose", "highest_dose"))
        if not lowest * (1 - ROUNDING) <= daily <= highest * (1 + ROUNDING):
            if highest == 0:
                found.append(f"doses: {drug} is not given to people; its disposition here is assumed")
                continue
            found.append(f"doses: {daily:.3g} mg of {drug} a day is outside what evidence covers, {lowest:g} to {highest:g} mg a day")
    return found


def _dangers(protocol: Protocol) -> list[str]:
    given = dict.fromkeys(dose.drug for dose in protocol.doses)
    return [
        f"doses: {drug} with {inhibitor} can cause {danger}: they are forbidden together and for weeks after one another; "
        "nothing here computes that"
        for inhibitor in given
        if inhibitor in (*HOLDING_MAO, *DESTROYING_MAO)
        for danger, drugs in WITH_MAO_LOST.items()
        for drug in given
        if drug in drugs
    ]


def _context_warnings(protocol: Protocol) -> list[str]:
    if protocol.context not in EMPIRICAL_CONTEXTS:
        return []
    beside = "; how a drug and it act together is not known, and here they add" if protocol.doses else ""
    return [f"context: {protocol.context} is {EMPIRICAL}; its curve is set from how many responded in trials{beside}"]


def simulate(protocol: Protocol, model: Euthymia | None = None, refine: int = 1, correction: Correction | None = None) -> Simulation:
    """Run a protocol with everything on, and with every combination of context and ways removed.

    Parameters
    ----------
    protocol
        What is done to whom.
    model
        Numbers; the evidence's if left out.
    refine
        Split every step of the grid into this many.
    correction
        Of the closures at the nodes of :func:`grid_of`, padded; none if left out.

    Raises
    ------
    InputError
        If the model has no finite answer for this protocol.
    """
    if protocol.patient.species != "human":
        raise InputError(
            f"patient.species: the mood of a {protocol.patient.species} cannot be rated; `euthymia exposure` gives drug levels"
        )
    model = default_model() if model is None else model
    person = person_of(protocol, model)
    grid = grid_of(protocol, model, float(person.weight), refine)
    correction = no_correction(len(grid.padded_times)) if correction is None else correction
    arms = jax.tree.map(lambda *each: jnp.stack(each), *ARMS.values())
    since_start = grid.padded_times - first_visit(protocol)
    inputs = [since_visits(protocol, grid.padded_times), since_start, grid.lengths, grid.which, grid.infusion, grid.bolus]
    context = context_strengths(model.symptoms, protocol.context)
    found: Course = course(model, person, context, [jnp.asarray(each) for each in inputs], correction, arms)
    data = _labelled(model, found, grid)
    if not all(np.isfinite(data[name]).all() for name in data.data_vars):
        raise InputError("doses: the model has no finite answer for doses this large")
    return Simulation(protocol, person, data)


def since_visits(protocol: Protocol, times: np.ndarray) -> np.ndarray:
    """Time since the latest visit and the one before it, at times since the start (h); negative before there was one.

    Two are enough: the context of a visit wanes from hours after it on, so older ones never count more.
    """
    starts = np.array(protocol.visited())
    latest = np.searchsorted(starts, times, side="right") - 1
    return np.stack([np.where(each >= 0, times - starts[np.maximum(each, 0)], -1.0) for each in (latest, latest - 1)])


SHOWN = {
    "as given": "as given",
    "untreated": "untreated",
    "context": "context",
    "mechanisms alone": MECHANISMS_ALONE,
    **{f"without {way}": GROUPS[frozenset(PLAYERS) - {way}] for way in WAYS},
    **{name: name for name in ALONE},
}
"""Arms whose every state is kept, and what they are called; of the other coalitions MADRS is kept."""


def _labelled(model: Euthymia, found: Course, grid: TimeGrid) -> xr.Dataset:
    n, order = grid.nodes, list(ARMS)
    shown = [order.index(name) for name in SHOWN.values()]
    brains = [BRAIN_OF[name] for name in SHOWN.values()]
    found = jax.tree.map(np.asarray, found)

    def kept(tree):
        return jax.tree.map(lambda leaf: leaf[brains, :n], tree)

    state, by, mechanism, followers = (kept(each) for each in (found.state, found.drivers, found.mechanisms, found.followers))
    signalling, spines, now, habenula = state.signalling, state.spines, by.answers, by.answers.habenula
    body = jax.tree.map(lambda leaf: leaf[:n], found.drug)
    nanograms = {name: 1e3 * float(getattr(model.molecules, name)) for name in STATED_IN_MASS}
    masses = 1e3 * np.asarray(model.cascade.comparators.molar_mass)
    by_time, by_arm, by_hand, by_drug = ("time",), ("arm", "time"), ("time", "enantiomer"), ("time", "drug")
    by_class, by_item = ("time", "cell_class"), ("arm", "time", "item")
    variables = {
        "arterial_ketamine": (by_hand, body.arterial, "umol/L", "total ketamine in arterial plasma"),
        "venous_ketamine": (by_hand, body.venous, "umol/L", "total ketamine in a peripheral venous sample"),
        "norketamine": (by_hand, body.norketamine, "umol/L", "total norketamine in arterial plasma"),
        "hydroxynorketamine": (by_hand, body.hydroxynorketamine, "umol/L", "total hydroxynorketamine in arterial plasma"),
        "effect_site_ketamine": (by_hand, body.brain.effect_site, "umol/L", "total ketamine at the effect site"),
        "free_brain_ketamine": (by_hand, body.brain.ketamine, "umol/L", "unbound ketamine in brain"),
        "free_brain_norketamine": (by_hand, body.brain.norketamine, "umol/L", "unbound norketamine in brain"),
        "racemate_equivalents": (by_time, body.brain.racemate_equivalents, "umol/L", "all ligands in equivalents of racemic ketamine"),
        "venous_ketamine_mass": (by_time, nanograms["ketamine"] * body.venous.sum(-1), "ng/mL", "total ketamine in a venous sample"),
        "norketamine_mass": (by_time, nanograms["norketamine"] * body.norketamine.sum(-1), "ng/mL", "total norketamine"),
        "hydroxynorketamine_mass": (
            by_time,
            nanograms["hydroxynorketamine"] * body.hydroxynorketamine.sum(-1),
            "ng/mL",
            "total hydroxynorketamine",
        ),
        "dehydronorketamine_mass": (
            by_time,
            nanograms["dehydronorketamine"] * body.dehydronorketamine.sum(-1),
            "ng/mL",
            "total dehydronorketamine",
        ),
        "dissociation": (by_time, found.safety.dissociation[:n], "1", "altered perception, share of the most there can be"),
        "systolic_rise": (by_time, found.safety.systolic_rise[:n], "mmHg", "rise of systolic blood pressure"),
        "diastolic_rise": (by_time, found.safety.diastolic_rise[:n], "mmHg", "rise of diastolic blood pressure"),
        "anaesthesia": (by_time, found.safety.anaesthesia[:n], "1", "effect-site ketamine over that of people who just wake up"),
        "comparator_mass": (by_drug, masses * body.comparator_plasma, "ng/mL", "total comparator in plasma"),
        "pore_block": (by_class, found.pore_block[:n], "1", "loss of NMDA charge by competition with magnesium"),
        "drive_loss": (by_class, found.drive_loss[:n], "1", "effective loss of NMDA drive"),
        "bound": (("time", "site"), followers.bound[0], "1", "share of NMDA receptors that carry the drug"),
        "pyramidal_rate": (by_arm, now.rates[..., 0], "Hz", "firing of prefrontal pyramidal cells"),
        "prefrontal_rates": (("arm", "time", "cortical_class"), now.rates, "Hz", "firing of prefrontal cells by class"),
        "prefrontal_nmda": (("arm", "time", "cortical_class"), now.nmda, "1", "share of NMDA drive left in prefrontal cells by class"),
        "prefrontal_inhibition": (by_arm, now.inhibition, "1", "strength of prefrontal inhibition, undrugged = 1"),
        "recurrence": (by_arm, now.recurrence, "1", "recurrent prefrontal excitation, healthy = 1"),
        "glutamate": (by_arm, state.glutamate, "1", "rise of prefrontal glutamate that the drug causes"),
        "measured_glutamate": (by_arm, state.measured_glutamate, "1", "the same with the lag of its measurement"),
        "focus": (by_arm, mechanism.focus, "ms", "how long the prefrontal circuit holds activity"),
        "impulse_control": (by_time, found.impulse_control[:n], "1", "a held goal against a brief distraction, as given"),
        "calcium_load": (by_arm, by.load, "1", "extrasynaptic calcium load, healthy = 1"),
        "damage": (by_arm, found.damage[brains, :n], "1", "excitotoxic damage, healthy = 0, stress 1 = 1"),
        "excitatory_gain": (by_arm, mechanism.excitatory_gain, "1", "gain of excitatory transmission, healthy = 1"),
        "habenula_tonic_rate": (by_arm, habenula.tonic_rate, "Hz", "habenula spikes outside bursts, per cell"),
        "habenula_burst_rate": (by_arm, habenula.burst_rate, "Hz", "habenula spikes inside bursts, per cell"),
        "habenula_burst_rate_strict": (by_arm, habenula.burst_rate_strict, "Hz", "the same by a stricter criterion of a burst"),
        "habenula_unblocked": (by_arm, habenula.unblocked, "1", "share of habenula NMDA pores free of Mg2+"),
        "habenula_nmda": (by_arm, now.habenula_nmda, "1", "share of NMDA conductance left in the habenula"),
        "habenula_shift": (by_arm, now.habenula_shift, "mV", "shift of the habenula's resting potentials"),
        "dopamine_active_share": (by_arm, now.midbrain.active_share, "1", "share of dopamine cells that fire"),
        "dopamine_rate": (by_arm, now.midbrain.rate, "Hz", "rate of dopamine cells that fire"),
        "dopamine_burst_share": (by_arm, now.midbrain.burst_share, "1", "share of their spikes in bursts"),
        "dopamine": (by_arm, state.dopamine, "1", "dopamine tone, healthy = 1"),
        "sert_occupancy": (by_arm, now.sert, "1", "occupied serotonin transporters"),
        "dat_occupancy": (by_arm, now.dat, "1", "occupied dopamine transporters"),
        "mao_block": (by_arm, now.mao_block, "1", "MAO-A that is destroyed or held"),
        "serotonin": (by_arm, now.serotonin, "1", "serotonin at its targets, healthy = 1"),
        "autoreceptor": (by_arm, state.autoreceptor, "1", "sensitivity of 5-HT1A autoreceptors, naive = 1"),
        "surge_engagement": (by_arm, by.surge, "1", "engagement of BDNF by the glutamate surge"),
        "resting_engagement": (by_arm, by.resting, "1", "engagement of BDNF by block at rest"),
        "bdnf": (by_arm, signalling.bdnf, "1", "BDNF-TrkB activity"),
        "mtor": (by_arm, signalling.mtor, "1", "mTORC1 activity"),
        "synaptic_proteins": (by_arm, signalling.protein, "1", "synaptic proteins above baseline"),
        "fast_potentiation": (by_arm, signalling.potentiation, "1", "fast functional potentiation"),
        "structural_signal": (by_arm, signalling.structure_3, "1", "signal to form spines"),
        "transient_spines": (by_arm, spines.transient, "1", "transient spines, healthy density = 1"),
        "persistent_spines": (by_arm, spines.persistent, "1", "persistent spines, healthy density = 1"),
        "spine_density": (by_arm, mechanism.spine_density, "1", "all spines, healthy density = 1"),
        "spine_turnover": (("arm", "time", "flow"), np.stack(by.turnover, -1), "1/h", "flows of spines"),
        "limbic_input": (by_arm, by.limbic_input, "nA", "drive of the limbic network"),
        "lock": (by_arm, followers.lock, "1", "probability that the limbic network is locked"),
        "limbic_block": (by_arm, by.limbic_block, "1", "loss of recurrent NMDA drive in the limbic network"),
        "passage_into": (by_arm, by.lock.passages[..., 0], "h", "mean time until the limbic network locks"),
        "passage_out_of": (by_arm, by.lock.passages[..., 1], "h", "mean time until it escapes"),
        "lock_into": (by_arm, by.lock.into, "1/h", "rate of locking"),
        "lock_out_of": (by_arm, by.lock.out_of, "1/h", "rate of escape from the lock"),
        "mechanism_shift": (by_item, found.mechanism_shift[brains, :n], "1", "latent shift by mechanisms"),
        "context_shift": (by_item, found.context_shift[shown, :n], "1", "latent shift by the context of treatment"),
        "items": (by_item, found.items[shown, :n], "points", "MADRS item ratings, 0 to 6"),
        "madrs": (by_arm, found.items[shown, :n].sum(-1), "points", "MADRS total, 0 to 60"),
        "coalition_madrs": (
            ("coalition", "time"),
            found.items[: len(GROUPS), :n].sum(-1),
            "points",
            "MADRS total with only some allowed to act",
        ),
    }
    variables |= {
        f"healthy_{name}": ((), getattr(found.healthy, name), unit, f"{text} at stress 0")
        for name, unit, text in (("spine_density", "1", "spines"), ("focus", "ms", "focus"), ("reward", "1", "dopamine tone"))
    }
    return xr.Dataset(
        {name: (dims, values, {"units": unit, "long_name": text}) for name, (dims, values, unit, text) in variables.items()},
        coords={
            "time": ("time", grid.times, {"units": "h", "long_name": "time since the start of the course"}),
            "enantiomer": list(ENANTIOMERS),
            "drug": list(MOLECULES),
            "cell_class": list(CELL_CLASSES),
            "cortical_class": list(CELL_CLASSES[: now.rates.shape[-1]]),
            "site": list(SITES),
            "arm": list(SHOWN),
            "coalition": list(GROUPS.values()),
            "item": list(ITEMS),
            "flow": list(by.turnover._fields),
        },
    )
