"""A solved course as labelled quantities."""

import jax
import numpy as np
import xarray as xr

from ..clinic.symptoms import ITEMS
from ..core.types import CELL_CLASSES, ENANTIOMERS, SITES
from ..model.parameters import Euthymia
from ..model.time_grid import TimeGrid
from ..pharmacology.comparators import MOLECULES
from .course import Course
from .interventions import ARMS, BRAIN_OF, GROUPS, SHOWN

STATED_IN_MASS = ("ketamine", "norketamine", "hydroxynorketamine", "dehydronorketamine")
"""Molecules whose plasma concentration is given in ng/mL too."""


def labelled_course(model: Euthymia, found: Course, grid: TimeGrid) -> xr.Dataset:
    n, order = grid.nodes, list(ARMS)
    shown = [order.index(name) for name in SHOWN.values()]
    brains = [BRAIN_OF[name] for name in SHOWN.values()]
    found = jax.tree.map(np.asarray, found)

    def kept(tree):
        return jax.tree.map(lambda leaf: leaf[brains, :n], tree)

    state, by, mechanism, passive = (kept(each) for each in (found.state, found.auxiliaries, found.mechanisms, found.passive))
    signalling, spines, now, habenula = state.signalling, state.spines, by.fast, by.fast.habenula
    body = jax.tree.map(lambda leaf: leaf[:n], found.drug)
    nanograms = {name: 1e3 * float(getattr(model.molecules, name)) for name in STATED_IN_MASS}
    masses = 1e3 * np.asarray(model.physiology.comparators.molar_mass)
    by_time, by_arm, by_enantiomer, by_drug = ("time",), ("arm", "time"), ("time", "enantiomer"), ("time", "drug")
    by_class, by_item = ("time", "cell_class"), ("arm", "time", "item")
    variables = {
        "arterial_ketamine": (by_enantiomer, body.arterial, "umol/L", "total ketamine in arterial plasma"),
        "venous_ketamine": (by_enantiomer, body.venous, "umol/L", "total ketamine in a peripheral venous sample"),
        "norketamine": (by_enantiomer, body.norketamine, "umol/L", "total norketamine in arterial plasma"),
        "hydroxynorketamine": (by_enantiomer, body.hydroxynorketamine, "umol/L", "total hydroxynorketamine in arterial plasma"),
        "effect_site_ketamine": (by_enantiomer, body.brain.effect_site, "umol/L", "total ketamine at the effect site"),
        "free_brain_ketamine": (by_enantiomer, body.brain.ketamine, "umol/L", "unbound ketamine in brain"),
        "free_brain_norketamine": (by_enantiomer, body.brain.norketamine, "umol/L", "unbound norketamine in brain"),
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
        "bound": (("time", "site"), passive.bound[0], "1", "share of NMDA receptors that carry the drug"),
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
        "lock": (by_arm, passive.lock, "1", "probability that the limbic network is locked"),
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
