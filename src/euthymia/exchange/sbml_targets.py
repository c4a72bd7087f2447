"""Drug targets as SBML formulas: NMDA receptors, transporters and MAO-A, from the drugs at their sites."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..core.types import CELL_CLASSES, DRIVES, ENANTIOMERS, SUBUNITS
from ..pharmacology.comparators import FORMED
from ..receptors.monoamine import IRREVERSIBLE_MAO_INHIBITORS, REVERSIBLE_MAO_INHIBITORS
from ..receptors.nmdar import BLOCKERS, LIGANDS, OF_PYRAMIDAL_CELLS
from .sbml_document import identifier
from .sbml_formulas import Formulas

PYRAMIDAL, HABENULA, BURSTING, RESTING = "pyramidal", "habenula", "habenula_burst", "resting"
RACEMATE = "racemic ketamine"


class Blockers(NamedTuple):
    """Free concentrations in the brain of what blocks NMDA receptors (µM), as identifiers."""

    ketamine: str
    """Ketamine and its metabolites, in equivalents of racemic ketamine."""
    others: Mapping[str, str]
    """Each other blocker that the document has."""


def site(formulas: Formulas, molecule: str) -> str | None:
    """Concentration at the site of a comparator or metabolite, if the document has it."""
    parent = FORMED.get(molecule, molecule)
    return identifier(parent, "metabolite_site" if molecule in FORMED else "site") if parent in formulas.systems else None


def _weighted_sum(formulas: Formulas, path: str, molecules: Collection[str]) -> str:
    """Σ parameter · concentration at the site, over the molecules in the document."""
    sites = {molecule: site(formulas, molecule) for molecule in molecules}
    terms = [f"{formulas.parameter(path, molecule)}*{at_site}" for molecule, at_site in sites.items() if at_site is not None]
    return " + ".join(terms)


def occupancy(formulas: Formulas, name: str, title: str, path: str, molecules: Collection[str], plateau: str = "1") -> str:
    """Occupancy of a target by molecules that compete for it; ``path`` names their affinities."""
    odds = _weighted_sum(formulas, path, molecules)
    return formulas.rule(name, title, f"{plateau}*({odds})/(1 + {odds})" if odds else "0")


def mao_block(formulas: Formulas) -> str:
    """MAO-A that is inactivated or inhibited."""
    inhibited = occupancy(formulas, "mao_held", "MAO-A that is inhibited", "monoamine.mao_affinity", REVERSIBLE_MAO_INHIBITORS)
    inactivation = _weighted_sum(formulas, "monoamine.mao_inactivation", IRREVERSIBLE_MAO_INHIBITORS)
    left = "1"
    if inactivation:
        synthesis = formulas.rule("mao_made", "synthesis of MAO-A", f"ln(2)/{formulas.parameter('monoamine.mao_turnover')}", "per_h")
        rate = f"{synthesis}*(1 - mao) - (1 - {inhibited})*({inactivation})*mao"
        left = formulas.state("mao", "MAO-A that is not inactivated", 1.0, rate)
    return formulas.rule("mao_block", "MAO-A that is inactivated or inhibited", f"1 - {left}*(1 - {inhibited})")


def nmda_blockers(formulas: Formulas) -> Blockers:
    """What blocks NMDA receptors."""
    sites = {blocker: site(formulas, blocker) for blocker in BLOCKERS}
    others = {
        blocker: formulas.rule(
            f"free__{identifier(blocker)}",
            f"free brain concentration, {blocker}",
            f"{formulas.parameter('links.free_share', blocker)}*{at_site}",
            "umol_per_L",
        )
        for blocker, at_site in sites.items()
        if at_site is not None
    }
    return Blockers(_racemate_equivalents(formulas), others)


def _racemate_equivalents(formulas: Formulas) -> str:
    """Concentration of racemic ketamine that competes like ketamine and its metabolites together."""
    of = formulas.parameter
    into_brain = f"{of('links.unbound_fraction')}*{of('links.brain_partition')}"
    states = {
        "ketamine": ("effect_site", into_brain),
        "norketamine": ("norketamine_effect_site", f"{of('links.norketamine_penetration')}*{into_brain}"),
        "hydroxynorketamine": ("hydroxynorketamine_effect_site", f"{of('links.hydroxynorketamine_penetration')}*{into_brain}"),
    }
    terms = []
    for ligand in LIGANDS:
        enantiomer, _, molecule = ligand.partition("-")
        state, free = states[molecule]
        sources = [identifier(f"{enantiomer}-ketamine", state)] if f"{enantiomer}-ketamine" in formulas.systems else []
        if enantiomer == ENANTIOMERS[0] and "esketamine" in formulas.systems and molecule != "hydroxynorketamine":
            sources.append(identifier("esketamine", state))
        if sources:
            terms.append(f"{free}*({' + '.join(sources)})/{of('receptor.binding_constant', ligand)}")
    racemate = " + ".join(f"1/{of('receptor.binding_constant', ligand)}" for ligand in LIGANDS[:2])
    title = "free brain concentration in equivalents of racemic ketamine"
    if not terms:
        return formulas.number("racemate_equivalents", title, 0.0, "umol_per_L")
    return formulas.rule("racemate_equivalents", title, f"({' + '.join(terms)})*2/({racemate})", "umol_per_L")


def nmda_losses(formulas: Formulas, blockers: Blockers) -> dict[str, str]:
    """Effective loss of each of ``DRIVES``, by ketamine's own potency and by the pore block of each other blocker."""
    of = formulas.parameter
    others = blockers.others.items()
    odds = {(name, blocker): _odds_of_block(formulas, name, blocker, free) for name in CELL_CLASSES for blocker, free in others}

    def loss(drive: str) -> str:
        name = drive if drive in CELL_CLASSES else PYRAMIDAL
        potency = of("receptor.drive_ic50", name)
        if drive in OF_PYRAMIDAL_CELLS:
            potency = f"({potency}*{of('receptor.ic50_ratio', drive)})"
        weights = {blocker: of("receptor.resting_engagement", blocker) if drive == RESTING else "1" for blocker in blockers.others}
        by_others = (f"{weights[blocker]}*{odds[name, blocker]}" for blocker in blockers.others)
        x = f"({' + '.join((f'{blockers.ketamine}/{potency}', *by_others))})"
        return formulas.rule(f"drive_loss__{drive}", f"loss of NMDA drive, {drive}", f"{x}/(1 + {x})")

    return {drive: loss(drive) for drive in DRIVES}


