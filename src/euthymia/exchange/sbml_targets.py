"""Drug targets as SBML formulas: NMDA receptors, transporters and MAO-A, from the drugs at their sites."""

from collections.abc import Collection

from ..core.types import ENANTIOMERS, SUBUNITS
from ..pharmacology.comparators import FORMED
from ..receptors.monoamine import IRREVERSIBLE_MAO_INHIBITORS, REVERSIBLE_MAO_INHIBITORS
from ..receptors.nmdar import LIGANDS
from .sbml_document import identifier
from .sbml_formulas import Formulas

PYRAMIDAL = "pyramidal"


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


def racemate_equivalents(formulas: Formulas) -> str:
    """Concentration of racemic ketamine that competes like all NMDA receptor blockers together."""
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
        if enantiomer in ENANTIOMERS:
            state, free = states[molecule]
            sources = [identifier(f"{enantiomer}-ketamine", state)] if f"{enantiomer}-ketamine" in formulas.systems else []
            if enantiomer == ENANTIOMERS[0] and "esketamine" in formulas.systems and molecule != "hydroxynorketamine":
                sources.append(identifier("esketamine", state))
        else:
            at_site = site(formulas, ligand)
            free, sources = of("links.free_share", ligand), [] if at_site is None else [at_site]
        if sources:
            terms.append(f"{free}*({' + '.join(sources)})/{of('receptor.binding_constant', ligand)}")
    racemate = " + ".join(f"1/{of('receptor.binding_constant', ligand)}" for ligand in LIGANDS[:2])
    title = "free brain concentration in equivalents of racemic ketamine"
    if not terms:
        return formulas.number("racemate_equivalents", title, 0.0, "umol_per_L")
    return formulas.rule("racemate_equivalents", title, f"({' + '.join(terms)})*2/({racemate})", "umol_per_L")


def drive_losses(formulas: Formulas, ketamine: str, cell_classes: Collection[str]) -> dict[str, str]:
    """Loss of NMDA drive per cell class, at a concentration in equivalents of racemic ketamine."""
    ic50 = {name: formulas.parameter("receptor.drive_ic50", name) for name in cell_classes}
    return {
        name: formulas.rule(f"drive_loss__{name}", f"loss of NMDA drive, {name}", f"{ketamine}/({ketamine} + {ic50[name]})")
        for name in cell_classes
    }


def pore_block(formulas: Formulas, ketamine: str) -> str:
    """Loss of NMDA charge in pyramidal cells."""
    of, magnesium = formulas.parameter, "receptor.magnesium"
    V = of("receptor.voltage", PYRAMIDAL)
    depolarised = f"({V} - {of('receptor.reference_voltage')})/{of('receptor.voltage_slope')}"
    left, whole = [], []
    for subunit in SUBUNITS:
        bound_magnesium = formulas.once(
            f"magnesium__{subunit}",
            f"external Mg2+ over its constant, {subunit}",
            f"{of(f'{magnesium}.concentration')}/({of(f'{magnesium}.affinity_at_0mV')}*exp({of(f'{magnesium}.slope')}*{V})"
            f"*{of(f'{magnesium}.subunit_scale', subunit)})",
        )
        K = formulas.once(
            f"affinity__{subunit}",
            f"constant of racemic ketamine at the voltage of pyramidal cells, {subunit}",
            f"{of('receptor.affinity', subunit)}*exp({depolarised})",
            "umol_per_L",
        )
        share = of("receptor.composition", PYRAMIDAL, subunit)
        left.append(f"{share}/(1 + {bound_magnesium} + {ketamine}/{K})")
        whole.append(f"{share}/(1 + {bound_magnesium})")
    return formulas.rule("pore_block", "loss of NMDA charge, pyramidal", f"1 - ({' + '.join(left)})/({' + '.join(whole)})")
