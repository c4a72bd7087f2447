"""The slow states of one brain as SBML formulas, from the drugs at their sites to spines, to stand beside the pharmacology.

Every equation of the slow field is written out here a second time, as text, so that another simulator can verify ours; numbers
come from the model. The surface of the habenula is a polynomial and stands as one. The prefrontal circuit has no closed form: it runs
in its own time beside its twin without drug. Rates of both circuits relax within milliseconds to the steady state that our field
solves for, so that the slow states differ by some millionths. A file without circuits holds their outputs at their undosed values; so
do our switches of :data:`FROZEN`. The limbic lock is no slow state and is left out.
"""

from collections.abc import Collection
from typing import NamedTuple

from ..circuits.midbrain import raphe_drive
from ..core.types import CELL_CLASSES
from ..core.units import factor
from ..model.fast import Brain
from ..model.parameters import Physiology
from ..model.state import STATE_NAMES, pack
from ..receptors.monoamine import DAT_INHIBITORS, SERT_INHIBITORS
from ..results.quantities import meaning
from .sbml_circuits import midbrain, prefrontal
from .sbml_document import Document, identifier
from .sbml_formulas import Formulas, Writer
from .sbml_targets import PYRAMIDAL, drive_losses, mao_block, occupancy, pore_block, racemate_equivalents

FROZEN = {"prefrontal": 0.0, "habenula": 0.0, "dopamine": 0.0, "cortex_to_dopamine": 0.0}
"""Settings of our switches that equal a file without circuits: circuits and dopamine keep their undosed values."""
HABENULA = "habenula"


QUANTITY_OF_STATE = {
    **{name: name for name in ("glutamate", "measured_glutamate", "bdnf", "mtor", "dopamine", "autoreceptor")},
    **{"protein": "synaptic_proteins", "potentiation": "fast_potentiation", "structure_3": "structural_signal"},
    **{"spines.transient": "transient_spines", "spines.persistent": "persistent_spines"},
}
"""Slow states that a run returns as they are, by their name there."""


class SlowInputs(NamedTuple):
    """Identifiers of what the slow states depend on."""

    stress: str
    release: str
    """Relative rise of glutamate release."""
    drive_loss: str
    """Of pyramidal cells."""
    serotonin: str
    dopamine_tone: str
    damage_source: str
    """Steady-state damage at the present calcium load."""
    relative_damage: str


def add_slow_system(document: Document, physiology: Physiology, brain: Brain, systems: Collection[str], circuits: bool = True) -> None:
    """Add the slow states of a patient to a document.

    Parameters
    ----------
    document
        Already with the pharmacology.
    physiology
        The model in this body and brain.
    brain
        The undosed patient, in whom the states start.
    systems
        Names of the linear systems that the document holds.
    circuits
        Whether the habenula and the prefrontal circuit act; otherwise see :data:`FROZEN`.
    """
    formulas = Formulas(document, physiology, brain, systems)
    _add_states(formulas, _slow_inputs(formulas, circuits))


def state_identifiers() -> list[str]:
    """Identifiers of the slow states, in the order of ``STATE_NAMES``."""
    return [identifier(*name.split(".")) for name in STATE_NAMES]


def _slow_inputs(formulas: Formulas, circuits: bool) -> SlowInputs:
    """Everything from drugs to what the slow states depend on."""
    of, brain = formulas.parameter, formulas.brain
    stress = formulas.number("stress", "stress of the patient", brain.stress)
    ketamine = racemate_equivalents(formulas)
    loss = drive_losses(formulas, ketamine, CELL_CLASSES if circuits else (PYRAMIDAL,))
    healthy = _damage_source(formulas, "healthy", "1", formulas.once)
    stressed = _damage_source(formulas, "stressed", f"1 + {of('excitotoxicity.glutamate_excess')}", formulas.once)
    damage = formulas.rule("relative_damage", "damage, 0 in health and 1 at stress 1", f"(damage - {healthy})/({stressed} - {healthy})")
    density = formulas.rule("spine_density", meaning("spine_density"), "spines__transient + spines__persistent")
    plateau = of("monoamine.sert_plateau")
    sert = occupancy(formulas, "sert", meaning("sert_occupancy"), "monoamine.sert_affinity", SERT_INHIBITORS, plateau)
    dat = occupancy(formulas, "dat", meaning("dat_occupancy"), "monoamine.dat_affinity", DAT_INHIBITORS)
    mao = mao_block(formulas)
    if circuits:
        formulas.number("ms_per_hour", "milliseconds in an hour", factor("h", "ms"), "ms_per_h")
        recurrence = formulas.rule(
            "recurrence",
            meaning("recurrence"),
            f"(1 - {of('excitotoxicity.gain_loss')}*{damage})*(1 + {of('links.spines_on_recurrence')}*({density} - 1))",
        )
        pyramidal, release = prefrontal(formulas, loss, recurrence)
        drive, dopamine = midbrain(formulas, pyramidal, loss[HABENULA], stress, dat, mao)
    else:
        firing = brain.fast.habenula
        undosed_drive = raphe_drive(formulas.physiology.midbrain, firing.tonic_rate, firing.burst_rate)
        release = formulas.number("release", "rise of glutamate release, constant", 0.0)
        drive = formulas.number("raphe_drive", "drive of the raphe, constant", undosed_drive)
        dopamine = formulas.number("dopamine_tone", "dopamine tone at steady state, constant", brain.rest.dopamine)
    serotonin = _serotonin(formulas, drive, sert, mao)
    load = formulas.rule(
        "calcium_load",
        meaning("calcium_load"),
        f"(1 + {of('excitotoxicity.glutamate_excess')}*{stress})*(1 - {pore_block(formulas, ketamine)})",
    )
    source = _damage_source(formulas, "now", load, formulas.rule)
    return SlowInputs(stress, release, loss[PYRAMIDAL], serotonin, dopamine, source, damage)


