"""A solved course as labelled quantities."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import xarray as xr

from ..clinic.symptoms import ITEMS, Mechanisms
from ..core.constants import NG_PER_ML
from ..core.numerics.settings import SUBNETWORKS
from ..core.types import CELL_CLASSES, ENANTIOMERS, SITES
from ..model.parameters import Euthymia
from ..model.vector_field import BURSTING
from ..pharmacology.comparators import MOLECULES
from ..results.labelled import labelled
from .course import Brains, Course
from .interventions import COALITIONS

STATED_IN_MASS = {"ketamine": "venous", **{name: name for name in ("norketamine", "hydroxynorketamine", "dehydronorketamine")}}
"""Molecules whose plasma concentration is given in ng/mL too, and where it is taken."""
Values = Mapping[str, Any]
"""By the names of the table of quantities."""


def course_dataset(
    model: Euthymia, course: Course, healthy: Mechanisms, times: np.ndarray, arms: list[str], brain_of: np.ndarray
) -> xr.Dataset:
    """The arms of a course that are named, the first of those that were solved, as one data set.

    ``healthy`` is what mood reads in health; ``brain_of`` says which brain each arm has.
    """
    brains = jax.tree.map(lambda leaf: leaf[brain_of[: len(arms)]], course.brains)
    values = {
        **_drug_values(model, course),
        **_brain_values(brains),
        "impulse_control": course.impulse_control,
        "mechanism_shift": course.mechanism_shift[brain_of[: len(arms)]],
        "context_shift": course.context_shift[: len(arms)],
        "items": course.items[: len(arms)],
        "madrs": course.items[: len(arms)].sum(-1),
        "healthy_spine_density": healthy.spine_density,
        "healthy_focus": healthy.focus,
        "healthy_reward": healthy.reward,
    }
    return labelled(
        values,
        {
            "time": times,
            "enantiomer": ENANTIOMERS,
            "molecule": MOLECULES,
            "cell_class": CELL_CLASSES,
            "cortical_class": CELL_CLASSES[: brains.auxiliaries.fast.rates.shape[-1]],
            "site": SITES,
            "arm": arms,
            "item": ITEMS,
            "flow": brains.auxiliaries.turnover._fields,
        },
    )


def coalition_dataset(course: Course, times: np.ndarray, arms: int) -> xr.Dataset:
    """MADRS of the coalitions, which stand behind so many arms that are named."""
    items = course.items[arms : arms + len(COALITIONS)]
    return labelled({"coalition_madrs": items.sum(-1)}, {"coalition": list(COALITIONS.values()), "time": times})


def _drug_values(model: Euthymia, course: Course) -> Values:
    drug, safety = course.drug, course.safety
    masses = {
        f"{'venous_' if where == 'venous' else ''}{name}_mass": NG_PER_ML
        * float(getattr(model.molecules, name))
        * getattr(drug, where).sum(-1)
        for name, where in STATED_IN_MASS.items()
    }
    return {
        "arterial_ketamine": drug.arterial,
        "venous_ketamine": drug.venous,
        "norketamine": drug.norketamine,
        "hydroxynorketamine": drug.hydroxynorketamine,
        "effect_site_ketamine": drug.brain.effect_site,
        "free_brain_ketamine": drug.brain.ketamine,
        "free_brain_norketamine": drug.brain.norketamine,
        "racemate_equivalents": drug.brain.blockers.ketamine,
        **masses,
        **safety._asdict(),
        "can_be_rated": (safety.anaesthesia < 1).astype(float),
        "comparator_mass": NG_PER_ML * np.asarray(model.physiology.comparators.molar_mass) * drug.comparator_plasma,
        "pore_block": course.pore_block,
        "drive_loss": course.drive_loss,
    }


def _brain_values(brains: Brains) -> Values:
    state, auxiliary, fast, mechanisms = brains.state, brains.auxiliaries, brains.auxiliaries.fast, brains.mechanisms
    signalling, spines, habenula, midbrain = state.signalling, state.spines, fast.habenula, fast.midbrain
    lock = jax.tree.map(lambda of_subnetworks: of_subnetworks[:, :, SUBNETWORKS // 2], auxiliary.lock)
    # Receptors follow the drug and the first arm's activity; in bursting cells they release it as slowly as was observed.
    bound = np.array(brains.passive.bound[0])
    bound[:, BURSTING] = state.trapped[0]
    return {
        "bound": bound,
        "bound_by_kinetics": brains.passive.bound[0, :, BURSTING],
        "pyramidal_rate": fast.rates[..., 0],
        "prefrontal_rates": fast.rates,
        "prefrontal_nmda": fast.nmda,
        "prefrontal_inhibition": fast.inhibition,
        "recurrence": fast.recurrence,
        "glutamate": state.glutamate,
        "measured_glutamate": state.measured_glutamate,
        "focus": mechanisms.focus,
        "calcium_load": auxiliary.load,
        "damage": brains.damage,
        "excitatory_gain": mechanisms.excitatory_gain,
        "habenula_tonic_rate": habenula.tonic_rate,
        "habenula_burst_rate": habenula.burst_rate,
        "habenula_burst_rate_strict": habenula.burst_rate_strict,
        "habenula_unblocked": habenula.unblocked,
        "habenula_nmda": fast.habenula_nmda,
        "habenula_shift": fast.habenula_shift,
        "dopamine_active_share": midbrain.active_share,
        "dopamine_rate": midbrain.rate,
        "dopamine_burst_share": midbrain.burst_share,
        "dopamine": state.dopamine,
        "sert_occupancy": fast.sert,
        "dat_occupancy": fast.dat,
        "mao_block": fast.mao_block,
        "serotonin": fast.serotonin,
        "autoreceptor": state.autoreceptor,
        "surge_engagement": auxiliary.surge,
        "resting_engagement": auxiliary.resting,
        "bdnf": signalling.bdnf,
        "mtor": signalling.mtor,
        "synaptic_proteins": signalling.protein,
        "fast_potentiation": signalling.potentiation,
        "structural_signal": signalling.structure_3,
        "adaptation": np.stack(state.adaptation[: len(CELL_CLASSES)], -1),
        "young_spines": spines.young,
        "transient_spines": spines.transient,
        "persistent_spines": spines.persistent,
        "spine_density": mechanisms.spine_density,
        "spine_turnover": np.stack(auxiliary.turnover, -1),
        "limbic_input": auxiliary.limbic_input,
        "lock": 1 - mechanisms.release,
        "limbic_block": auxiliary.limbic_block,
        "passage_into": lock.passages[..., 0],
        "passage_out_of": lock.passages[..., 1],
        "lock_into": lock.into,
        "lock_out_of": lock.out_of,
    }
