"""One protocol through the whole model: every link on, and every combination of removed links beside it."""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from ..cascade.baseline import fixed_point
from ..cascade.course import DrugCourse, drug, slow_courses
from ..cascade.timegrid import Pulse, TimeGrid, time_grid
from ..cascade.vector_field import Cascade, Drivers, SlowState, drivers, unpack
from ..clinic.symptoms import ITEMS, Mechanisms, baseline_items, context_shift, item_ratings, join, mechanism_shift
from ..core.errors import InputError
from ..core.types import CELL_CLASSES, ENANTIOMERS, Scalar
from ..links import Switches
from ..plasticity.excitotoxicity import excitatory_gain, relative_damage
from ..protocols.protocol import CONTEXTS, Protocol
from ..receptors.nmdar import drive_loss, pore_block
from .model import Euthymia, default_model
from .shares import shapley

CHECKPOINTS = {"0": 0.0, "2 h": 2.0, "24 h": 24.0, "3 d": 72.0, "7 d": 168.0, "14 d": 336.0}
ROUNDING = 1e-9
PLAYERS = ("context", "way 2", "way 4")
"""What may move mood in this version; ways 1, 3 and 5 stay at their undosed value."""


class Arm(NamedTuple):
    """One setting of what is allowed to act."""

    context: Scalar
    switches: Switches


def _arm(context: float, way_2: float, way_4: float, **inner: float) -> Arm:
    on = {"calcium_load": way_2, "synaptic_signalling": way_4, "mtor": 1.0, "potentiation": 1.0, "regrowth": 1.0} | inner
    return Arm(jnp.asarray(context), Switches(**{name: jnp.asarray(value) for name, value in on.items()}))


GROUPS = {
    frozenset(group): {0: "untreated", len(PLAYERS): "as given"}.get(size, " + ".join(group))
    for size in (len(PLAYERS), *range(len(PLAYERS)))
    for group in combinations(PLAYERS, size)
}
"""Every coalition of ``PLAYERS``, and what its arm is called."""
ARMS = {
    **{name: _arm(*(float(player in group) for player in PLAYERS)) for group, name in GROUPS.items()},
    "without regrowth": _arm(1.0, 1.0, 1.0, regrowth=0.0),
    "without mTOR": _arm(1.0, 1.0, 1.0, mtor=0.0),
    "without regrowth and potentiation": _arm(1.0, 1.0, 1.0, regrowth=0.0, potentiation=0.0),
}
"""The course as given, every coalition of context and ways, and way 4 with one of its inner links removed."""


class Person(NamedTuple):
    """A patient's constants."""

    weight: Scalar
    """kg."""
    stress: Scalar
    """0 to 1."""
    madrs: Scalar
    """Points before the course."""


class Course(NamedTuple):
    """What the compiled program returns; the arm axis follows ``ARMS``."""

    drug: DrugCourse
    pore_block: Float[Array, "node cell_class"]
    drive_loss: Float[Array, "node cell_class"]
    load: Float[Array, "arm node"]
    state: SlowState
    damage: Float[Array, "arm node"]
    excitatory_gain: Float[Array, "arm node"]
    turnover: Float[Array, "arm node flow"]
    mechanism_shift: Float[Array, "arm node"]
    context_shift: Float[Array, "arm node"]
    items: Float[Array, "arm node item"]
    healthy_spine_density: Scalar


def mechanisms(cascade: Cascade, state: SlowState, undosed: Scalar) -> Mechanisms:
    """What mood reads of a slow state; ways 1, 3 and 5 stay at their undosed value (1 = healthy, 0 = reference depressed)."""
    density = state.spines.transient + state.spines.persistent
    later = jnp.broadcast_to(undosed, density.shape)
    return Mechanisms(
        potentiation=state.signalling.potentiation,
        spine_density=density,
        excitatory_gain=excitatory_gain(cascade.excitotoxicity, state.damage),
        prefrontal=later,
        reward=later,
        release=later,
    )


