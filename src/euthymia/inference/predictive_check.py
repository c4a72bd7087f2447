"""The visual predictive check: percentiles of the observed samples, and of studies simulated from the population.

A sample below its limit counts as lower than every value, one above as higher, and one between two limits as halfway: a percentile
among them is not known and is left out, the others are what they would be without limits. Simulated samples have no limits (Bergstrand
and Karlsson 2009).
"""

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


def ranked_samples(samples: xr.Dataset) -> np.ndarray:
    """Observed concentrations (ng/mL) with those that are censored where they rank: −∞ below a limit, ∞ above one, halfway between two."""
    low, high = (np.where(np.isfinite(limit) & (limit > 0), limit, 0) for limit in (samples.low.values, samples.high.values))
    one_sided = np.where(np.isfinite(samples.high), -np.inf, np.inf)
    return np.where(samples.censored, np.where((low > 0) & (high > 0), (low + high) / 2, one_sided), samples.observed)


def _percentiles(values: np.ndarray) -> np.ndarray:
    """Percentiles of values of which some are infinite; one that would lie among these is not a number."""
    with np.errstate(invalid="ignore"):
        percentiles = np.percentile(values, PERCENTILES)
    return np.where(np.isfinite(percentiles), percentiles, np.nan)


def inside_bands(check: xr.Dataset) -> xr.DataArray:
    """Which observed percentiles lie where 90 % of the simulated studies have them, 0 or 1; not a number where they are not known."""
    low, high = (check.simulated.sel(level=check.level[at]) for at in (0, -1))
    return ((check.observed >= low) & (check.observed <= high)).where(check.observed.notnull())


def predictive_check(samples: xr.Dataset, simulated: np.ndarray) -> xr.Dataset:
    """Percentiles over bins of time after dose, for each molecule: observed, and their distribution over simulated studies.

    Parameters
    ----------
    samples
        Observed samples, ng/mL.
    simulated
        The same samples in simulated studies (study, sample), ng/mL.
    """
    rows: dict[str, list] = {name: [] for name in ("molecule", "time", "observations", "censored", "observed", "simulated")}
    ranked = ranked_samples(samples)
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
            rows["censored"].append(samples.censored.values[inside].sum())
            rows["observed"].append(_percentiles(ranked[inside]))
            of_studies = np.percentile(simulated[:, inside], PERCENTILES, axis=1)
            rows["simulated"].append(np.percentile(of_studies, PERCENTILES, axis=1).T)
    dims = {"observed": ("bin", "percentile"), "simulated": ("bin", "percentile", "level")}
    data = {name: (dims.get(name, ("bin",)), np.array(values)) for name, values in rows.items()}
    return xr.Dataset(data, coords={"percentile": list(PERCENTILES), "level": list(PERCENTILES)})