def pore_block(formulas: Formulas, blockers: Blockers) -> str:
    """Loss of NMDA charge in pyramidal cells."""
    lost, left = _charge(formulas, PYRAMIDAL, {RACEMATE: blockers.ketamine, **blockers.others})
    return formulas.rule("pore_block", "loss of NMDA charge, pyramidal", f"({lost})/({lost} + {left})")


def _odds_of_block(formulas: Formulas, name: str, blocker: str, free: str) -> str:
    """Odds of pore block by one of the other blockers alone in a cell class."""
    lost, left = _charge(formulas, name, {blocker: free})
    return formulas.rule(f"odds__{identifier(blocker)}__{name}", f"odds of pore block by {blocker}, {name}", f"({lost})/({left})")


def _charge(formulas: Formulas, name: str, free: Mapping[str, str]) -> tuple[str, str]:
    """NMDA charge of a cell class that is lost and left at free concentrations of what binds."""
    lost, left = [], []
    for subunit in SUBUNITS:
        magnesium = _magnesium(formulas, name, subunit)
        bound = " + ".join(f"{concentration}/{_affinity(formulas, name, subunit, blocker)}" for blocker, concentration in free.items())
        remaining = f"{formulas.parameter('receptor.composition', name, subunit)}/(1 + {magnesium} + {bound})"
        lost.append(f"{remaining}*({bound})/(1 + {magnesium})")
        left.append(remaining)
    return " + ".join(lost), " + ".join(left)


def _magnesium(formulas: Formulas, name: str, subunit: str) -> str:
    """External Mg2+ over its constant at the voltage of a cell class."""
    of, path = formulas.parameter, "receptor.magnesium"
    return formulas.once(
        f"magnesium__{name}__{subunit}",
        f"external Mg2+ over its constant, {name}, {subunit}",
        f"{of(f'{path}.concentration')}/({of(f'{path}.affinity_at_0mV')}*exp({of(f'{path}.slope')}*{of('receptor.voltage', name)})"
        f"*{of(f'{path}.subunit_scale', subunit)})",
    )


def _depolarised(formulas: Formulas, name: str) -> str:
    """Voltage of a cell class above the reference, over what raises a constant e-fold."""
    of = formulas.parameter
    return f"({of('receptor.voltage', name)} - {of('receptor.reference_voltage')})/{of('receptor.voltage_slope')}"


def _affinity(formulas: Formulas, name: str, subunit: str, blocker: str) -> str:
    """Constant of racemic ketamine or another blocker at the voltage of a cell class."""
    of = formulas.parameter
    at_reference = of("receptor.affinity", subunit) if blocker == RACEMATE else of("receptor.affinity_of_others", blocker, subunit)
    return formulas.once(
        identifier("affinity", blocker, name, subunit),
        f"constant of {blocker} at the voltage of a cell class, {name}, {subunit}",
        f"{at_reference}*exp({_depolarised(formulas, name)})",
        "umol_per_L",
    )


def trapping_rate(formulas: Formulas, blockers: Blockers, unblocked: str) -> str:
    """Rate of change of the drug that is trapped in bursting cells of the habenula, whose pores are free of Mg2+ in this share."""
    of = formulas.parameter
    trapped = [blockers.ketamine]
    for blocker, free in blockers.others.items():
        relative = " + ".join(
            f"{of('receptor.composition', HABENULA, subunit)}*{of('receptor.affinity', subunit)}"
            f"/{of('receptor.affinity_of_others', blocker, subunit)}"
            for subunit in SUBUNITS
        )
        trapped.append(f"{free}*{of('receptor.trapped_share', blocker)}*({relative})")
    binding = formulas.rule(
        "trapping",
        "binding of trapped drug in bursting habenula cells",
        f"{of('receptor.open_probability', BURSTING)}*{of('receptor.on_rate')}*exp(-{_depolarised(formulas, HABENULA)})"
        f"*({' + '.join(trapped)})*{unblocked}",
        "per_h",
    )
    return f"{binding}*(1 - trapped) - {of('receptor.habenula_release')}*trapped"
