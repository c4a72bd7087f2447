"""Individual pharmacokinetics from blood samples: estimates of people, what they predict, and a check of the population."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from ..core.errors import unknown
from ..model.default import default_model
from ..model.parameters import Euthymia
from ..protocols.patient import Patient
from ..protocols.subjects import Subject
from .pk_curves import curves
from .pk_data import check_subjects, sample_warnings
from .pk_design import after_first_dose, padded_designs, subject_design
from .pk_estimate import estimate_subject
from .pk_failures import failures, odd_people, small_residuals
from .pk_tables import eta_shrinkage, individuals_table, samples_table
from .predictive_check import REPLICATES, predictive_check, simulate_studies

SEED = 0


@dataclass(frozen=True)
class PharmacokineticFit:
    """Estimates of people, what they predict, and whether the population's spread fits the samples.

    Attributes
    ----------
    individuals
        By ``subject`` and ``parameter``: η and its SE, the parameter with its 90 % interval at the reference weight, and that of the
        typical person of the same covariates. By ``subject``: the objective function, −2 log of the marginal likelihood by Laplace's
        approximation, of concentrations in µM and without log 2π for each measured value.
    samples
        By ``sample``: observed, predicted for the person and for a typical person of their weight and covariates (ng/mL), weighted
        residual. Times are those of the table.
    shrinkage
        1 − SD(η)/ω by ``parameter``; none for a single person. Near 1 where samples are not informative and estimates stay typical.
    check
        Visual predictive check by ``bin``, ``percentile`` and ``level``: percentiles of the observed samples, and of studies of the
        same designs in people drawn from the population, ng/mL.
    curves
        By ``point``: predictions for the first people on a fine grid of times, see :func:`.pk_curves.curves`.
    failures
        Why the fit failed, one line each; empty if it did not.
    warnings
        What a reader should know before trusting it.
    subjects
        Doses and samples that were fitted to.
    """

    individuals: xr.Dataset
    samples: xr.Dataset
    shrinkage: xr.DataArray
    check: xr.Dataset
    curves: xr.Dataset
    failures: list[str]
    warnings: list[str]
    subjects: tuple[Subject, ...]

    @property
    def failed(self) -> bool:
        """Whether the estimates are not to be used as they are."""
        return bool(self.failures)

    @property
    def objective(self) -> float:
        """The objective function of all people."""
        return float(self.individuals.objective.sum())

    def person(self, name: str) -> Patient:
        """A subject as the patient of a protocol: weight, covariates, and disposition as estimated.

        Raises
        ------
        InputError
            If there is no such subject.

        Examples
        --------
        >>> import euthymia as eu
        >>> fit = eu.fit_pk("samples.csv")  # doctest: +SKIP
        >>> infusion = eu.Dose("ketamine", "40 mg", "i.v. infusion", duration="40 min")  # doctest: +SKIP
        >>> eu.exposure(eu.Protocol([infusion], patient=fit.person("3")))  # doctest: +SKIP
        """
        people = self.people()
        if name not in people:
            raise unknown("subject", name, people)
        return Patient(**people[name])

    def people(self) -> dict[str, dict[str, Any]]:
        """By subject, the fields of a patient: weight and covariates as stated, and disposition as factors over the typical person."""
        factors = np.exp(self.individuals.eta.transpose("subject", "parameter").values).tolist()
        parameters = self.individuals.parameter.values.tolist()
        return {
            subject.name: subject.patient() | {"disposition": dict(zip(parameters, of_subject, strict=True))}
            for subject, of_subject in zip(self.subjects, factors, strict=True)
        }


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
    fitted = [after_first_dose(subject) for subject in subjects]
    estimates, simulated = [], []
    keys = jax.random.split(jax.random.key(SEED), replicates)
    for number, design in enumerate(padded_designs([subject_design(subject, model) for subject in fitted])):
        estimates.append(jax.tree.map(np.asarray, estimate_subject(model, design)))
        simulated.append(np.asarray(simulate_studies(model, design, jnp.asarray(number), keys)))
        progress(number + 1)
    of_subjects = jax.tree.map(lambda *leaves: np.stack(leaves), *estimates)
    individuals = individuals_table(fitted, of_subjects, model)
    samples, simulated_samples = samples_table(fitted, of_subjects, np.stack(simulated, 1), model)
    check = predictive_check(samples, simulated_samples)
    return PharmacokineticFit(
        individuals=individuals,
        samples=samples,
        shrinkage=eta_shrinkage(individuals),
        check=check,
        curves=curves(fitted, of_subjects.deviation, model),
        failures=failures(individuals, samples, check, model),
        warnings=[*sample_warnings(subjects), *odd_people(individuals), *small_residuals(samples)],
        subjects=tuple(subjects),
    )
