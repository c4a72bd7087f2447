"""Individual pharmacokinetics from blood samples: estimates of people, what they predict, and a check of the population."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ..core.errors import InputError, unknown
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..protocols.subjects import Subject
from .pk_design import MOLECULES, SAMPLINGS, after_first_dose, ketamine_starts, padded_designs, subject_design
from .pk_estimate import estimate_subject
from .pk_tables import eta_shrinkage, individuals_table, samples_table
from .predictive_check import REPLICATES, predictive_check, simulate_studies

SEED = 0


@dataclass(frozen=True)
class PharmacokineticFit:
    """Estimates of people, what they predict, and whether the population's spread fits the samples.

    Attributes
    ----------
    individuals
        By ``subject`` and ``parameter``: η and its SE, the parameter with its 90 % interval at the reference weight.
    samples
        By ``sample``: observed, predicted for the person and for a typical person of their weight (ng/mL), weighted residual.
    shrinkage
        1 − SD(η)/ω by ``parameter``; none for a single person. Near 1 where samples are not informative and estimates stay typical.
    check
        Visual predictive check by ``bin``, ``percentile`` and ``level``: percentiles of the observed samples, and of studies of the
        same designs in people drawn from the population, ng/mL.
    warnings
        What a reader should know before trusting it.
    """

    individuals: xr.Dataset
    samples: xr.Dataset
    shrinkage: xr.DataArray
    check: xr.Dataset
    warnings: list[str]


def check_subjects(subjects: list[Subject]) -> None:
    """Refuse data that cannot be fitted.

    Raises
    ------
    InputError
        Without a single sample; for an unknown molecule or sampling, a concentration that is none, a person with samples
        and no ketamine, and drug measured before the first dose.
    """
    if not any(subject.observations for subject in subjects):
        raise InputError("observations: there are none; at least one measured concentration is needed")
    for subject in subjects:
        field, starts = f"subject {subject.name}", ketamine_starts(subject)
        if subject.observations and not starts:
            raise InputError(f"{field}: has samples but no dose of ketamine")
        for sample in subject.observations:
            if sample.molecule not in MOLECULES:
                raise unknown(f"{field}: molecule", sample.molecule, MOLECULES)
            if sample.sampling not in SAMPLINGS:
                raise unknown(f"{field}: sampling", sample.sampling, SAMPLINGS)
            if not (np.isfinite(sample.concentration) and sample.concentration >= 0):
                raise InputError(f"{field}: {sample.concentration} ng/mL of {sample.molecule} at {sample.time:g} h is not a concentration")
            if sample.time <= min(starts) and sample.concentration > 0:
                measured = f"{sample.concentration:g} ng/mL of {sample.molecule} at {sample.time:g} h"
                raise InputError(f"{field}: {measured}, but the first dose begins at {min(starts):g} h")


def fit(
    subjects: list[Subject],
    model: Euthymia | None = None,
    replicates: int = REPLICATES,
    progress: Callable[[int], None] = lambda done: None,
) -> PharmacokineticFit:
    """Estimate every person's disposition from their samples, with the spread between people as the prior.

    Parameters
    ----------
    subjects
        Doses and samples; whoever has no sample is estimated as typical. Without a weight, that of the typical patient is taken.
    model
        Parameters; the evidence's if left out.
    replicates
        Studies simulated for the predictive check.
    progress
        Called with the number of people done.

    Raises
    ------
    InputError
        If the data cannot be fitted, see :func:`check_subjects`.
    """
    check_subjects(subjects)
    model = default_model() if model is None else model
    subjects = [after_first_dose(subject) for subject in subjects]
    estimates, simulated = [], []
    keys = jax.random.split(jax.random.key(SEED), replicates)
    for number, design in enumerate(padded_designs([subject_design(subject, model) for subject in subjects])):
        estimates.append(jax.tree.map(np.asarray, estimate_subject(model, design)))
        simulated.append(np.asarray(simulate_studies(model, design, jnp.asarray(number), keys)))
        progress(number + 1)
    of_subjects = jax.tree.map(lambda *leaves: np.stack(leaves), *estimates)
    individuals = individuals_table(subjects, of_subjects, model)
    samples, simulated_samples = samples_table(subjects, of_subjects, np.stack(simulated, 1), model)
    check = predictive_check(samples, simulated_samples)
    return PharmacokineticFit(individuals, samples, eta_shrinkage(individuals, model), check, _warnings(individuals, subjects))


def _warnings(individuals: xr.Dataset, subjects: list[Subject]) -> list[str]:
    unconverged = individuals.subject.values[~individuals.converged.values]
    warnings = [f"subject {name}: the search did not settle" for name in unconverged]
    if weightless := [subject.name for subject in subjects if subject.weight is None]:
        warnings.append(f"weight: not given for {len(weightless)} of {len(subjects)} people; the typical patient's is taken")
    return warnings
