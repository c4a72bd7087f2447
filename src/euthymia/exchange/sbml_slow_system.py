"""The slow states of one brain as SBML formulas, from the drugs at their sites to spines, to stand beside the pharmacology.

Every equation of the slow field is written out here a second time, as text, so that another simulator can verify ours; numbers
come from the model. The surface of the habenula is a polynomial and stands as one. The prefrontal circuit has no closed form: it runs
in its own time beside its twin without drug. Rates of both circuits relax within milliseconds to the steady state that our field
solves for, so that the slow states differ by some millionths. A file without circuits holds their outputs at their undosed values; so
do our switches of :data:`FROZEN`, under constant stress. The limbic lock is no slow state and is left out.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..circuits.midbrain import raphe_drive
from ..core.errors import InputError
from ..core.numerics.settings import SMOOTH_EXCESS
from ..core.types import CELL_CLASSES
from ..core.units import factor
from ..model.fast import Brain
from ..model.parameters import Physiology
from ..model.state import STATE_NAMES, pack
from ..plasticity.spines import SpineState
from ..receptors.monoamine import DAT_INHIBITORS, SERT_INHIBITORS
from ..results.quantities import meaning
from .sbml_circuits import midbrain, prefrontal
from .sbml_document import Document, identifier
from .sbml_formulas import Formulas, Writer
from .sbml_targets import HABENULA, RESTING, mao_block, nmda_blockers, nmda_losses, occupancy, pore_block, trapping_rate

FROZEN = {"prefrontal": 0.0, "habenula": 0.0, "dopamine": 0.0, "cortex_to_dopamine": 0.0}
"""Settings of our switches that equal a file without circuits: circuits and dopamine keep their undosed values."""
SPINES = [identifier("spines", name) for name in SpineState._fields]
"""Identifiers of the kinds of spines."""
QUANTITY_OF_STATE = {
    **{name: name for name in ("glutamate", "measured_glutamate", "bdnf", "mtor", "dopamine", "autoreceptor")},
    **{"protein": "synaptic_proteins", "potentiation": "fast_potentiation", "structure_3": "structural_signal"},
    **{f"spines.{name}": f"{name}_spines" for name in SpineState._fields},
}
"""Slow states that a run returns as they are, by their name there."""


class SlowInputs(NamedTuple):
    """Identifiers of what the slow states depend on."""

    stress: str
    release: str
    """Relative rise of glutamate release."""
    losses: Mapping[str, str]
    """Of each NMDA drive."""
    resting_block: str
    """Loss of NMDA drive of pyramidal cells at rest, not adapted to."""
    trapping: str
    """Rate of change of trapped drug."""
    serotonin: str
    dopamine_tone: str
    damage_source: str
    """Steady-state damage at the present calcium load."""
    relative_damage: str


def add_slow_system(
    document: Document,
    physiology: Physiology,
    brain: Brain,
    systems: Collection[str],
    circuits: bool = True,
    stress_until: float | None = None,
) -> None:
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
    stress_until
        Time (h) from which on there is no stress, if it ends.

    Raises
    ------
    InputError
        If circuits do not act and stress ends: they would have to change.
    """
    if stress_until is not None and not circuits:
        raise InputError("stress_until: circuits that are held at their undosed values cannot follow the end of stress; leave it out")
    formulas = Formulas(document, physiology, brain, systems)
    stress = document.number("stress", "stress of the patient", float(brain.stress), "dimensionless", constant=stress_until is None)
    if stress_until is not None:
        document.event("end_of_stress", f"stress ends, at {stress_until:g} h", f"time > {stress_until!r} h", {stress: "0"})
    _add_states(formulas, _slow_inputs(formulas, stress, circuits))


def state_identifiers() -> list[str]:
    """Identifiers of the slow states, in the order of ``STATE_NAMES``."""
    return [identifier(*name.split(".")) for name in STATE_NAMES]


