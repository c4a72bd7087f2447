"""The sections of the page of one course: for each scale its figures, what to read in them, and the numbers it rests on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ...analysis.summary import Summary
from ...evidence.registry import evidence
from ...evidence.rows import Parameter
from ...model.default import uses
from ...pharmacology.comparators import DRUGS, MOLECULES
from ...protocols.protocol import Protocol
from ...protocols.vocabulary import BLOCKERS, OF_KETAMINE
from ...simulation.simulate import Simulation
from ..figures import calcium, drug, habenula, limbic, mood, prefrontal, receptor, regrowth, serotonin
from ..statements import (
    engagement_of_resting_receptors,
    executive_falls,
    firing,
    habenula_firing,
    opening_by_noise,
    outcomes_in_view,
    release_of_trapped_drug,
    sign_of_way_1,
)


def any_drug(protocol: Protocol) -> bool:
    """Whether anything is given."""
    return bool(protocol.doses)


def has_ketamine(protocol: Protocol) -> bool:
    """Whether ketamine in any form, or a metabolite, is given."""
    return any(dose.drug in OF_KETAMINE for dose in protocol.doses)


def has_blocker(protocol: Protocol) -> bool:
    """Whether anything that blocks NMDA receptors is given."""
    return any(dose.drug in BLOCKERS for dose in protocol.doses)


def has_comparator(protocol: Protocol) -> bool:
    """Whether a drug other than ketamine is given."""
    return any(dose.drug in DRUGS for dose in protocol.doses)


class Figure(NamedTuple):
    """A drawing and what to read in it."""

    draw: Callable[..., str]
    caption: str
    reads: Literal["course", "circuits", "both"] = "course"
    """What it is drawn from; of circuits, the data set of :func:`~euthymia.analysis.circuits.circuits`."""
    needs: str = ""
    """Quantity of the circuits without which it is left out."""

    def drawn(self, simulation: Simulation) -> str | None:
        """The drawing as SVG text; None if what it needs is not there."""
        circuits = simulation.circuits
        if self.needs and (circuits is None or self.needs not in circuits):
            return None
        inputs = {"course": (simulation,), "circuits": (circuits,), "both": (simulation, circuits)}
        return self.draw(*inputs[self.reads])


Text = str | Callable[[Simulation, Summary], str]
"""What a section says; where it depends on the course or the evidence, how it is made. Nothing is said where it is empty."""


def said(text: Text, simulation: Simulation, summary: Summary) -> str:
    """What a section says of a course."""
    return text if isinstance(text, str) else text(simulation, summary)


@dataclass(frozen=True)
class Section:
    """One scale."""

    anchor: str
    title: str
    reading: Text
    figures: tuple[Figure, ...]
    rooms: tuple[str, ...] = ()
    """Parts of the model whose numbers are listed, by their dotted names."""
    only: tuple[str, ...] = ()
    """Beginnings of the ids of the rows that are listed; all if empty."""
    notes: tuple[Text, ...] = ()
    targets: tuple[str, ...] = ()
    applies_to: Callable[[Protocol], bool] = any_drug
    """Which protocols have it."""
    has_levels: bool = False
    """Whether it ends with the table of the three levels of a reset."""

    def rows(self) -> list[Parameter]:
        """Evidence rows that this scale reads."""
        readers = uses()
        rows = [row for room in self.rooms for row in readers if any(name.startswith(f"{room}.") for name, _ in readers[row])]
        return [evidence().parameters[row] for row in dict.fromkeys(rows) if not self.only or row.startswith(self.only)]


SECTIONS = (
    Section(
        "drug",
        "Drug: from dose to brain",
        "Each enantiomer moves through three compartments and turns into norketamine and hydroxynorketamine. Only unbound drug "
        "in brain counts further down. The linear system is solved exactly.",
        (
            Figure(
                drug.ketamine,
                "Left: total concentration in plasma; shown for ketamine is a venous sample, which lags arterial blood. "
                "Right: unbound concentration in brain.",
            ),
            Figure(
                drug.watched,
                "Left: dissociation, as a share of the most there can be, from S-ketamine at the effect site, and how near the "
                "concentration is to that of people who just wake up from anaesthesia. Right: rise of blood pressure.",
            ),
        ),
        ("physiology.disposition.absorption", "physiology.disposition", "physiology.esketamine", "physiology.links", "safety"),
        (
            *("absorption", "allometry", "ketamine", "norketamine", "hydroxynorketamine", "dehydronorketamine", "esketamine"),
            *("brain", "safety"),
        ),
        (
            "R-hydroxynorketamine is set to the exposure ratio observed for it; for the S form the published chain gives about half of the "
            "observed ratio (1.7, SD 0.8).",
            "Esketamine by spray or by mouth uses the population model of its clinical programme, made from venous samples; all other "
            "routes use one made from arterial samples. The two differ by a third after an infusion.",
            "What R-ketamine adds to dissociation is nothing in the one study that gave both (Olofsen 2022); the slopes of dissociation "
            "and of blood pressure are assumed, the size of the latter is set to a meta-analysis.",
            "S- and R-ketamine are given the same disposition, and one lag stands for the two venous delay compartments of the source.",
        ),
        (
            *("zarate2006.venous_peak", "zhao2012.venous_peak", "hnk.peak", "hasan2021.hnk_ratio_s"),
            *("vankawala2021.systolic", "vankawala2021.diastolic"),
        ),
        has_ketamine,
    ),
    Section(
        "receptor",
        "Receptor: three words, not one block",
        "“Bound” is the share of NMDA receptors that carry the drug, “pore block” the charge lost while magnesium competes "
        "for the pore, “drive loss” the loss of NMDA drive a circuit feels in vivo. Each way reads one of them, and way 3 two: drive loss "
        "while the drug is there, and what stays bound in cells that burst. What a circuit has adapted to, it feels no longer. PV, SST "
        "and VIP are three classes of interneuron, named after parvalbumin, somatostatin and a peptide.",
        (
            Figure(
                receptor.receptor,
                "The three words for each cell class. Open channels bind, so that habenular cells differ by how they fire. Left, dashed: "
                "what bursting cells would hold if they released the drug as the receptor’s kinetics say. Right, dashed: the loss that "
                "each class has adapted to; circuits feel what is above it.",
            ),
        ),
        ("physiology.receptor", "physiology.links"),
        ("magnesium", "nmdar", "links.adaptation"),
        (
            lambda simulation, summary: release_of_trapped_drug(summary),
            lambda simulation, summary: engagement_of_resting_receptors(summary),
            "Receptors, and the circuits behind them, get used to a block that lasts: within a day or so they feel only what exceeds it. "
            "Its time is assumed; without it, a steady low block would act as much as a pulse.",
            "The make-up of receptors per cell class and the in-vivo potencies are assumed; measured affinities with magnesium give "
            "several times less block than slice currents suggest. The potency gap above shows what that means for each way.",
        ),
        (
            "kotermanski2009.half_block_with_magnesium",
            "abbott2020.half_block",
            "shaffer2014.half_occupancy",
            "gerhard2020.block_10uM",
        ),
        has_blocker,
    ),
    Section(
        "other-drugs",
        "What people get today: transporters, enzyme, serotonin",
        "A reuptake inhibitor fills the serotonin transporter within hours; fluoxetine and its metabolite stay for weeks. Phenelzine and "
        "tranylcypromine destroy monoamine oxidase within days, moclobemide holds it while it is there. Bupropion and its metabolite fill "
        "a fifth of the dopamine transporter, midazolam strengthens inhibition. Serotonin rises, slows the cells that release it, and "
        "comes up in full only as their autoreceptors yield over weeks. None of these drugs touches an NMDA receptor.",
        (
            Figure(drug.comparators, "Total concentration in plasma."),
            Figure(
                serotonin.serotonin,
                "Left: targets. Right: serotonin, and the sensitivity of the autoreceptors that hold it down.",
            ),
        ),
        ("physiology.comparators", "physiology.monoamine", "physiology.serotonin", "physiology.midbrain.raphe", "physiology.links"),
        (*MOLECULES, "sert", "dat", "mao", "gaba", "serotonin", "raphe", "links.serotonin_on_limbic_input"),
        (
            "That autoreceptors have to yield before serotonin rises is the textbook account, and disputed; how far they do is assumed.",
            "That what fills a fifth of the dopamine transporter raises dopamine by as much is assumed; scans in people showed no rise.",
            "How fast relief comes over weeks follows rows kept for calibration. It is no prediction of this model.",
        ),
        (
            "sogaard2005.half_life",
            "klein2006.occupancy_5mg",
            "klein2006.occupancy_10mg",
            "klein2006.occupancy_20mg",
            "klein2007.occupancy_6h",
            "klein2007.occupancy_54h",
            "klein2006.citalopram_10mg",
            "klein2006.citalopram_20mg",
            "klein2007.citalopram_6h",
            "klein2007.citalopram_54h",
            "fluoxetine_label.half_life",
            "fluoxetine_label.norfluoxetine_half_life",
            "fluoxetine_label.fluoxetine_30d",
            "fluoxetine_label.norfluoxetine_30d",
            "dasb2016.occupancy_4h",
            "dasb2016.occupancy_48h",
            "meyer2004.occupancy",
            "chiuccariello2015.occupancy",
            "chiuccariello2015.moclobemide",
            "chiuccariello2015.moclobemide_high",
            "nair1993.recovered",
            "tranylcypromine1982.recovery",
            "nardil.full_inhibition",
            "meyer2002.occupancy",
            "learned2003.occupancy",
            "learned2003.kept",
            "czachura2000.recovery",
            "taylor2006.first_week",
        ),
        has_comparator,
    ),
    Section(
        "way-1",
        "Way 1: glutamate surge in the prefrontal cortex",
        lambda simulation, summary: (
            "NMDA receptors drive interneurons more than pyramidal cells. When the drug takes that drive, the popular account has it, all "
            "interneurons fall silent first, pyramidal cells are released, and glutamate rises for hours. "
            f"{firing(simulation)} The same receptors hold activity up: while the drug is there, focus and impulse control are worse, and "
            "later, with more synapses, better."
        ),
        (
            Figure(
                prefrontal.surge,
                "Left: firing by class. Middle: glutamate, and what a slow instrument would show of it. Shaded: pyramidal cells "
                "and glutamate in 5 to 95 % of the circuits that evidence leaves. Right: a proxy of gamma power, from the circuit’s linear "
                "response to noise.",
                "both",
            ),
            Figure(
                prefrontal.spectrum,
                "Left: the linear response of pyramidal cells to white noise in every class, by frequency. Right: the same over what it is "
                "before. The mean over the shaded band is the gamma power above.",
                "circuits",
                "prefrontal_spectrum",
            ),
            Figure(
                prefrontal.control,
                "Left: how long the circuit holds on to something. Right: how far a held goal outweighs a brief distraction.",
            ),
        ),
        ("physiology.prefrontal", "dose_curve", "physiology.links"),
        ("prefrontal", "dose_curve", "links.spines_on_recurrence", "links.surge_ec50", "links.adaptation"),
        (
            lambda simulation, summary: sign_of_way_1(simulation),
            lambda simulation, summary: executive_falls(simulation),
            "The circuits were chosen for the order of cells, the answers in slice and labelled glutamine: that they agree is no test.",
            "The priors of the circuits are assumed, and the size of the rise follows their width; so is the gain from glutamate to BDNF.",
            "Gamma power has no rhythm of its own here: the circuit filters noise, and what rises is its response.",
        ),
        (
            "abdallah2018.glutamine",
            "homayoun2007.order",
            "wang2013.persistent_firing",
            "gerhard2020.excitation_1uM",
            "gerhard2020.excitation_10uM",
            "moghaddam1997.release_200",
            "pinault2008.gamma",
            "davis2021.cognition_2h",
            "davis2021.cognition_24h",
            "zhornitsky2022.most_impaired",
            "zhornitsky2022.least_impaired",
        ),
    ),
    Section(
        "way-2",
        "Way 2: easing the calcium load",
        "Stress lets glutamate spill to receptors outside the synapse; calcium enters and damages. Block lowers the load while the "
        "drug is there.",
        (Figure(calcium.calcium, "Calcium load, damage and excitatory gain against the untreated course."),),
        ("physiology.excitotoxicity", "physiology.links"),
        ("excitotoxicity", "links.damage_share", "links.stress_on_elimination"),
        (
            "The popular account says that ketamine protects neurons from excess glutamate. In this model one infusion eases the load for "
            "hours while damage heals over days, so it repairs next to nothing. No published rates were found; all sizes here are assumed.",
        ),
    ),
    Section(
        "way-3",
        "Way 3: less firing in the habenula, dopamine back",
        lambda simulation, summary: (
            "Cells of the lateral habenula that rest low fire in bursts, which need NMDA receptors. Through a relay they silence dopamine "
            "cells. Less NMDA drive, less firing, and more dopamine cells are active; drug that stays trapped in cells that burst makes "
            f"the habenula fire less for days. {habenula_firing(simulation)} Dopamine holds back its own release through autoreceptors. It "
            "has three answers that are not one another: how many cells fire, how fast, and how much of it in bursts."
        ),
        (
            Figure(habenula.habenula, "Top: the habenula. Bottom: what dopamine cells make of it and of prefrontal drive."),
            Figure(
                habenula.recordings,
                "Top: cells that are followed through the course, typical of those that fall silent, fire single spikes, or burst. Bottom: "
                "spikes of the whole nucleus, a stroke for each. Cells and the glutamate around them are the same at every time.",
                "circuits",
                "habenula_voltage",
            ),
            Figure(
                habenula.disappointment,
                "Left: every habenula cell is excited at once, as after a reward that does not come; the size is assumed. "
                "Right: how long a volley of 1, 2 or 3 spikes of every cell silences dopamine cells.",
                "circuits",
                "omitted_reward_rate",
            ),
        ),
        ("physiology.nucleus", "physiology.midbrain", "omitted_reward", "physiology.links"),
        (
            "habenula",
            "traub_miles",
            "midbrain",
            "rmtg",
            "dopamine",
            "links.stress_on_habenula",
            "links.stress_for_half_shift",
            "links.dopamine_on_habenula",
            "links.dopamine_time",
            "links.trapped_on_habenula",
            "links.adaptation",
        ),
        (
            "The conductances were searched for three firing classes and for bursts that need both T-type channels and NMDA receptors, so "
            "that these are no tests of the cell.",
            "One injection silences bursts for a day in mice, through drug trapped in channels (Ma 2023). Here trapped drug prolongs the "
            "fall in firing at a release rate that is set to that observation; a lasting effect was also found without the habenula "
            "(Zhou 2021).",
            "How the relay, dopamine and the raphe answer habenula spikes is assumed; where they act is read.",
        ),
        (
            "yang2018.burst_share_control",
            "yang2018.burst_share_depressed",
            "yang2018.needs_NMDAR_and_T",
            "yang2018.burst_potential",
            "weiss2011.classes",
            "cui2018.hyperpolarised_burst_more",
            "p11_2017.holding_for_bursts",
            "p11_2017.holding_for_tonic",
            "cerniauskas2019.both_up",
            "ma2023.burst_suppression",
            "zhou2021.without_habenula",
            "ji2007.pause",
            "belujon2014.active_share",
        ),
    ),
    Section(
        "way-4",
        "Way 4: connections regrow",
        "The glutamate surge, block at resting receptors and, more slowly, serotonin engage BDNF, which drives mTORC1 "
        "and fast potentiation within hours. Spines follow mTORC1 after a structural delay; synaptic proteins are a read-out here, on "
        "which nothing depends. Most new spines are transient, some become young ones that stay for weeks unless stress takes them, few "
        "persist. As these go, relief fades.",
        (
            Figure(regrowth.signalling, "Signalling, in relative units."),
            Figure(
                regrowth.spines,
                "Left: spine density, with mTORC1 and with the surge’s part removed as controls. Middle: what each age of spine adds to "
                "it. Right: formation, and loss per spine, against before.",
            ),
        ),
        ("physiology.signalling", "physiology.spines", "physiology.links"),
        ("signalling", "spines", "links.signalling", "links.cooperativity", "links.stress_on_persistent", "links.adaptation"),
        (
            "No source gives a lifetime of spines between days and months: that of young spines lies between, and how stress shortens it "
            "is assumed.",
            "Rapamycin into rat brain abolishes ketamine’s synaptic effect (Li 2010), which the control shows; 6 mg by mouth did not "
            "block relief at 24 h in patients (Abdallah 2020), which the model does not explain.",
            "PET of the presynaptic protein SV2A saw no change 24 h after ketamine in people (Holmes 2022); "
            "the spines here are postsynaptic.",
            "mTORC1 is said to be back near baseline at 2 h in rats; here it follows the slow tail of the drug and is still high.",
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
        "way-5",
        "Way 5: out of the limbic lock",
        "A limbic and a cognitive network inhibit each other. At the drive of depression the limbic one has two states, "
        "quiet and locked, and sits in the locked one. The limbic network is five subnetworks whose drives differ, so that it opens and "
        "locks in parts; the locked share is what mood reads. Three levels are kept apart. A, acute disruption: what loss of "
        "NMDA drive does at once to firing and communication. B, escape: noise carries the network out of the weakened "
        "lock, and it stays out when the drug has gone. C, consolidation: synapses, dopamine and serotonin move the "
        "landscape so that it does not fall back. A reset means B and C together.",
        (
            Figure(
                limbic.window,
                "The landscape at the depressed fixed point. On solid branches a state stands still, on the dashed one it cannot stay. "
                "Dots: where the healthy and this patient’s network rest; strokes below: the drives of the five subnetworks, "
                "longer for a larger share.",
                "both",
                "bistable_window",
            ),
            Figure(
                limbic.lock,
                "Left: locked share of the network. Right: mean times of the middle subnetwork to escape and to lock again at each moment; "
                "what leaves the panel takes more than a century.",
            ),
            Figure(
                limbic.passages_by_noise,
                "Mean times of the untreated patient’s middle subnetwork, solved afresh at four values of the noise over the range in "
                "which it was explored.",
                "circuits",
                "noise_passage_into",
            ),
            Figure(
                limbic.disruption,
                "Left: how far a slow fluctuation of one network moves the other, in health. Right: mean firing as drive "
                "is lost from the lock.",
                "both",
                "communication",
            ),
        ),
        ("physiology.limbic", "physiology.links"),
        (*("limbic", "links.limbic", "links.dopamine_on_limbic", "links.serotonin_on_limbic", "links.adaptation"),),
        (
            lambda simulation, summary: "" if simulation.circuits is None else opening_by_noise(simulation.circuits),
            "From the lock, mean rates fall only in part below the critical loss and then collapse because the lock is "
            "lost, and communication rises while it still holds. Only from the healthy resting state does communication "
            "fall with the loss of drive, as drawn. Two pools without interneurons have no full anaesthesia of a healthy brain.",
            "What makes one network limbic, its noise and how far spines and monoamines move its drive are assumed, with "
            "a relapse over days in view.",
        ),
        (
            "alexander2019.area25",
            "evans2018.normalised",
            "evans2018.reverted",
            "scheidegger2012.reduced",
            "morris2020.subgenual",
            "nicol2020.cessation",
            "nicol2020.onset",
            "nicol2020.duration",
            "cichon2023.suppressed",
            "cichon2023.activated",
            "garwood2021.gamma_dwell",
            "garwood2021.slow_dwell",
            "schartner2017.complexity",
            "driesen2013.connectivity",
            "enigma2020.salience",
            "enigma2020.default_mode",
        ),
        has_levels=True,
    ),
    Section(
        "mood",
        "Mood: the ten items",
        "Every item has its own drivers: spines, focus, dopamine tone, freedom from the limbic lock, excitatory gain and, for hours, fast "
        "potentiation; sleep and appetite follow only the synapses that are no longer transient. Each driver counts to health and no "
        "further. Together they lower a latent severity. The context of the "
        "treatment joins so that the larger of drug and context wins and they do not add. Personality is not modelled.",
        (
            Figure(mood.symptoms, "Ratings before and after."),
            Figure(
                mood.attributed, "Points of MADRS attributed to context and ways (Shapley values over all combinations of removed ways)."
            ),
        ),
        ("symptoms",),
        (),
        (
            "Nothing published ties synapses, focus, dopamine or a limbic state to points of a rating scale.",
            lambda simulation, summary: outcomes_in_view(),
            "The context of a visit is one typical patient’s at the latent mean of a trial arm, less than the mean change of that arm.",
            "Electroconvulsive therapy is empirical: it has no mechanism here, and its curve is set from how many responded, and "
            "when. Relapse after its last session is left out.",
        ),
        (
            "murrough2013b.madrs_2h",
            "murrough2013.madrs_24h",
            "murrough2013.madrs_24h_midazolam",
            "zarate2006.effect_24h",
            "zarate2006.effect_7d",
            "zarate2006.onset",
            "singh2016.madrs_15d_saline",
            "posternak2005.two_weeks_placebo",
            "rbmi.placebo_six_weeks",
            "transform.placebo_28d",
            "transform.difference_28d",
            "husain2004.first_response",
            "husain2004.response",
            "haq2015.response_resistant",
        ),
        lambda protocol: True,
    ),
)