@eqx.filter_jit
def course(
    model: Euthymia,
    person: Person,
    context: Scalar,
    inputs: list[Array],
    arms: Arm,
) -> Course:
    """All arms of one patient's course, as one compiled program for any dose, patient and parameter set.

    ``inputs`` are the time since the two latest visits at the nodes (h), and the grid's steps (h), infusion (µmol/h) and bolus (µmol).
    """
    since_visits, steps, infusion, bolus = inputs
    cascade = model.cascade
    stresses = jnp.stack([person.stress, jnp.zeros(()), model.patient.stress])
    start, healthy, depressed = jax.vmap(lambda stress: fixed_point(cascade, stress))(stresses)
    in_body = drug(cascade, person.weight, steps, infusion, bolus)

    def slow(switches: Switches) -> Float[Array, "setting node state"]:
        return slow_courses(cascade, start, steps, in_body.racemate_equivalents, person.stress, switches)

    together = slow(jax.tree.map(lambda switch: switch[: len(GROUPS)], arms.switches))
    alone = jax.lax.map(lambda one: slow(one)[0], jax.tree.map(lambda switch: switch[len(GROUPS) :, None], arms.switches))
    state = unpack(jnp.concatenate([together, alone]))

    own = 1 - person.stress / model.patient.stress
    now, then = (mechanisms(cascade, each, own) for each in (state, unpack(start)))
    well, ill = mechanisms(cascade, unpack(healthy), jnp.ones(())), mechanisms(cascade, unpack(depressed), jnp.zeros(()))
    by_mechanisms = mechanism_shift(model.symptoms, now, then, well, ill)
    by_context = arms.context[:, None] * context_shift(model.symptoms, context, since_visits)
    items = baseline_items(model.symptoms, person.madrs)

    block = pore_block(cascade.receptor, in_body.racemate_equivalents)

    def passed(state: SlowState, concentration: Scalar, switches: Switches) -> Drivers:
        return drivers(cascade, state, concentration, person.stress, switches)

    by = jax.vmap(jax.vmap(passed, in_axes=(0, 0, None)), in_axes=(0, None, 0))(state, in_body.racemate_equivalents, arms.switches)
    return Course(
        drug=in_body,
        pore_block=block,
        drive_loss=drive_loss(cascade.receptor, in_body.racemate_equivalents),
        load=by.load,
        state=state,
        damage=relative_damage(cascade.excitotoxicity, state.damage),
        excitatory_gain=now.excitatory_gain,
        turnover=jnp.stack(by.turnover, -1),
        mechanism_shift=by_mechanisms,
        context_shift=by_context,
        items=item_ratings(model.symptoms, items, join(model.symptoms, by_context, by_mechanisms)),
        healthy_spine_density=well.spine_density,
    )


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
        worth = {group: self.madrs(name).to_numpy() for group, name in GROUPS.items()}
        return {who: xr.DataArray(part, coords={"time": self.data.time}) for who, part in shapley(worth, PLAYERS).items()}


def first_visit(protocol: Protocol) -> float:
    """Start of the first dose, or of a course without any, h."""
    return protocol.doses[0].start if protocol.doses else 0.0


def person_of(protocol: Protocol, model: Euthymia) -> Person:
    """The patient's constants; what the protocol leaves out is typical of the condition."""
    given = protocol.patient
    if given.condition == "healthy":
        stress, madrs = jnp.zeros(()), model.symptoms.healthy_madrs
    else:
        stress, madrs = model.patient.stress, jnp.sum(model.symptoms.baseline)
    typical = Person(model.patient.weight, stress, madrs)
    stated = (given.weight, given.stress, given.madrs)
    return Person(*(usual if own is None else jnp.asarray(own) for usual, own in zip(typical, stated, strict=True)))


def pulses_of(protocol: Protocol, model: Euthymia, weight: float) -> list[Pulse]:
    """Doses as µmol per enantiomer; a racemate is half of each."""
    return [
        Pulse(dose.start, dose.duration or 0.0, (half := dose.milligrams(weight) / float(model.molecules.ketamine) / 2, half))
        for dose in protocol.doses
    ]