def _add_states(formulas: Formulas, inputs: SlowInputs) -> None:
    """The slow states and their rates."""
    of, release, loss = formulas.parameter, inputs.release, inputs.drive_loss
    rise = formulas.rule("rise_of_release", "rise of glutamate release over the same circuit without drug", f"max({release}, 0)")
    surge = formulas.rule("surge", meaning("surge_engagement"), f"{rise}/({rise} + {of('links.surge_ec50')})")
    resting = formulas.rule("resting", meaning("resting_engagement"), f"{loss}/({loss} + {of('links.signalling_ec50')})")
    undosed = formulas.number("undosed_serotonin", "serotonin of the undosed patient", formulas.brain.fast.serotonin)
    serotonin_rise = formulas.rule("risen", "rise of serotonin over the patient's own", f"max({inputs.serotonin} - {undosed}, 0)")
    drives = {"surge_arm": surge, "rest_arm": resting, "serotonin_arm": serotonin_rise}
    arms = " + ".join(f"{of(f'signalling.{arm}')}*{drive}" for arm, drive in drives.items())
    formed, matured, elimination = _spine_flows(formulas, inputs)
    delay = of("signalling.structural_delay")
    rates = {
        "damage": f"({inputs.damage_source} - damage)/{of('excitotoxicity.repair_time')}",
        "glutamate": f"({release} - glutamate)/{of('prefrontal.glutamate_time')}",
        "measured_glutamate": f"(glutamate - measured_glutamate)/{of('prefrontal.measurement_lag')}",
        "bdnf": f"({arms} - bdnf)/{of('signalling.bdnf_time')}",
        "mtor": f"(bdnf - mtor)/{of('signalling.mtor_time')}",
        "protein": f"{of('signalling.protein_synthesis')}*mtor - protein/{of('signalling.protein_lifetime')}",
        "potentiation": f"{of('signalling.potentiation_rate')}*bdnf - potentiation/{of('signalling.potentiation_lifetime')}",
        "structure_1": f"(protein - structure_1)/{delay}",
        "structure_2": f"(structure_1 - structure_2)/{delay}",
        "structure_3": f"(structure_2 - structure_3)/{delay}",
        "spines.transient": f"{formed} - {of('spines.loss_of_new')}*spines__transient - {matured}",
        "spines.persistent": f"{matured} - {elimination}*spines__persistent",
        "dopamine": f"({inputs.dopamine_tone} - dopamine)/{of('links.dopamine_time')}",
        "autoreceptor": f"({inputs.serotonin}^(-{of('serotonin.adaptation')}) - autoreceptor)/{of('serotonin.adaptation_time')}",
    }
    for own, name, start in zip(state_identifiers(), STATE_NAMES, pack(formulas.brain.rest), strict=True):
        about = meaning(QUANTITY_OF_STATE[name]) if name in QUANTITY_OF_STATE else f"slow state {name}"
        formulas.state(own, about, start, rates[name])


class SpineFlows(NamedTuple):
    """Identifiers of formation and maturation (spines per h) and of the elimination rate (per h)."""

    formed: str
    matured: str
    elimination: str


def _spine_flows(formulas: Formulas, inputs: SlowInputs) -> SpineFlows:
    of, stress = formulas.parameter, inputs.stress
    speed = formulas.rule("growth_speed", "speed of spine growth", f"1 + {of('spines.growth_gain')}*structure_3")
    share = of("links.damage_share")
    elimination = formulas.rule(
        "elimination",
        "elimination of persistent spines",
        f"{of('spines.elimination')}*(1 + {of('links.stress_on_elimination')}*((1 - {share})*{stress} + {share}*{inputs.relative_damage}))",
        "per_h",
    )
    formed = formulas.rule(
        "formed",
        "spines that form",
        f"{of('spines.formation')}*(1 - {of('spines.stress_on_formation')}*{stress})*{speed}"
        f"*({of('spines.sites')} - spines__transient - spines__persistent)",
        "per_h",
    )
    matured = formulas.rule("matured", "spines that mature", f"{of('spines.maturation')}*{speed}*spines__transient", "per_h")
    return SpineFlows(formed, matured, elimination)


def _damage_source(formulas: Formulas, about: str, load: str, write: Writer) -> str:
    """Steady-state damage at a constant load."""
    half, n = formulas.parameter("excitotoxicity.load_for_half_damage"), formulas.parameter("excitotoxicity.cooperativity")
    return write(f"damage_source__{about}", f"steady-state damage at the load, {about}", f"1/(1 + ({half}/({load}))^{n})")


def _serotonin(formulas: Formulas, drive: str, sert: str, mao: str) -> str:
    """Serotonin at its targets."""
    of = formulas.parameter
    q = formulas.rule(
        "serotonin_per_spike",
        "serotonin per raphe spike",
        f"1/((1 - {of('serotonin.sert_share')}*{sert})*(1 - {of('serotonin.mao_share')}*{mao}))",
    )
    a = formulas.rule("feedback", "slowing of the raphe by serotonin", f"{of('serotonin.feedback')}*autoreceptor")
    return formulas.rule("serotonin", meaning("serotonin"), f"2*{drive}*{q}/(1 - {a} + sqrt((1 - {a})^2 + 4*{a}*{q}*{drive}))")
