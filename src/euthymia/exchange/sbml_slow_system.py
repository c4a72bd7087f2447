"""The slow states of one brain as SBML formulas, from the drugs at their sites to spines, to stand beside the pharmacology.

Every equation of the slow field is written out here a second time, as text, so that another simulator is a witness of ours; numbers
come from the model. The surface of the habenula is a polynomial and stands as one. The prefrontal circuit has no closed form: it runs
in its own time beside its twin without drug. Rates of both circuits settle within milliseconds on what our field solves for, so that
the slow states differ by some millionths. A file without circuits holds what both answer where it is in the undosed patient; so do
our switches of :data:`FROZEN`. The limbic lock is no slow state and is left out.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from operator import attrgetter

import jax
import numpy as np
from numpy.polynomial.chebyshev import cheb2poly

from ..circuits.midbrain import raphe_drive
from ..circuits.prefrontal import CLASSES, background
from ..core.numerics.chebyshev import Surface
from ..core.parameters import declared
from ..core.types import CELL_CLASSES, CORTICAL, ENANTIOMERS, SUBUNITS
from ..core.units import factor
from ..model.closures.response import HABENULA_OUTPUTS
from ..model.fast import Brain
from ..model.parameters import Physiology
from ..model.state import STATE_NAMES, pack
from ..pharmacology.comparators import FORMED
from ..receptors.monoamine import DAT_INHIBITORS, IRREVERSIBLE_MAO_INHIBITORS, REVERSIBLE_MAO_INHIBITORS, SERT_INHIBITORS
from ..receptors.nmdar import LIGANDS
from .sbml_document import Document, Unit, identifier

FROZEN = {"prefrontal": 0.0, "habenula": 0.0, "dopamine": 0.0, "cortex_to_dopamine": 0.0}
"""Switches of our field at which it equals a file without circuits: circuits and dopamine stay undosed."""
UNITS: dict[str, Unit] = {
    "mV": ("millivolt", [("volt", 1, -3, 1.0)]),
    "per_mV": ("per millivolt", [("volt", -1, -3, 1.0)]),
    "Hz": ("spike per second", [("second", -1, 0, 1.0)]),
    "pA": ("picoampere", [("ampere", 1, -12, 1.0)]),
    "pA_s": ("picoampere second", [("ampere", 1, -12, 1.0), ("second", 1, 0, 1.0)]),
    "nS": ("nanosiemens", [("siemens", 1, -9, 1.0)]),
    "ms": ("millisecond", [("second", 1, -3, 1.0)]),
    "ms_per_h": ("millisecond per hour", [("second", 1, -3, 1.0), ("second", -1, 0, 3600.0)]),
    "mmol_per_L": ("millimole per litre", [("mole", 1, -3, 1.0), ("litre", -1, 0, 1.0)]),
    "L_per_umol": ("litre per micromole", [("mole", -1, -6, 1.0), ("litre", 1, 0, 1.0)]),
    "L_per_umol_per_h": ("litre per micromole and hour", [("mole", -1, -6, 1.0), ("litre", 1, 0, 1.0), ("second", -1, 0, 3600.0)]),
}
"""Like those of the document."""
SPELT = {
    **{"1/h": "per_h", "uM": "umol_per_L", "1/uM": "L_per_umol", "1/(uM*h)": "L_per_umol_per_h", "mM": "mmol_per_L"},
    **{"1/mV": "per_mV", "pA*s": "pA_s", "s": "second"},
}
"""Units of parameters that have another name in the document."""
LABELS = {
    "receptor.binding_constant": (LIGANDS,),
    "receptor.affinity": (SUBUNITS,),
    "receptor.composition": (CELL_CLASSES, SUBUNITS),
    "receptor.voltage": (CELL_CLASSES,),
    "receptor.drive_ic50": (CELL_CLASSES,),
    "receptor.magnesium.subunit_scale": (SUBUNITS,),
    "links.free_share": (LIGANDS[-2:],),
    "monoamine.sert_affinity": (SERT_INHIBITORS,),
    "monoamine.dat_affinity": (DAT_INHIBITORS,),
    "monoamine.mao_affinity": (REVERSIBLE_MAO_INHIBITORS,),
    "monoamine.mao_inactivation": (IRREVERSIBLE_MAO_INHIBITORS,),
    "prefrontal.weights": (CLASSES, CLASSES),
    **{f"prefrontal.{name}": (CLASSES,) for name in ("leak", "spike_time", "baseline", "nmda_share", "tonic_share")},
    "midbrain.healthy": (("tonic", "burst"),),
}
"""What the places along each axis of a parameter are called."""
PYRAMIDAL, HABENULA = "pyramidal", "habenula"
ACTING = [name for name, _ in HABENULA_OUTPUTS[:2]]
"""Outputs of the habenula that the slow states feel."""
Writer = Callable[..., str]
"""Writes down what a formula gives, at all times or once."""
NEAR_ZERO = 1e-3
"""Below it x/(1 − e⁻ˣ) is 1 + x/2 + x²/12 to rounding error."""


def add_slow_system(document: Document, physiology: Physiology, brain: Brain, given: Collection[str], circuits: bool = True) -> None:
    """Add the slow states of a patient to a document.

    Parameters
    ----------
    document
        Already with the pharmacology.
    cascade
        The model in this body and brain.
    brain
        The undosed patient, in whom the states start.
    given
        Names of the linear systems that the document holds.
    circuits
        Whether the habenula and the prefrontal circuit act; otherwise see :data:`FROZEN`.
    """
    document.define(UNITS)
    _Writing(document, physiology, brain, given).write(circuits)


def state_identifiers() -> list[str]:
    """Identifiers of the slow states, in the order of ``STATE_NAMES``."""
    return [identifier(*name.split(".")) for name in STATE_NAMES]


class _Writing:
    """Formulas as they are added; what a method returns is the identifier of what it added, to be used in further formulas."""

    def __init__(self, document: Document, physiology: Physiology, brain: Brain, given: Collection[str]):
        self.document, self.physiology, self.brain, self.given = document, physiology, brain, given
        self.fields = dict(declared(Physiology))
        self.there: set[str] = set()

    def of(self, path: str, *labels: str) -> str:
        """A parameter of the cascade, written down when first needed."""
        own = identifier(*path.split("."), *labels)
        if own not in self.there:
            about = self.fields[path].metadata
            place = tuple(names.index(label) for names, label in zip(LABELS.get(path, ()), labels, strict=True))
            value = float(np.asarray(attrgetter(path)(self.physiology))[place])
            name = f"{' '.join((path, *labels))}: {about['meaning']}"
            self.document.number(own, name, value, SPELT.get(about["unit"], about["unit"]))
            self.there.add(own)
        return own

    def found(self, own: str, name: str, value: jax.Array | float, unit: str = "dimensionless") -> str:
        """A number that our model finds in the undosed patient, or that is structure."""
        return self.document.number(own, name, float(value), unit)

    def rule(self, own: str, name: str, formula: str, unit: str = "dimensionless") -> str:
        return self.document.rule(own, name, unit, formula)

    def once(self, own: str, name: str, formula: str, unit: str = "dimensionless") -> str:
        return self.document.once(own, name, unit, formula)

    def state(self, own: str, name: str, start: jax.Array | float, rate: str, unit: str = "dimensionless") -> str:
        self.document.number(own, name, float(start), unit, constant=False)
        self.document.rate_rule(own, rate)
        return own

    def answer(self, own: str, name: str, start: jax.Array | float, formula: str, time: str = "prefrontal.rate_time") -> str:
        """A rate (Hz) that settles on a formula within milliseconds. An assignment rule would be worked out anew by whoever reads it."""
        return self.state(own, name, start, f"({formula} - {own})*ms_per_hour/{self.of(time)}", "Hz")

    def write(self, circuits: bool) -> None:
        """Everything, from drugs to spines."""
        of, brain = self.of, self.brain
        stress = self.found("stress", "stress that holds the patient", brain.stress)
        ketamine = self._racemate_equivalents()
        classes = CELL_CLASSES if circuits else (PYRAMIDAL,)
        loss = {
            each: self.rule(
                f"drive_loss__{each}", f"loss of NMDA drive, {each}", f"{ketamine}/({ketamine} + {of('receptor.drive_ic50', each)})"
            )
            for each in classes
        }
        healthy = self._damage_source("healthy", "1", self.once)
        stressed = self._damage_source("stressed", f"1 + {of('excitotoxicity.glutamate_excess')}", self.once)
        damage = self.rule("relative_damage", "damage, 0 in health and 1 at stress 1", f"(damage - {healthy})/({stressed} - {healthy})")
        density = self.rule("spine_density", "all spines", "spines__transient + spines__persistent")
        sert = self._occupancy(
            "sert", "occupied serotonin transporters", "monoamine.sert_affinity", SERT_INHIBITORS, of("monoamine.sert_plateau")
        )
        dat = self._occupancy("dat", "occupied dopamine transporters", "monoamine.dat_affinity", DAT_INHIBITORS)
        mao_block = self._mao_block()
        if circuits:
            self.found("ms_per_hour", "milliseconds in an hour", factor("h", "ms"), "ms_per_h")
            recurrence = self.rule(
                "recurrence",
                "strength of recurrent prefrontal excitation",
                f"(1 - {of('excitotoxicity.gain_loss')}*{damage})*(1 + {of('links.spines_on_recurrence')}*({density} - 1))",
            )
            pyramidal, release = self._prefrontal(loss, recurrence)
            drive, dopamine = self._midbrain(pyramidal, loss[HABENULA], stress, dat, mao_block)
        else:
            release = self.found("release", "rise of glutamate release, held", 0)
            drive = self.found("raphe_drive", "drive of the raphe, held", self._raphe_drive())
            dopamine = self.found("dopamine_tone", "tone that dopamine tends to, held", brain.rest.dopamine)
        serotonin = self._serotonin(drive, sert, mao_block)
        load = self.rule(
            "calcium_load",
            "extrasynaptic calcium load",
            f"(1 + {of('excitotoxicity.glutamate_excess')}*{stress})*(1 - {self._pore_block(ketamine)})",
        )
        self._rates(stress, release, loss[PYRAMIDAL], serotonin, dopamine, self._damage_source("now", load, self.rule), damage)

    def _rates(self, stress: str, release: str, loss: str, serotonin: str, dopamine: str, source: str, damage: str) -> None:
        """The slow states and their rates."""
        of = self.of
        rise = self.rule("rise_of_release", "rise of glutamate release over the same circuit without drug", f"max({release}, 0)")
        surge = self.rule("surge", "engagement of BDNF by the surge", f"{rise}/({rise} + {of('links.surge_ec50')})")
        resting = self.rule("resting", "engagement of BDNF by block at rest", f"{loss}/({loss} + {of('links.signalling_ec50')})")
        undosed = self.found("undosed_serotonin", "serotonin of the undosed patient", self.brain.fast.serotonin)
        risen = self.rule("risen", "rise of serotonin over the patient's own", f"max({serotonin} - {undosed}, 0)")
        arms = " + ".join(
            f"{of(f'signalling.{arm}')}*{drive}" for arm, drive in (("surge_arm", surge), ("rest_arm", resting), ("serotonin_arm", risen))
        )
        speed = self.rule("growth_speed", "speed of spine growth", f"1 + {of('spines.growth_gain')}*structure_3")
        share = of("links.damage_share")
        elimination = self.rule(
            "elimination",
            "elimination of persistent spines",
            f"{of('spines.elimination')}*(1 + {of('links.stress_on_elimination')}*((1 - {share})*{stress} + {share}*{damage}))",
            "per_h",
        )
        formed = self.rule(
            "formed",
            "spines that form",
            f"{of('spines.formation')}*(1 - {of('spines.stress_on_formation')}*{stress})*{speed}"
            f"*({of('spines.sites')} - spines__transient - spines__persistent)",
            "per_h",
        )
        matured = self.rule("matured", "spines that mature", f"{of('spines.maturation')}*{speed}*spines__transient", "per_h")
        delay = of("signalling.structural_delay")
        rates = {
            "damage": f"({source} - damage)/{of('excitotoxicity.repair_time')}",
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
            "dopamine": f"({dopamine} - dopamine)/{of('links.dopamine_time')}",
            "autoreceptor": f"({serotonin}^(-{of('serotonin.adaptation')}) - autoreceptor)/{of('serotonin.adaptation_time')}",
        }
        for own, name, start in zip(state_identifiers(), STATE_NAMES, pack(self.brain.rest), strict=True):
            self.state(own, f"slow state {name}", start, rates[name])

    def _site(self, molecule: str) -> str | None:
        """Where a comparator or metabolite acts, if it is given."""
        parent = FORMED.get(molecule, molecule)
        return identifier(parent, "metabolite_site" if molecule in FORMED else "site") if parent in self.given else None

    def _weighted(self, path: str, molecules: Collection[str]) -> str:
        """Σ parameter · concentration at the site, over what is given."""
        terms = [f"{self.of(path, each)}*{site}" for each in molecules if (site := self._site(each)) is not None]
        return " + ".join(terms)

    def _occupancy(self, own: str, name: str, path: str, molecules: Collection[str], plateau: str = "1") -> str:
        odds = self._weighted(path, molecules)
        return self.rule(own, name, f"{plateau}*({odds})/(1 + {odds})" if odds else "0")

    def _mao_block(self) -> str:
        """MAO-A that is destroyed or held."""
        held = self._occupancy("mao_inhibition", "MAO-A that is held", "monoamine.mao_affinity", REVERSIBLE_MAO_INHIBITORS)
        lost = self._weighted("monoamine.mao_inactivation", IRREVERSIBLE_MAO_INHIBITORS)
        left = "1"
        if lost:
            made = self.rule("mao_made", "MAO-A that is made", f"ln(2)/{self.of('monoamine.mao_turnover')}", "per_h")
            left = self.state("mao", "MAO-A that no drug has destroyed", 1, f"{made}*(1 - mao) - (1 - {held})*({lost})*mao")
        return self.rule("mao_block", "MAO-A that is destroyed or held", f"1 - {left}*(1 - {held})")

    def _racemate_equivalents(self) -> str:
        """What all that blocks NMDA receptors is worth in racemic ketamine."""
        of, into = self.of, f"{self.of('links.unbound_fraction')}*{self.of('links.brain_partition')}"
        states = {
            "ketamine": ("effect_site", into),
            "norketamine": ("norketamine_effect_site", f"{of('links.norketamine_penetration')}*{into}"),
            "hydroxynorketamine": ("hydroxynorketamine_effect_site", f"{of('links.hydroxynorketamine_penetration')}*{into}"),
        }
        terms = []
        for ligand in LIGANDS:
            enantiomer, _, molecule = ligand.partition("-")
            if enantiomer in ENANTIOMERS:
                state, arriving = states[molecule]
                seen = [identifier(f"{enantiomer}-ketamine", state)] if f"{enantiomer}-ketamine" in self.given else []
                if enantiomer == ENANTIOMERS[0] and "esketamine" in self.given and molecule != "hydroxynorketamine":
                    seen.append(identifier("esketamine", state))
            else:
                arriving, seen = of("links.free_share", ligand), [site for site in (self._site(ligand),) if site is not None]
            if seen:
                terms.append(f"{arriving}*({' + '.join(seen)})/{of('receptor.binding_constant', ligand)}")
        racemate = " + ".join(f"1/{of('receptor.binding_constant', ligand)}" for ligand in LIGANDS[:2])
        name = "free brain concentration in equivalents of racemic ketamine"
        if not terms:
            return self.found("racemate_equivalents", name, 0, "umol_per_L")
        return self.rule("racemate_equivalents", name, f"({' + '.join(terms)})*2/({racemate})", "umol_per_L")

    def _pore_block(self, ketamine: str) -> str:
        """Loss of NMDA charge in pyramidal cells."""
        of, magnesium = self.of, "receptor.magnesium"
        V = of("receptor.voltage", PYRAMIDAL)
        depolarised = f"({V} - {of('receptor.reference_voltage')})/{of('receptor.voltage_slope')}"
        left, whole = [], []
        for subunit in SUBUNITS:
            held = self.once(
                f"magnesium__{subunit}",
                f"external Mg2+ over its constant, {subunit}",
                f"{of(f'{magnesium}.concentration')}/({of(f'{magnesium}.affinity_at_0mV')}*exp({of(f'{magnesium}.slope')}*{V})"
                f"*{of(f'{magnesium}.subunit_scale', subunit)})",
            )
            K = self.once(
                f"affinity__{subunit}",
                f"constant of racemic ketamine at the voltage of pyramidal cells, {subunit}",
                f"{of('receptor.affinity', subunit)}*exp({depolarised})",
                "umol_per_L",
            )
            share = of("receptor.composition", PYRAMIDAL, subunit)
            left.append(f"{share}/(1 + {held} + {ketamine}/{K})")
            whole.append(f"{share}/(1 + {held})")
        return self.rule("pore_block", "loss of NMDA charge, pyramidal", f"1 - ({' + '.join(left)})/({' + '.join(whole)})")

    def _damage_source(self, own: str, load: str, write: Writer) -> str:
        """Damage that a constant load ends in."""
        half, n = self.of("excitotoxicity.load_for_half_damage"), self.of("excitotoxicity.cooperativity")
        return write(f"damage_source__{own}", f"damage that the load ends in, {own}", f"1/(1 + ({half}/({load}))^{n})")

    def _prefrontal(self, loss: Mapping[str, str], recurrence: str) -> tuple[str, str]:
        """Pyramidal rate relative to health, and the relative rise of release over the circuit without drug."""
        of = self.of
        for each, current in zip(CLASSES, background(self.physiology.prefrontal), strict=True):
            self.found(f"background__{each}", f"current that makes the healthy rate of {each} a rest", current, "pA")
        midazolam = self._site("midazolam")
        gain = self.rule(
            "inhibition",
            "strength of prefrontal inhibition",
            f"1 + {of('monoamine.gaba_potentiation')}*{midazolam}/({midazolam} + {of('monoamine.gaba_ec50')})" if midazolam else "1",
        )
        left = {each: f"(1 - {loss[cell]})" for each, cell in zip(CLASSES, CORTICAL, strict=True)}
        now = self._circuit("rate", "", left, recurrence, gain)
        undrugged = self._circuit("undrugged_rate", " without drug", dict.fromkeys(CLASSES, "1"), recurrence, "1")
        release = self.rule("release", "rise of glutamate release", f"{of('prefrontal.glutamate_gain')}*({now}/{undrugged} - 1)")
        return f"({now}/{of('prefrontal.baseline', CLASSES[0])})", release

    def _circuit(self, prefix: str, about: str, nmda: Mapping[str, str], recurrence: str, inhibition: str) -> str:
        """Four rates and the slow NMDA drive; returns the pyramidal rate."""
        of, E, slow = self.of, CLASSES[0], f"{prefix}__slow"
        rate = {each: f"{prefix}__{each}" for each in CLASSES}
        above = f"({of('prefrontal.threshold')} - {of('prefrontal.reset')})"
        for each, start in zip(CLASSES, self.brain.fast.rates, strict=True):
            weight = f"{of('prefrontal.weights', each, E)}*{recurrence}" if each == E else of("prefrontal.weights", each, E)
            share = of("prefrontal.nmda_share", each)
            excited = f"{weight}*((1 - {share})*{rate[E]} + {share}*{nmda[each]}*{slow})"
            inhibited = " + ".join(f"{of('prefrontal.weights', each, source)}*{rate[source]}" for source in CLASSES if source != E)
            tonic = f"background__{each}*(1 - {of('prefrontal.tonic_share', each)}*(1 - {nmda[each]}))"
            current = f"({excited} + {inhibition}*({inhibited}) + {tonic})"
            x = self.rule(
                f"{prefix}__{each}__excess",
                f"mean voltage of {each} above threshold, over its noise{about}",
                f"({of('prefrontal.rest')} + {current}/{of('prefrontal.leak', each)} - {of('prefrontal.threshold')})"
                f"/{of('prefrontal.softness')}",
            )
            rectified = f"piecewise(1 + {x}/2 + {x}^2/12, abs({x}) < {NEAR_ZERO}, {x}/(1 - exp(-{x})))"
            transfer = f"{of('prefrontal.softness')}*{rectified}/({of('prefrontal.spike_time', each)}*{above})"
            self.answer(rate[each], f"prefrontal rate of {each}{about}", start, transfer)
        self.answer(slow, f"slow NMDA drive{about}", self.brain.fast.rates[0], rate[E], "prefrontal.nmda_time")
        return rate[E]

    def _midbrain(self, cortical: str, loss: str, stress: str, dat: str, mao_block: str) -> tuple[str, str]:
        """Drive of the raphe, and the tone that dopamine tends to."""
        of = self.of
        shift = self.rule(
            "habenula_shift",
            "shift of the habenula's resting potential",
            f"{of('links.stress_on_habenula')}*{stress}/({stress} + {of('links.stress_for_half_shift')})"
            f" + {of('links.dopamine_on_habenula')}*(dopamine - 1)",
            "mV",
        )
        self.silent = self.found("silent", "no spikes", 0, "Hz")
        firing = self._habenula(self.physiology.closures.habenula, f"1 - {loss}", shift)
        usual = [of("midbrain.healthy", pattern) for pattern in ("tonic", "burst")]
        inhibited, usually = self._silencing("now", firing, self.rule), self._silencing("healthy", usual, self.once)
        raphe, raphe_usually = self._raphe("now", firing, self.rule), self._raphe("healthy", usual, self.once)
        excess = f"({inhibited} - {usually})/{of('midbrain.dopamine.inhibition_scale')}"
        share = of("midbrain.dopamine.active_share")
        odds = self.rule(
            "active_odds",
            "odds of a dopamine cell to fire",
            f"{share}/(1 - {share})*{cortical}^{of('midbrain.dopamine.cortex_on_active')}*exp(-({excess}))",
        )
        per_spike = f"1/((1 - {of('serotonin.dopamine_dat_share')}*{dat})*(1 - {of('serotonin.dopamine_mao_share')}*{mao_block}))"
        tone = self.rule(
            "dopamine_tone",
            "tone that dopamine tends to",
            f"{odds}/(1 + {odds})/{share}*{cortical}^{of('midbrain.dopamine.cortex_on_rate')}*{per_spike}",
        )
        return self.rule("raphe_drive", "drive of the raphe", f"{raphe}/{raphe_usually}"), tone

    def _silencing(self, about: str, firing: Sequence[str], write: Writer) -> str:
        """Inhibition of dopamine cells by a habenula that fires so."""
        of, (tonic, burst) = self.of, firing
        relay = f"{of('midbrain.rmtg.threshold')} + {of('midbrain.rmtg.tonic_weight')}*{tonic} + {of('midbrain.rmtg.burst_weight')}*{burst}"
        formula = f"max({relay}, {self.silent}) + {of('midbrain.dopamine.direct_weight')}*({tonic} + {burst})"
        return write(f"dopamine_inhibition__{about}", f"inhibition of dopamine cells, {about}", formula, "Hz")

    def _raphe(self, about: str, firing: Sequence[str], write: Writer) -> str:
        """Rate of serotonin cells under a habenula that fires so."""
        of, (tonic, burst) = self.of, firing
        F = f"({tonic} + {of('midbrain.raphe.burst_facilitation')}*{burst})"
        driven = f"{of('midbrain.raphe.drive')} + {of('midbrain.raphe.excitation')}*({tonic} + {burst})"
        feedback = f"{of('midbrain.raphe.inhibition')}*{F}^2/({F} + {of('midbrain.raphe.half_facilitation')})"
        return write(f"raphe__{about}", f"rate of the raphe, {about}", f"max({driven} - {feedback}, {self.silent})", "Hz")

    def _habenula(self, surface: Surface, nmda: str, shift: str) -> list[str]:
        """Firing outside and inside bursts, from the surface as powers of its two variables; none is negative."""
        scaled = []
        for place, (name, value, unit) in enumerate((("nmda", nmda, "dimensionless"), ("shift", shift, "mV"))):
            low, high = (
                self.found(f"habenula__{name}__{side}", f"{side} border of the surface of the habenula, {name}", bound[place], unit)
                for side, bound in (("lower", surface.lower), ("upper", surface.upper))
            )
            inside = f"(2*min(max({value}, {low}), {high}) - {low} - {high})/({high} - {low})"
            scaled.append(self.rule(f"habenula__{name}", f"place on that surface, {name}", inside))
        powers = np.asarray(surface.coefficients)
        for axis in range(2):
            powers = np.apply_along_axis(_padded_powers, axis, powers)
        firing = []
        for place, name in enumerate(ACTING):
            largest = self.found(f"habenula__{name}__scale", f"scale of the habenula's {name}", surface.scale[place], "Hz")
            polynomial = _horner([_horner([repr(float(each)) for each in row], scaled[1]) for row in powers[..., place]], scaled[0])
            own, start = f"habenula__{name}", getattr(self.brain.fast.habenula, name)
            firing.append(self.answer(own, f"habenula, {name}", start, f"max({largest}*{polynomial}, {self.silent})"))
        return firing

    def _serotonin(self, drive: str, sert: str, mao_block: str) -> str:
        """Serotonin at its targets."""
        of = self.of
        q = self.rule(
            "serotonin_per_spike",
            "serotonin per raphe spike",
            f"1/((1 - {of('serotonin.sert_share')}*{sert})*(1 - {of('serotonin.mao_share')}*{mao_block}))",
        )
        a = self.rule("feedback", "slowing of the raphe by serotonin", f"{of('serotonin.feedback')}*autoreceptor")
        return self.rule("serotonin", "serotonin", f"2*{drive}*{q}/(1 - {a} + sqrt((1 - {a})^2 + 4*{a}*{q}*{drive}))")

    def _raphe_drive(self) -> jax.Array:
        habenula = self.brain.fast.habenula
        return raphe_drive(self.physiology.midbrain, habenula.tonic_rate, habenula.burst_rate)


def _padded_powers(coefficients: np.ndarray) -> np.ndarray:
    """Coefficients of powers from those of Chebyshev polynomials, as many."""
    found = cheb2poly(coefficients)
    return np.pad(found, (0, len(coefficients) - len(found)))


def _horner(coefficients: list[str], x: str) -> str:
    """Σ cₖ xᵏ."""
    return reduce(lambda inner, each: f"({each} + {x}*{inner})", coefficients[-2::-1], coefficients[-1])
