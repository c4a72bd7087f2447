"""The visual predictive check: percentiles of the observed samples, and of studies simulated from the population."""

import equinox as eqx
import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, Int, Key

from ..model.parameters import Euthymia
from ..pharmacology.variability import people, sample_error
from .pk_design import Design
from .pk_likelihood import concentrations

REPLICATES = 200
"""Simulated studies."""
PERCENTILES = (5, 50, 95)
MOST_BINS = 10
"""Of time after dose."""
SAMPLES_PER_BIN = 5


@eqx.filter_jit
def simulate_studies(
    model: Euthymia, design: Design, number: Int[Array, ""], keys: Key[Array, "replicate"]
) -> Float[Array, "replicate sample"]:
    """Samples (µM) under one design of people drawn from the population, with residual error; one study for each key.

    ``number`` is the index of the design in its study, which has a random stream of its own.
    """

    def study(key: Key[Array, ""]) -> Array:
        of_people, of_errors = jax.random.split(key)
        (deviation,) = people(model.variability, of_people, number[None])
        expected = concentrations(model, design, deviation)
        error = jax.random.normal(jax.random.fold_in(of_errors, number), expected.shape)
        return expected + sample_error(model.variability, expected) * error

    return jax.lax.map(study, keys)


def predictive_check(samples: xr.Dataset, simulated: np.ndarray) -> xr.Dataset:
    """Percentiles over bins of time after dose, for each molecule: observed, and their distribution over simulated studies.

    Parameters
    ----------
    samples
        Observed samples, ng/mL.
    simulated
        The same samples in simulated studies (study, sample), ng/mL.
    """
    rows: dict[str, list] = {name: [] for name in ("molecule", "time", "observations", "observed", "simulated")}
    for molecule in np.unique(samples.molecule):
        time = samples.time_after_dose.values
        of_molecule = (samples.molecule == molecule).values
        bins = min(MOST_BINS, max(1, of_molecule.sum() // SAMPLES_PER_BIN))
        edges = np.unique(np.quantile(time[of_molecule], np.linspace(0, 1, bins + 1)))[1:-1]
        bin_index = np.digitize(time, edges)
        for inside in (of_molecule & (bin_index == index) for index in np.unique(bin_index[of_molecule])):
            rows["molecule"].append(molecule)
            rows["time"].append(np.median(time[inside]))
            rows["observations"].append(inside.sum())
            rows["observed"].append(np.percentile(samples.observed.values[inside], PERCENTILES))
            of_studies = np.percentile(simulated[:, inside], PERCENTILES, axis=1)
            rows["simulated"].append(np.percentile(of_studies, PERCENTILES, axis=1).T)
    dims = {"observed": ("bin", "percentile"), "simulated": ("bin", "percentile", "level")}
    data = {name: (dims.get(name, ("bin",)), np.array(values)) for name, values in rows.items()}
    return xr.Dataset(data, coords={"percentile": list(PERCENTILES), "level": list(PERCENTILES)})