def _slow_inputs(formulas: Formulas, stress: str, circuits: bool) -> SlowInputs:
    """Everything from drugs and stress to what the slow states depend on."""
    of, brain = formulas.parameter, formulas.brain
    blockers = nmda_blockers(formulas)
    losses = nmda_losses(formulas, blockers)
    healthy = _damage_source(formulas, "healthy", "1", formulas.once)
    stressed = _damage_source(formulas, "stressed", f"1 + {of('excitotoxicity.glutamate_excess')}", formulas.once)
    damage = formulas.rule("relative_damage", "damage, 0 in health and 1 at stress 1", f"(damage - {healthy})/({stressed} - {healthy})")
    density = formulas.rule("spine_density", meaning("spine_density"), " + ".join(SPINES))
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
        felt = {name: _unadapted(formulas, losses[name], name) for name in CELL_CLASSES}
        pyramidal, release = prefrontal(formulas, felt, recurrence)
        drive, dopamine, unblocked = midbrain(formulas, pyramidal, felt[HABENULA], stress, dat, mao)
    else:
        firing = brain.fast.habenula
        undosed_drive = raphe_drive(formulas.physiology.midbrain, firing.tonic_rate, firing.burst_rate)
        release = formulas.number("release", "rise of glutamate release, constant", 0.0)
        drive = formulas.number("raphe_drive", "drive of the raphe, constant", undosed_drive)
        dopamine = formulas.number("dopamine_tone", "dopamine tone at steady state, constant", brain.rest.dopamine)
        unblocked = formulas.number("unblocked", "pores of the habenula free of Mg2+, constant", firing.unblocked)
    serotonin = _serotonin(formulas, drive, sert, mao)
    load = formulas.rule(
        "calcium_load",
        meaning("calcium_load"),
        f"(1 + {of('excitotoxicity.glutamate_excess')}*{stress})*(1 - {pore_block(formulas, blockers)})",
    )
    source = _damage_source(formulas, "now", load, formulas.rule)
    at_rest = _unadapted(formulas, losses[RESTING], RESTING)
    trapping = trapping_rate(formulas, blockers, unblocked)
    return SlowInputs(stress, release, losses, at_rest, trapping, serotonin, dopamine, source, damage)


def _unadapted(formulas: Formulas, loss: str, drive: str) -> str:
    """What is still felt of a loss of NMDA drive after adapting."""
    over = f"{loss.replace('_', ' ')} over what is adapted to"
    excess = formulas.rule(f"{loss}__excess", over, f"max({loss} - adaptation__{drive}, 0)")
    about = f"{loss.replace('_', ' ')}: what is felt of it"
    return formulas.rule(f"{loss}__felt", about, f"{excess}^2/({excess} + {SMOOTH_EXCESS})")


def _engagement(formulas: Formulas, name: str, title: str, signal: str, half: str) -> str:
    """Cooperative engagement of BDNF by a signal that is not negative."""
    half, n = formulas.parameter(half), formulas.parameter("links.cooperativity")
    return formulas.rule(name, title, f"{signal}^{n}/({signal}^{n} + {half}^{n})")


