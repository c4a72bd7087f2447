"""The report: one page that opens without a network, from the answer down the causal chain."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import equinox as eqx
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .. import __version__
from ..biophysics.magnesium import Magnesium
from ..clinic.symptoms import Symptoms
from ..core.parameters import declared, rows_of
from ..evidence.registry import evidence
from ..evidence.rows import Parameter, Source, Target
from ..experiments.simulation import Simulation
from ..links import Links
from ..pharmacology.disposition import Disposition
from ..plasticity.excitotoxicity import Excitotoxicity
from ..plasticity.signalling import Signalling
from ..plasticity.spines import Spines
from ..protocols.reading import text_of
from ..receptors.nmdar import NMDAReceptor
from . import figures
from .run_folder import git_revision
from .summary import Summary
from .words import clock, number, percent, points, quantity, unit


@dataclass(frozen=True)
class Section:
    """One scale: its figures, what to read in them, and the numbers it rests on."""

    anchor: str
    title: str
    reading: str
    draw: tuple[tuple[Callable[[Simulation], str], str], ...]
    containers: tuple[type[eqx.Module], ...] = ()
    only: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    needs_drug: bool = True

    def rows(self) -> list[Parameter]:
        """Evidence rows that this scale reads."""
        names = [row for kind in self.containers for _, each in declared(kind) for row in rows_of(each)]
        return [evidence().parameters[name] for name in dict.fromkeys(names) if not self.only or name.startswith(self.only)]


NODES_DRAWN = 1000

SECTIONS = (
    Section(
        "drug",
        "Drug: from vein to brain",
        "Each enantiomer moves through three compartments and turns into norketamine and hydroxynorketamine. Only unbound drug "
        "in brain counts further down. The linear system is solved exactly.",
        (
            (
                figures.drug,
                "Left: total concentration in plasma; shown for ketamine is a venous sample, which lags arterial blood. "
                "Right: unbound concentration in brain.",
            ),
        ),
        (Disposition, Links),
        ("allometry", "ketamine", "norketamine", "hydroxynorketamine", "brain"),
        (
            "R-hydroxynorketamine is set to the exposure ratio observed for it; for the S form the published chain gives about half of the "
            "observed ratio (1.7, SD 0.8).",
            "S- and R-ketamine are given the same disposition, and one lag stands for the two venous delay compartments of the source.",
        ),
        ("zarate2006.venous_peak", "zhao2012.venous_peak", "hnk.peak", "hasan2021.hnk_ratio_s"),
    ),
    Section(
        "receptor",
        "Receptor: three words, not one block",
        "“Bound” is the share of NMDA receptors that carry the drug, “pore block” the charge lost while magnesium competes "
        "for the pore, “drive loss” the loss of NMDA drive a circuit feels in vivo. Each way reads exactly one of them.",
        ((figures.receptor, "The three words for each cell class over the first hours."),),
        (Magnesium, NMDAReceptor),
        (),
        (
            "The make-up of receptors per cell class and the in-vivo potencies are assumed; measured affinities with magnesium give "
            "several times less block than slice currents suggest. The potency gap above shows what that means for each way.",
        ),
        (
            "kotermanski2009.half_block_with_magnesium",
            "abbott2020.half_block",
            "shaffer2014.half_occupancy",
            "gerhard2020.block_10uM",
        ),
    ),
    Section(
        "way-2",
        "Way 2: easing the calcium load",
        "Stress lets glutamate spill to receptors outside the synapse; calcium enters and damages. Block lowers the load while the "
        "drug is there.",
        ((figures.calcium, "Calcium load, damage and excitatory gain against the untreated course."),),
        (Excitotoxicity, Links),
        ("excitotoxicity", "links.damage_share", "links.stress_on_elimination"),
        (
            "The popular account says that ketamine protects neurons from excess glutamate. In this model one infusion eases the load for "
            "hours while damage heals over days, so it repairs next to nothing. No published rates were found; all sizes here are assumed.",
        ),
    ),
    Section(
        "way-4",
        "Way 4: connections regrow",
        "Block at resting receptors frees the synthesis of BDNF, which drives mTORC1, synaptic proteins and fast potentiation within "
        "hours. Spines follow after a structural delay and fade over weeks.",
        (
            (figures.signalling, "Signalling, in relative units."),
            (figures.spines, "Left: spine density, with mTORC1 removed as a control. Right: formation and elimination against before."),
        ),
        (Signalling, Spines, Links),
        ("signalling", "spines", "links.signalling"),
        (
            "Rapamycin into rat brain abolishes ketamine’s synaptic effect (Li 2010), which the control shows; 6 mg by mouth did not "
            "block relief at 24 h in patients (Abdallah 2020), which the model does not explain.",
            "PET of the presynaptic protein SV2A saw no change 24 h after ketamine in people (Holmes 2022); "
            "the spines here are postsynaptic.",
            "The glutamate surge through AMPA receptors, the stronger arm in the literature, enters with way 1; until then only the "
            "resting-receptor arm acts.",
            "mTORC1 is said to be back near baseline at 2 h in rats; here it follows the slow tail of the drug and is still near its peak.",
        ),
        (
            "li2010.mtor_block",
            "abdallah2020.rapamycin_24h",
            "modasava2019.formation_latency",
            "modasava2019.maintenance_needs_spines",
            "modasava2019.fraction_restored",
            "phoumthipphavong2016.elimination_change",
            "zuo2005.turnover",
            "cornwell2012.potentiation",
            "holmes2022.sv2a_change",
            "holmes2019.deficit",
            "li2010.mtor_return",
            "phoumthipphavong2016.duration",
            "holtmaat2005.persistent",
        ),
    ),
    Section(
        "mood",
        "Mood: the ten items",
        "Fast potentiation, spine density and excitatory gain lower a latent severity; the context of the visit joins so that the larger "
        "of drug and context wins and they do not add.",
        (
            (figures.symptoms, "Ratings before and after. Sleep and appetite have no driver in this version and stay where they were."),
            (figures.shares, "Points of MADRS that context and ways account for (Shapley shares over all combinations of removed links)."),
        ),
        (Symptoms,),
        (),
        (
            "Nothing published ties a share of spines to points of a rating scale: these weights are illustrations, and no outcome was "
            "used to set them. The latent scale and the join come from an informal fit that included the midazolam-controlled trial.",
            "Ways 1, 3 and 5 stay at their undosed value in this version, so relief is smaller than observed.",
            "All eight items with a driver share one shift in this version: their profile comes from the baseline alone.",
            "The context of a visit is one typical patient’s at the latent mean of a trial arm, less than the mean change of that arm.",
        ),
        (
            "murrough2013b.madrs_2h",
            "murrough2013.madrs_24h",
            "murrough2013.madrs_24h_midazolam",
            "zarate2006.effect_24h",
            "zarate2006.effect_7d",
            "zarate2006.onset",
            "singh2016.madrs_15d_saline",
        ),
        needs_drug=False,
    ),
)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("euthymia.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {each.__name__: each for each in (clock, number, percent, points, quantity, unit)}
    return environment


def _figure(draw: Callable[[Simulation], str], simulation: Simulation) -> Markup:
    # Ids are unique within one SVG only; a page holds several.
    name = draw.__name__
    svg = re.sub(r'\bid="', f'id="{name}-', draw(simulation))
    svg = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", svg)
    return Markup(svg)


def page(simulation: Simulation, summary: Summary) -> str:
    """The report as HTML text."""
    known = evidence()
    simulation = simulation.thinned(NODES_DRAWN)

    def sources(rows: list[Parameter | Target]) -> list[Source]:
        return [known.sources[key] for key in sorted({row.source for row in rows} - {"none", "convention", "formula"})]

    sections = [
        {
            "anchor": each.anchor,
            "title": each.title,
            "reading": each.reading,
            "figures": [(_figure(draw, simulation), caption) for draw, caption in each.draw],
            "rows": (rows := each.rows()),
            "targets": (targets := [known.target(name) for name in each.targets]),
            "species": sorted({kind.strip() for row in [*rows, *targets] if row.species for kind in row.species.split(" and ")}),
            "counts": {kind: sum(row.provenance == kind for row in rows) for kind in ("read", "calibrated", "recalled", "assumed")},
            "sources": sources([*rows, *targets]),
            "notes": each.notes,
        }
        for each in SECTIONS
        if simulation.protocol.doses or not each.needs_drug
    ]
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            summary=summary,
            simulation=simulation,
            mood=_figure(figures.mood, simulation),
            with_trial=figures.is_the_trial(simulation),
            chain=_figure(figures.cascade, simulation) if simulation.protocol.doses else None,
            sections=sections,
            protocol=text_of(simulation.protocol),
            version=__version__,
            revision=git_revision(),
            parameters=known.parameter_hash(),
        )
    )
