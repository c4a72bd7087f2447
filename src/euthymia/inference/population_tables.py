"""Labelled tables of a population estimate: traits, residual error and people."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..core.normal import Z_90
from ..core.parameters import declared
from ..model.parameters import Euthymia
from ..pharmacology.ketamine import Disposition
from ..pharmacology.variability import TRAITS, Variability
from ..protocols.subjects import Subject
from .population_estimate import PopulationEstimate


def _with_uncertainty(value: np.ndarray, se_of_logarithm: np.ndarray, name: str) -> dict[str, np.ndarray]:
    """A positive value with its SE and its 90 % interval, which is symmetric on the logarithmic scale."""
    half = np.exp(Z_90 * se_of_logarithm)
    return {name: value, f"{name}_se": value * se_of_logarithm, f"{name}_lower": value / half, f"{name}_upper": value * half}


def _by_trait(values: np.ndarray, traits: Sequence[str]) -> np.ndarray:
    """Values of the estimated traits among all; not a number for the others."""
    return np.array([values[traits.index(trait)] if trait in traits else np.nan for trait in TRAITS])


def traits_table(
    evidence: Euthymia, estimated: Euthymia, traits: Sequence[str], estimate: PopulationEstimate, deviations: np.ndarray
) -> xr.Dataset:
    """By ``parameter``, all traits; ``deviations`` are η of people (subject, trait). SEs of what is not estimated are not numbers."""
    units = {name: field.metadata["unit"] for name, field in declared(Disposition)}
    se = np.sqrt(np.diag(estimate.covariance()))
    of_typical, of_sd = (_by_trait(part, traits) for part in np.split(se[: 2 * len(traits)], 2))
    typical, typical_of_evidence = (
        np.array([float(getattr(model.physiology.disposition, trait)) for trait in TRAITS]) for model in (estimated, evidence)
    )
    variance = np.asarray(estimated.variability.variance)
    columns = {
        "unit": np.array([units[trait] for trait in TRAITS]),
        "estimated": np.array([trait in traits for trait in TRAITS]),
        **_with_uncertainty(typical, of_typical, "typical"),
        "typical_of_evidence": typical_of_evidence,
        # ω² is exp(2 log ω).
        **_with_uncertainty(variance, 2 * of_sd, "variance"),
        "variance_of_evidence": np.asarray(evidence.variability.variance),
        "shrinkage": 1 - deviations.std(0, ddof=1) / np.sqrt(variance),
    }
    return xr.Dataset({name: ("parameter", values) for name, values in columns.items()}, coords={"parameter": list(TRAITS)})


def errors_table(evidence: Euthymia, estimated: Euthymia, terms: Sequence[str], estimate: PopulationEstimate) -> xr.Dataset:
    """By ``term`` of the residual error; their coordinates stand last."""
    units = {name: field.metadata["unit"] for name, field in declared(Variability)}
    se = np.sqrt(np.diag(estimate.covariance()))[-len(terms) :]
    values, of_evidence = (np.array([float(getattr(model.variability, term)) for term in terms]) for model in (estimated, evidence))
    columns = {
        "unit": np.array([units[term] for term in terms]),
        **_with_uncertainty(values, se, "sd"),
        "sd_of_evidence": of_evidence,
    }
    return xr.Dataset({name: ("term", values) for name, values in columns.items()}, coords={"term": list(terms)})


def people_table(subjects: Sequence[Subject], estimated: Euthymia, estimate: PopulationEstimate, deviations: np.ndarray) -> xr.Dataset:
    """By ``subject`` and ``parameter``: η, and the person's value at the reference weight and covariates; by ``subject``: objective."""
    typical = np.array([float(getattr(estimated.physiology.disposition, trait)) for trait in TRAITS])
    return xr.Dataset(
        {
            "eta": (("subject", "parameter"), deviations),
            "value": (("subject", "parameter"), typical * np.exp(deviations)),
            "objective": ("subject", estimate.people),
            "samples": ("subject", [len(subject.observations) for subject in subjects]),
        },
        coords={"subject": [subject.name for subject in subjects], "parameter": list(TRAITS)},
    )