def _add_states(formulas: Formulas, inputs: SlowInputs) -> None:
    """The slow states and their rates."""
    of, release = formulas.parameter, inputs.release
    rise = formulas.rule("rise_of_release", "rise of glutamate release over the same circuit without drug", f"max({release}, 0)")
    surge = _engagement(formulas, "surge", meaning("surge_engagement"), rise, "links.surge_ec50")
    resting = _engagement(formulas, "resting", meaning("resting_engagement"), inputs.resting_block, "links.signalling_ec50")
    undosed = formulas.number("undosed_serotonin", "serotonin of the undosed patient", formulas.brain.fast.serotonin)
    serotonin_rise = formulas.rule("risen", "rise of serotonin over the patient's own", f"max({inputs.serotonin} - {undosed}, 0)")
    drives = {"surge_arm": surge, "rest_arm": resting, "serotonin_arm": serotonin_rise}
    arms = " + ".join(f"{of(f'signalling.{arm}')}*{drive}" for arm, drive in drives.items())
    delay = of("signalling.structural_delay")
    rates = {
        "damage": f"({inputs.damage_source} - damage)/{of('excitotoxicity.repair_time')}",
        "glutamate": f"({release} - glutamate)/{of('prefrontal.glutamate_time')}",
        "measured_glutamate": f"(glutamate - measured_glutamate)/{of('prefrontal.measurement_lag')}",
        "bdnf": f"({arms} - bdnf)/{of('signalling.bdnf_time')}",
        "mtor": f"(bdnf - mtor)/{of('signalling.mtor_time')}",
        "protein": f"{of('signalling.protein_synthesis')}*mtor - protein/{of('signalling.protein_lifetime')}",
        "potentiation": f"{of('signalling.potentiation_rate')}*bdnf - potentiation/{of('signalling.potentiation_lifetime')}",
        "structural_drive": f"{of('signalling.structural_rate')}*mtor - structural_drive/{of('signalling.structural_lifetime')}",
        "structure_1": f"(structural_drive - structure_1)/{delay}",
        "structure_2": f"(structure_1 - structure_2)/{delay}",
        "structure_3": f"(structure_2 - structure_3)/{delay}",
        **_spine_rates(formulas, inputs),
        "trapped": inputs.trapping,
        **{f"adaptation.{name}": f"({loss} - adaptation__{name})/{of('links.adaptation_time')}" for name, loss in inputs.losses.items()},
        "dopamine": f"({inputs.dopamine_tone} - dopamine)/{of('links.dopamine_time')}",
        "autoreceptor": f"({inputs.serotonin}^(-{of('serotonin.adaptation')}) - autoreceptor)/{of('serotonin.adaptation_time')}",
    }
    for own, name, start in zip(state_identifiers(), STATE_NAMES, pack(formulas.brain.rest), strict=True):
        about = meaning(QUANTITY_OF_STATE[name]) if name in QUANTITY_OF_STATE else f"slow state {name}"
        formulas.state(own, about, start, rates[name])


def _spine_rates(formulas: Formulas, inputs: SlowInputs) -> dict[str, str]:
    """Rates of change of the three kinds of spines."""
    of, (transient, young, persistent) = formulas.parameter, SPINES
    speed = formulas.rule("growth_speed", "speed of spine growth", f"1 + {of('spines.growth_gain')}*structure_3")
    share = of("links.damage_share")
    stress = formulas.rule(
        "stress_on_spines", "stress as spines feel it", f"(1 - {share})*{inputs.stress} + {share}*{inputs.relative_damage}"
    )

    N, Y, life, k = (of(f"spines.{name}") for name in ("healthy_transient", "healthy_young", "transient_lifetime", "maturation"))
    m = formulas.once(
        "stabilisation", "transient spines that stay, in health", f"({of('spines.elimination_of_young')} + {k})*{Y}/{N}", "per_h"
    )

    def elimination(kind: str, rate: str, rise: str) -> str:
        return formulas.rule(f"elimination__{kind}", f"elimination of {kind} spines", f"{rate}*(1 + {of(rise)}*{stress})", "per_h")

    young_lost = elimination("young", of("spines.elimination_of_young"), "links.stress_on_elimination")
    persistent_lost = elimination("persistent", f"{k}*{Y}/(1 - {N} - {Y})", "links.stress_on_persistent")
    formed = formulas.rule(
        "formed",
        "spines that form",
        f"{N}/{life}/({of('spines.sites')} - 1)*(1 - {of('spines.stress_on_formation')}*{inputs.stress})*{speed}"
        f"*({of('spines.sites')} - {' - '.join(SPINES)})",
        "per_h",
    )
    stabilised = formulas.rule("stabilised", "spines that become young ones", f"{m}*{speed}*{transient}", "per_h")
    matured = formulas.rule("matured", "spines that mature", f"{k}*{young}", "per_h")
    return {
        "spines.transient": f"{formed} - (1/{life} - {m})*{transient} - {stabilised}",
        "spines.young": f"{stabilised} - {young_lost}*{young} - {matured}",
        "spines.persistent": f"{matured} - {persistent_lost}*{persistent}",
    }


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
