"""What a user should know before trusting a result."""

import jax.numpy as jnp

from ..brain.attractor import Window, bistable_window
from ..clinic.symptoms import EMPIRICAL_CONTEXTS
from ..core.clock import clock
from ..core.compiler_options import MANY_KERNELS
from ..core.constants import DAY
from ..core.exported_programs import exported_with
from ..core.types import Scalar
from ..model.baseline import patient
from ..model.fast import Brain
from ..model.parameters import Euthymia
from ..pharmacology.animals import ANIMALS
from ..pharmacology.comparators import DRUGS
from ..pharmacology.covariates import GENOTYPES, LIVERS, SEXES
from ..protocols.dose import Dose
from ..protocols.patient import Patient
from ..protocols.protocol import Protocol
from ..protocols.vocabulary import OF_KETAMINE
from ..receptors.monoamine import DAT_INHIBITORS, IRREVERSIBLE_MAO_INHIBITORS, REVERSIBLE_MAO_INHIBITORS, SERT_INHIBITORS
from .ceilings import above_ceilings
from .dosing import ROUNDING, SPRAY_MODEL
from .person import Person
from .visits import EMPIRICAL

WITH_MAO_LOST = {"serotonin syndrome": SERT_INHIBITORS, "a dangerous rise of blood pressure": DAT_INHIBITORS}
"""What can happen where MAO is inhibited too, by what is given."""
RECOVERS_UNDOSED = (
    "patient: what dopamine and limbic drive recover because stress ends is counted with the way that carries it, 3 or 5, even without a "
    "drug; the untreated course leaves it out"
)

RECOVERS_BEFORE = (
    "patient: stress ends before the first dose: the patient recovers before it too, and what he gains then is not told from what the drug "
    "brings"
)


def warnings_of(protocol: Protocol, model: Euthymia, limbic_input: float | None = None) -> list[str]:
    """What the user should know before trusting the result: what lies outside published experience, or means nothing.

    ``limbic_input`` is the drive of the patient's limbic network (nA) before the course; it is solved for if left out.
    """
    return [*patient_warnings(protocol, model, limbic_input), *course_warnings(protocol, model)]


def patient_warnings(protocol: Protocol, model: Euthymia, limbic_input: float | None = None) -> list[str]:
    """Of these, what concerns the patient, whatever the treatment."""
    person = Person.from_protocol(protocol, model)
    warnings = [*body_warnings(protocol.patient, protocol.doses, model), *_end_of_stress(protocol, float(person.stress))]
    if protocol.patient.condition != "depressed":
        return warnings
    if float(person.stress) == 0:
        warnings.append("patient: a depressed patient at stress 0 lacks nothing that the mechanisms could repair")
    drive = float(_undosed(model, person.stress).fast.limbic_input) if limbic_input is None else limbic_input
    lower, upper = (float(edge) for edge in _window(model))
    if not lower <= upper:
        return [*warnings, "patient: at these numbers the limbic network has one state at any drive, so that no reset is possible"]
    if not lower <= drive <= upper:
        only = "locked" if drive > upper else "quiet"
        warnings.append(
            f"patient: the limbic network of this patient has only its {only} state (mean drive {drive:.3f} nA, two states between "
            f"{lower:.3f} and {upper:.3f} nA), so that no reset is possible: whatever the drug changes there goes back with the drug"
        )
    return warnings


def course_warnings(protocol: Protocol, model: Euthymia) -> list[str]:
    """Of these, what concerns the doses and the context."""
    weight = float(Person.from_protocol(protocol, model).weight)
    return [
        *(f"{above}; nothing beyond is known of people" for above in above_ceilings(protocol, model)),
        *_ketamine_warnings(protocol, model, weight),
        *_comparator_warnings(protocol, model, weight),
        *_dangers(protocol),
        *_context_warnings(protocol),
    ]


def _end_of_stress(protocol: Protocol, stress: float) -> list[str]:
    until = protocol.patient.stress_until
    if until is None:
        return []
    if stress == 0:
        who = "a healthy volunteer" if protocol.patient.condition == "healthy" else "this patient"
        return [f"patient: stress_until changes nothing: {who} is under no stress that could end (stress 0)"]
    if until >= protocol.horizon:
        return [
            f"patient: stress_until changes nothing: stress would end at {clock(until)}, and the course ends at {clock(protocol.horizon)}"
        ]
    if protocol.doses and until < protocol.doses[0].start:
        return [RECOVERS_UNDOSED, RECOVERS_BEFORE]
    return [RECOVERS_UNDOSED]


@exported_with(MANY_KERNELS)
def _undosed(model: Euthymia, stress: Scalar) -> Brain:
    return patient(model.physiology, stress)