def grid_of(protocol: Protocol, model: Euthymia, weight: float, refine: int = 1) -> TimeGrid:
    """The dose-aligned grid with the named checkpoints as nodes."""
    checkpoints = tuple(first_visit(protocol) + hours for hours in CHECKPOINTS.values())
    return time_grid(pulses_of(protocol, model, weight), protocol.horizon, checkpoints, refine)


def warnings_of(protocol: Protocol, model: Euthymia) -> list[str]:
    """What the user should know before trusting the result: what lies outside published experience, or means nothing."""
    known = {name: float(getattr(model.experience, name)) for name in ("lowest_dose", "highest_dose", "usual_infusion")}
    person = person_of(protocol, model)
    found = []
    for number, dose in enumerate(protocol.doses, 1):
        per_kg = dose.per_kilogram(float(person.weight))
        if not known["lowest_dose"] * (1 - ROUNDING) <= per_kg <= known["highest_dose"] * (1 + ROUNDING):
            found.append(
                f"dose {number}: {per_kg:.3g} mg/kg is outside published experience; "
                f"evidence covers {known['lowest_dose']:g} to {known['highest_dose']:g} mg/kg i.v."
            )
        if (dose.duration or 0) < known["usual_infusion"] * (1 - ROUNDING):
            found.append(f"dose {number}: given faster than in published trials, which infused over {known['usual_infusion'] * 60:.0f} min")
    if protocol.patient.condition == "depressed" and float(person.stress) == 0:
        found.append("patient: a depressed patient at stress 0 lacks nothing that the mechanisms could repair")
    return found


def simulate(protocol: Protocol, model: Euthymia | None = None, refine: int = 1) -> Simulation:
    """Run a protocol with everything on, and with every combination of context and ways removed.

    Raises
    ------
    InputError
        If the model has no finite answer for this protocol.
    """
    model = default_model() if model is None else model
    person = person_of(protocol, model)
    grid = grid_of(protocol, model, float(person.weight), refine)
    strength = dict(zip(CONTEXTS, [jnp.zeros(()), *model.symptoms.context_strength], strict=True))[protocol.context]
    arms = jax.tree.map(lambda *each: jnp.stack(each), *ARMS.values())
    inputs = [jnp.asarray(each) for each in (_since_visits(protocol, grid), grid.steps, grid.infusion, grid.bolus)]
    found: Course = course(model, person, strength, inputs, arms)
    data = _labelled(model, found, grid)
    if not all(np.isfinite(data[name]).all() for name in data.data_vars):
        raise InputError("doses: the model has no finite answer for doses this large")
    return Simulation(protocol, person, data)


def _since_visits(protocol: Protocol, grid: TimeGrid) -> np.ndarray:
    """Time since the latest visit and the one before it, at all nodes; every dose is a visit, and so is a course without any.

    Two are enough: the context of a visit wanes from hours after it on, so older ones never count more.
    """
    times = grid.padded_times
    starts = np.array([dose.start for dose in protocol.doses] or [0.0])
    latest = np.searchsorted(starts, times, side="right") - 1
    return np.stack([np.where(each >= 0, times - starts[np.maximum(each, 0)], -1.0) for each in (latest, latest - 1)])


