"""Every number of the model, by scale: the parameters that equations read, filled from evidence."""

import equinox as eqx
import jax
from jaxtyping import Array, Float, Int

from ..brain.escape import LimbicLock
from ..circuits.habenula.parameters import Nucleus
from ..circuits.midbrain import Midbrain
from ..circuits.prefrontal import Prefrontal
from ..clinic.patients import Population, TypicalPatient
from ..clinic.ratings import Ratings
from ..clinic.safety import Safety
from ..clinic.symptoms import Symptoms
from ..clinic.trial_differences import TrialDifferences
from ..core.parameters import parameter
from ..core.types import Scalar
from ..links import Links
from ..pharmacology.animals import Animals
from ..pharmacology.comparators import Comparators
from ..pharmacology.covariates import Covariates
from ..pharmacology.esketamine import Esketamine
from ..pharmacology.ketamine import Disposition, Molecules
from ..pharmacology.variability import Variability
from ..plasticity.excitotoxicity import Excitotoxicity
from ..plasticity.serotonin import Serotonin
from ..plasticity.signalling import Signalling
from ..plasticity.spines import Spines
from ..receptors.monoamine import Monoamine
from ..receptors.nmdar import NMDAReceptor
from .closures.response import Closures


class Physiology(eqx.Module):
    """Parameters of everything from dose to synapse, and the closures that stand for circuits."""

    disposition: Disposition
    esketamine: Esketamine
    comparators: Comparators
    receptor: NMDAReceptor
    monoamine: Monoamine
    prefrontal: Prefrontal
    nucleus: Nucleus
    midbrain: Midbrain
    limbic: LimbicLock
    links: Links
    excitotoxicity: Excitotoxicity
    signalling: Signalling
    spines: Spines
    serotonin: Serotonin
    closures: Closures


class Experience(eqx.Module):
    """Range of doses and infusions in published trials."""

    lowest_dose: Scalar = parameter("ketamine.lowest_dose", "mg/kg", "lowest i.v. dose of a randomised trial")
    highest_dose: Scalar = parameter("ketamine.highest_dose", "mg/kg", "highest i.v. dose of a randomised trial")
    usual_infusion: Scalar = parameter("ketamine.usual_infusion", "h", "duration of the infusions in those trials")
    longest_infusion: Scalar = parameter("ketamine.longest_infusion", "h", "longest infusion of a trial")


AT_ONCE = (
    *("ketamine.vein", "ketamine.injected", "ketamine.nasal", "ketamine.rectal", "ketamine.oral", "ketamine.sublingual"),
    *("esketamine.vein", "esketamine.injected", "esketamine.nasal", "esketamine.oral", "esketamine.sublingual"),
    *("arketamine.vein", "arketamine.injected", "metabolites.vein", "MK-801.vein"),
    *("mouse.vein", "mouse.injected", "rat.vein", "rat.injected"),
)
"""Who or what a ceiling is of, and where the dose goes."""
CEILING_OWNERS = tuple(dict.fromkeys(name.split(".")[0] for name in AT_ONCE))
"""Molecules in people, and animals."""


class Ceilings(eqx.Module):
    """Highest doses that are run without being asked for."""

    at_once: Float[Array, "ceiling"] = parameter(tuple(f"ceilings.{name}" for name in AT_ONCE), "mg/kg", "highest dose at once")
    rate: Float[Array, "owner"] = parameter(tuple(f"ceilings.{name}.rate" for name in CEILING_OWNERS), "mg/kg/h", "rate from then on")
    multiple: Scalar = parameter("ceilings.comparators.multiple", "dimensionless", "of a comparator's highest daily dose")


class DoseCurve(eqx.Module):
    """Bounds of the priors of the AMPA and NMDA shares, and the smallest rise that counts."""

    nmda_share: Float[Array, "edge"] = parameter("dose_curve.nmda_share", "dimensionless", "NMDA part of recurrent excitation, per class")
    tonic_share: Float[Array, "edge"] = parameter("dose_curve.tonic_share", "dimensionless", "NMDA part of the background, per class")
    ic50: Float[Array, "edge"] = parameter("dose_curve.ic50", "uM", "concentration that halves NMDA drive, per class")
    rise: Scalar = parameter("dose_curve.rise", "dimensionless", "relative rise of the pyramidal rate that counts")


class Splits(eqx.Module):
    """Splits of one or more circuits; the last axis runs over pyramidal, parvalbumin, somatostatin and VIP cells."""

    nmda_share: Float[Array, "*circuit cell_class"]
    """NMDA part of excitation from pyramidal cells."""
    tonic_share: Float[Array, "*circuit cell_class"]
    """NMDA part of the background."""
    drive_ic50: Float[Array, "*circuit cell_class"]
    """Concentration of ketamine that halves NMDA drive in vivo, µM."""

    def of(self, circuit: Int[Array, "*batch"] | int) -> "Splits":
        """The split of one circuit, or those of some."""
        return jax.tree.map(lambda numbers: numbers[circuit], self)


class OmittedReward(eqx.Module):
    """The excitation of the habenula that stands for a reward that does not come."""

    pulse: Scalar = parameter("habenula.omitted_reward.pulse", "uA/cm^2", "current into every cell")
    duration: Scalar = parameter("habenula.omitted_reward.duration", "ms", "how long it lasts")


class Euthymia(eqx.Module):
    """Everything from dose to mood."""

    physiology: Physiology
    symptoms: Symptoms
    molecules: Molecules
    variability: Variability
    covariates: Covariates
    animals: Animals
    population: Population
    trial_differences: TrialDifferences
    patient: TypicalPatient
    safety: Safety
    ratings: Ratings
    experience: Experience
    ceilings: Ceilings
    dose_curve: DoseCurve
    circuits: Splits
    """The ensemble that people's circuits come from."""
    omitted_reward: OmittedReward
