"""Smooth curves of the individual and the typical prediction through the samples of people."""

from collections.abc import Iterable
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from ..core.constants import MINUTE
from ..model.parameters import Euthymia
from ..pharmacology.variability import PerTrait
from ..protocols.subjects import Sample, Subject
from .pk_design import BEFORE_BOLUS, Design, ketamine_starts, nanograms_per_micromolar, padded_designs, subject_design
from .pk_likelihood import concentrations

MOST_CURVES = 12
"""People whose curves are computed: the first of the table that have samples."""
POINTS = 120
"""Of a curve at equal distances."""
AFTER_CHANGE = tuple(minutes * MINUTE for minutes in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0))
"""Further points after every change of input, h."""


@eqx.filter_jit
def _both(model: Euthymia, design: Design, deviation: PerTrait) -> Float[Array, "2 sample"]:
    """Concentrations of the person and of the typical one, µM."""
    return jax.lax.map(lambda eta: concentrations(model, design, eta), jnp.stack([deviation, jnp.zeros_like(deviation)]))


def curve_times(subject: Subject) -> np.ndarray:
    """Times (h of the course) of a curve: from the last dose before the first sample until the last sample, closer after each dose.

    Right after the start of a dose there is a point of its own, because a bolus is a jump.
    """
    first, last = subject.observations[0].time, subject.observations[-1].time
    begin = max(start for start in ketamine_starts(subject) if start < first)
    starts = [dose.start for dose in subject.doses]
    stops = [dose.start + (dose.duration or 0.0) for dose in subject.doses]
    close = np.add.outer([*starts, *stops], (0.0, 2 * BEFORE_BOLUS, *AFTER_CHANGE)).ravel()
    samples = [sample.time for sample in subject.observations]
    times = np.unique(np.concatenate([np.linspace(begin, last, POINTS), close, samples]))
    return times[(times >= begin) & (times <= last)]


def measured_kinds(subject: Subject) -> list[tuple[str, str]]:
    """Molecules and samplings of a subject's samples, each once."""
    return list(dict.fromkeys((sample.molecule, sample.sampling) for sample in subject.observations))


def curves(subjects: list[Subject], deviations: Iterable[PerTrait | np.ndarray], model: Euthymia) -> xr.Dataset:
    """Predictions (ng/mL) by ``point`` on a fine grid of times, for the first people with samples and each molecule that was measured.

    Parameters
    ----------
    subjects
        With the samples that were fitted.
    deviations
        η of each.

    Returns
    -------
    ``subject``, ``molecule``, ``sampling``, ``time`` (h, of the table), ``individual`` and ``population``. Points of one curve follow each
    other in order of the course, whose clock in the table may go back where a subject was reset.
    """
    chosen = [(subject, eta) for subject, eta in zip(subjects, deviations, strict=True) if subject.observations][:MOST_CURVES]
    fine = []
    for subject, _ in chosen:
        samples = [Sample(float(time), 0.0, *kind) for time in curve_times(subject) for kind in measured_kinds(subject)]
        fine.append(replace(subject, observations=tuple(samples)))
    columns: dict[str, list] = {name: [] for name in ("subject", "molecule", "sampling", "time", "individual", "population")}
    for subject, (_, eta), design in zip(fine, chosen, padded_designs([subject_design(subject, model) for subject in fine]), strict=True):
        both = np.asarray(_both(model, design, jnp.asarray(eta)))[:, : len(subject.observations)]
        for kind in measured_kinds(subject):
            here = [index for index, sample in enumerate(subject.observations) if (sample.molecule, sample.sampling) == kind]
            mass = nanograms_per_micromolar(kind[0], model)
            columns["subject"] += [subject.name] * len(here)
            columns["molecule"] += [kind[0]] * len(here)
            columns["sampling"] += [kind[1]] * len(here)
            columns["time"] += [subject.table_time(subject.observations[index].time) for index in here]
            for name, values in zip(("individual", "population"), both, strict=True):
                columns[name] += (values[here] * mass).tolist()
    return xr.Dataset({name: ("point", np.array(values)) for name, values in columns.items()})