@exported_with(MANY_KERNELS)
def _window(model: Euthymia) -> Window:
    return bistable_window(model.physiology.limbic.attractor, jnp.zeros(()), jnp.ones(()))


def _ketamine_warnings(protocol: Protocol, model: Euthymia, weight: float) -> list[str]:
    known = {name: float(getattr(model.experience, name)) for name in ("lowest_dose", "highest_dose", "usual_infusion", "longest_infusion")}
    warnings = []
    for number, dose in enumerate(protocol.doses, 1):
        if dose.drug != "ketamine" or not dose.route.startswith("i.v."):
            continue
        per_kg = dose.per_kilogram(weight)
        if not known["lowest_dose"] * (1 - ROUNDING) <= per_kg <= known["highest_dose"] * (1 + ROUNDING):
            warnings.append(
                f"dose {number}: {per_kg:.3g} mg/kg is outside the trials in depression; "
                f"evidence covers {known['lowest_dose']:g} to {known['highest_dose']:g} mg/kg i.v."
            )
        if (dose.duration or 0) < known["usual_infusion"] * (1 - ROUNDING):
            warnings.append(
                f"dose {number}: given faster than in published trials, which infused over {known['usual_infusion'] * 60:.0f} min"
            )
        if (dose.duration or 0) > known["longest_infusion"] * (1 + ROUNDING):
            warnings.append(
                f"dose {number}: infused over {clock(dose.duration or 0)}, longer than the longest infusion that evidence covers, "
                f"{clock(known['longest_infusion'])}"
            )
    return warnings


def _comparator_warnings(protocol: Protocol, model: Euthymia, weight: float) -> list[str]:
    warnings = []
    for index, drug in enumerate(DRUGS):
        doses = [dose for dose in protocol.doses if dose.drug == drug]
        if not doses:
            continue
        # The last dose of a regimen stands for a day of its own.
        days = (doses[-1].start - doses[0].start) / DAY + 1
        daily = sum(dose.milligrams(weight) for dose in doses) / days
        lowest, highest = (float(getattr(model.physiology.comparators, limit)[index]) * DAY for limit in ("lowest_dose", "highest_dose"))
        if not lowest * (1 - ROUNDING) <= daily <= highest * (1 + ROUNDING):
            if highest == 0:
                warnings.append(f"doses: {drug} is not given to people; its disposition here is assumed")
                continue
            warnings.append(f"doses: {daily:.3g} mg of {drug} a day is outside what evidence covers, {lowest:g} to {highest:g} mg a day")
    return warnings


def _dangers(protocol: Protocol) -> list[str]:
    drugs_given = dict.fromkeys(dose.drug for dose in protocol.doses)
    return [
        f"doses: {drug} with {inhibitor} can cause {danger}: they are forbidden together and for weeks after one another; "
        "nothing here computes that"
        for inhibitor in drugs_given
        if inhibitor in (*REVERSIBLE_MAO_INHIBITORS, *IRREVERSIBLE_MAO_INHIBITORS)
        for danger, drugs in WITH_MAO_LOST.items()
        for drug in drugs_given
        if drug in drugs
    ]


def _context_warnings(protocol: Protocol) -> list[str]:
    if protocol.context not in EMPIRICAL_CONTEXTS:
        return []
    beside = "; how a drug and it act together is not known, and here they add" if protocol.doses else ""
    return [f"context: {protocol.context} is {EMPIRICAL}; its curve is set from how many responded in trials{beside}"]


def body_warnings(patient: Patient, doses: tuple[Dose, ...], model: Euthymia) -> list[str]:
    """What the user should know of the numbers behind this body."""
    warnings = []
    if patient.species in ANIMALS:
        warnings.append(f"patient: the disposition of a {patient.species} is scaled from people by weight; no measured one could be read")
    if patient.sex == "female" and float(model.covariates.of_sex[SEXES.index("female")]) == 1:
        warnings.append("patient: sex has no effect here, as in 820 people; a smaller study found 20 % more clearance in women")
    if patient.cyp2b6 not in (None, GENOTYPES[0]):
        warnings.append(
            f"patient: the effect of CYP2B6 {patient.cyp2b6} was found under long infusions; single oral doses in 30 people showed none"
        )
    if patient.liver not in (None, LIVERS[0]):
        warnings.append("patient: the effect of the liver is set so that exposure after a spray changes as recalled from its label")
    if patient.particulars() and any(dose.drug not in OF_KETAMINE for dose in doses):
        warnings.append("patient: age, sex, genotype, liver and individual change the disposition of ketamine alone")
    if patient.disposition is not None and any(dose.drug == "esketamine" and dose.route in SPRAY_MODEL for dose in doses):
        warnings.append("patient: esketamine from a spray or solution has a model of its own, on which a stated disposition does not act")
    return warnings
