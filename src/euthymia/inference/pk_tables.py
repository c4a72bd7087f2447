"""Labelled tables of pharmacokinetic estimates: parameters of people, samples with their predictions, and shrinkage."""

import jax.numpy as jnp
import numpy as np
import xarray as xr

from ..core.normal import Z_90
from ..core.parameters import declared
from ..model.parameters import Euthymia
from ..pharmacology.covariates import individualise
from ..pharmacology.ketamine import Disposition
from ..pharmacology.variability import TRAITS, sample_error
from ..protocols.subjects import Subject
from ..simulation.person import covariate_effects
from .pk_design import UNLIMITED, ketamine_starts, nanograms_per_micromolar, sample_unit, subject_patient, subject_weight
from .pk_estimate import SubjectEstimate


def typical_values(subjects: list[Subject], model: Euthymia) -> np.ndarray:
    """Parameters (subject, parameter) of the typical person of each subject's covariates at the reference weight."""
    known: dict[tuple, np.ndarray] = {}
    for subject in subjects:
        covariates = _covariates(subject)
        if covariates not in known:
            body = covariate_effects(subject_patient(subject), model)
            disposition, _ = individualise(model.physiology.disposition, model.physiology.esketamine, body)
            known[covariates] = np.array([float(getattr(disposition, trait)) for trait in TRAITS])
    return np.stack([known[_covariates(subject)] for subject in subjects])


def _covariates(subject: Subject) -> tuple:
    return subject.age, subject.sex, subject.cyp2b6, subject.liver


def individuals_table(subjects: list[Subject], estimates: SubjectEstimate, model: Euthymia) -> xr.Dataset:
    """By ``subject`` and ``parameter``: η and its SE, and the parameter with its 90 % interval at the reference weight.

    ``typical`` is the parameter of the typical person of the same covariates, ``omega`` the SD of η in the population; ``objective`` is
    that of a subject, whose sum is that of the data. ``estimates`` have a leading axis of subjects.
    """
    by_both, by_subject, by_parameter = ("subject", "parameter"), ("subject",), ("parameter",)
    se = np.sqrt(np.diagonal(estimates.covariance, axis1=1, axis2=2))
    typical = typical_values(subjects, model)
    units = {name: field.metadata["unit"] for name, field in declared(Disposition)}
    return xr.Dataset(
        {
            "unit": (by_parameter, [units[trait] for trait in TRAITS]),
            "omega": (by_parameter, np.sqrt(np.asarray(model.variability.variance))),
            "typical": (by_both, typical),
            "estimate": (by_both, typical * np.exp(estimates.deviation)),
            "lower": (by_both, typical * np.exp(estimates.deviation - Z_90 * se)),
            "upper": (by_both, typical * np.exp(estimates.deviation + Z_90 * se)),
            "eta": (by_both, estimates.deviation),
            "se": (by_both, se),
            "weight": (by_subject, [subject_weight(subject, model) for subject in subjects]),
            "observations": (by_subject, [len(subject.observations) for subject in subjects]),
            "objective": (by_subject, estimates.objective),
            "gradient": (by_subject, estimates.gradient),
            "converged": (by_subject, estimates.converged),
        },
        coords={"subject": [subject.name for subject in subjects], "parameter": list(TRAITS)},
        attrs={"reference_weight": float(model.physiology.disposition.reference_weight)},
    )


def samples_table(
    subjects: list[Subject], estimates: SubjectEstimate, simulated: np.ndarray, model: Euthymia
) -> tuple[xr.Dataset, np.ndarray]:
    """All samples of all subjects in one row with their predictions, and the same samples in simulated studies, ng/mL.

    ``time`` is that of the table. A censored sample lies between ``low`` and ``high`` and is observed at the limit that was stated; it has
    no weighted residual; its ``departure`` is from the nearer limit. ``simulated`` are padded samples (study, subject, sample), µM.
    """
    samples = [(i, k, sample) for i, subject in enumerate(subjects) for k, sample in enumerate(subject.observations)]
    subject_index, sample_index = np.array([(i, k) for i, k, _ in samples], int).reshape(-1, 2).T
    masses = np.array([nanograms_per_micromolar(sample.molecule, model) for *_, sample in samples])
    units = masses * [sample_unit(sample, model) for *_, sample in samples]
    observed = units * [sample.concentration for *_, sample in samples]
    censored = np.array([sample.limits is not None for *_, sample in samples])
    low, high = units * np.reshape([UNLIMITED if sample.limits is None else sample.limits for *_, sample in samples], (-1, 2)).T
    predicted, typical = estimates.predicted[subject_index, sample_index], estimates.typical[subject_index, sample_index]
    error = np.asarray(sample_error(model.variability, jnp.asarray(predicted)))
    latest = [max(start for start in ketamine_starts(subjects[i]) if start < sample.time) for i, _, sample in samples]
    columns = {
        "subject": [subjects[i].name for i in subject_index],
        "time": [subjects[i].table_time(sample.time) for i, _, sample in samples],
        "time_after_dose": [sample.time - start for (*_, sample), start in zip(samples, latest, strict=True)],
        "molecule": [sample.molecule for *_, sample in samples],
        "sampling": [sample.sampling for *_, sample in samples],
        "observed": observed,
        "censored": censored,
        "low": low,
        "high": high,
        "individual": predicted * masses,
        "population": typical * masses,
        "weighted_residual": np.where(censored, np.nan, (observed / masses - predicted) / error),
        "departure": (np.where(censored, np.clip(predicted, low / masses, high / masses), observed / masses) - predicted) / error,
        "unit_read": [sample.unit for *_, sample in samples],
    }
    table = xr.Dataset({name: ("sample", values) for name, values in columns.items()})
    return table, simulated[:, subject_index, sample_index] * masses


def eta_shrinkage(individuals: xr.Dataset) -> xr.DataArray:
    """1 − SD(η)/ω by ``parameter``; not a number for a single person."""
    if individuals.sizes["subject"] == 1:
        return xr.full_like(individuals.omega, np.nan)
    return 1 - individuals.eta.std("subject", ddof=1) / individuals.omega