def _labelled(model: Euthymia, found: Course, grid: TimeGrid) -> xr.Dataset:
    n = grid.nodes
    found = jax.tree.map(np.asarray, found)
    state = jax.tree.map(lambda leaf: leaf[:, :n], found.state)
    signalling, spines = state.signalling, state.spines
    by_arm, by_class, by_hand = ("arm", "time"), ("time", "cell_class"), ("time", "enantiomer")
    nanograms = {name: 1e3 * float(getattr(model.molecules, name)) for name in ("ketamine", "norketamine", "hydroxynorketamine")}
    variables = {
        "arterial_ketamine": (by_hand, found.drug.arterial[:n], "umol/L", "total ketamine in arterial plasma"),
        "venous_ketamine": (by_hand, found.drug.venous[:n], "umol/L", "total ketamine in a peripheral venous sample"),
        "norketamine": (by_hand, found.drug.norketamine[:n], "umol/L", "total norketamine in arterial plasma"),
        "hydroxynorketamine": (by_hand, found.drug.hydroxynorketamine[:n], "umol/L", "total hydroxynorketamine in arterial plasma"),
        "free_brain_ketamine": (by_hand, found.drug.free_brain[:n], "umol/L", "unbound ketamine in brain"),
        "free_brain_norketamine": (by_hand, found.drug.free_brain_norketamine[:n], "umol/L", "unbound norketamine in brain"),
        "racemate_equivalents": (
            ("time",),
            found.drug.racemate_equivalents[:n],
            "umol/L",
            "all ligands in equivalents of racemic ketamine",
        ),
        "venous_ketamine_mass": (
            ("time",),
            nanograms["ketamine"] * found.drug.venous[:n].sum(-1),
            "ng/mL",
            "total ketamine in a venous sample",
        ),
        "norketamine_mass": (("time",), nanograms["norketamine"] * found.drug.norketamine[:n].sum(-1), "ng/mL", "total norketamine"),
        "hydroxynorketamine_mass": (
            ("time",),
            nanograms["hydroxynorketamine"] * found.drug.hydroxynorketamine[:n].sum(-1),
            "ng/mL",
            "total hydroxynorketamine",
        ),
        "pore_block": (by_class, found.pore_block[:n], "1", "loss of NMDA charge by competition with magnesium"),
        "drive_loss": (by_class, found.drive_loss[:n], "1", "effective loss of NMDA drive"),
        "bound": (by_class, state.bound[0], "1", "share of NMDA receptors that carry the drug"),
        "calcium_load": (by_arm, found.load[:, :n], "1", "extrasynaptic calcium load, healthy = 1"),
        "damage": (by_arm, found.damage[:, :n], "1", "excitotoxic damage, healthy = 0, stress 1 = 1"),
        "excitatory_gain": (by_arm, found.excitatory_gain[:, :n], "1", "gain of excitatory transmission, healthy = 1"),
        "bdnf": (by_arm, signalling.bdnf, "1", "BDNF-TrkB activity"),
        "mtor": (by_arm, signalling.mtor, "1", "mTORC1 activity"),
        "synaptic_proteins": (by_arm, signalling.protein, "1", "synaptic proteins above baseline"),
        "fast_potentiation": (by_arm, signalling.potentiation, "1", "fast functional potentiation"),
        "structural_signal": (by_arm, signalling.structure_3, "1", "signal to form spines"),
        "transient_spines": (by_arm, spines.transient, "1", "transient spines, healthy density = 1"),
        "persistent_spines": (by_arm, spines.persistent, "1", "persistent spines, healthy density = 1"),
        "spine_density": (by_arm, spines.transient + spines.persistent, "1", "all spines, healthy density = 1"),
        "spine_turnover": (("arm", "time", "flow"), found.turnover[:, :n], "1/h", "flows of spines"),
        "mechanism_shift": (by_arm, found.mechanism_shift[:, :n], "1", "latent shift by mechanisms"),
        "context_shift": (by_arm, found.context_shift[:, :n], "1", "latent shift by the context of the visit"),
        "items": (("arm", "time", "item"), found.items[:, :n], "points", "MADRS item ratings, 0 to 6"),
        "madrs": (by_arm, found.items[:, :n].sum(-1), "points", "MADRS total, 0 to 60"),
    }
    data = xr.Dataset(
        {name: (dims, values, {"units": unit, "long_name": text}) for name, (dims, values, unit, text) in variables.items()},
        coords={
            "time": ("time", grid.times, {"units": "h", "long_name": "time since the start of the course"}),
            "enantiomer": list(ENANTIOMERS),
            "cell_class": list(CELL_CLASSES),
            "arm": list(ARMS),
            "item": list(ITEMS),
            "flow": ["formed", "vanished", "matured", "eliminated"],
        },
    )
    data["healthy_spine_density"] = ((), found.healthy_spine_density, {"units": "1", "long_name": "spines at stress 0"})
    return data
