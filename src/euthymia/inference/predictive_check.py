"""The visual predictive check: studies simulated from the population beside what was observed."""

import equinox as eqx
import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Int, Key

from ..model.parameters import Euthymia
from ..pharmacology.variability import people, sample_error
from .pk_likelihood import Design, concentrations

REPLICATES = 200
"""Studies simulated for the predictive check."""
PERCENTILES = (5, 50, 95)
BINS = 10
"""Spans of time in the predictive check, at most."""
SAMPLES_PER_BIN = 5


@eqx.filter_jit
def imagine(model: Euthymia, design: Design, number: Int[Array, ""], key: Key[Array, "replicate"]) -> Float[Array, "replicate sample"]:
    """Samples (µM) of other people drawn from the population under the same design, with their error; one for each key.

    ``number`` is the place of the design in its study, which keeps what is drawn for it.
    """

    def study(key: Key[Array, ""]) -> Array:
        of_people, of_errors = jax.random.split(key)
        (deviation,) = people(model.variability, of_people, number[None])
        expected = concentrations(model, design, deviation)
        error = jax.random.normal(jax.random.fold_in(of_errors, number), expected.shape)
        return expected + sample_error(model.variability, expected) * error

    return jax.lax.map(study, key)


def predictive_check(samples: xr.Dataset, simulated: np.ndarray) -> xr.Dataset:
    rows: dict[str, list] = {name: [] for name in ("molecule", "time", "observations", "observed", "simulated")}
    for molecule in np.unique(samples.molecule):
        time = samples.time_after_dose.values
        here = (samples.molecule == molecule).values
        bins = min(BINS, max(1, here.sum() // SAMPLES_PER_BIN))
        edges = np.unique(np.quantile(time[here], np.linspace(0, 1, bins + 1)))[1:-1]
        of_bin = np.digitize(time, edges)
        for inside in (here & (of_bin == each) for each in np.unique(of_bin[here])):
            rows["molecule"].append(molecule)
            rows["time"].append(np.median(time[inside]))
            rows["observations"].append(inside.sum())
            rows["observed"].append(np.percentile(samples.observed.values[inside], PERCENTILES))
            of_studies = np.percentile(simulated[:, inside], PERCENTILES, axis=1)
            rows["simulated"].append(np.percentile(of_studies, PERCENTILES, axis=1).T)
    dims = {"observed": ("bin", "percentile"), "simulated": ("bin", "percentile", "level")}
    data = {name: (dims.get(name, ("bin",)), np.array(values)) for name, values in rows.items()}
    return xr.Dataset(data, coords={"percentile": list(PERCENTILES), "level": list(PERCENTILES)})
