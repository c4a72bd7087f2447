"""Population estimates of open data against those that NONMEM published for the same model and method (FOCE with interaction)."""

import csv
import importlib.util
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.inference.mixed_effects import PopulationParameters, Samples, Structure, mixed_model, normal_density
from euthymia.inference.population_estimate import estimate_population
from euthymia.inference.population_likelihood import MixedModel, population_objective

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "open_data.py"
SPECIFICATION = importlib.util.spec_from_file_location("open_data", SCRIPT)
open_data = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(open_data)


def lines_of(name):
    """Lines of a file of open data; the test is skipped without it."""
    (data,) = [file for file in open_data.FILES if file.name == name]
    path = open_data.FOLDER / name
    if not open_data.matches(path, data):
        pytest.skip(f"{name} is not in build/open-data: `make open-data` fetches it")
    return path.read_text().splitlines()


def values(model, samples, coordinates):
    effects = jnp.zeros((len(samples.measured), model.effects))
    return np.asarray(population_objective(model, samples, jnp.asarray(coordinates), effects).value)


# Theophylline: THEO-FOCEI.OUT of NONMEM 7.4, https://github.com/asancpt/nmw-nonmem (Bae and Yim 2016, Transl Clin Pharmacol 24:161).
THEOPHYLLINE = Structure(("ka", "V", "k"), (("ka", "V", "k"),))
FIRST = PopulationParameters(np.array([2, 50, 0.1]), np.linalg.cholesky(np.full((3, 3), 0.1) + 0.1 * np.eye(3)), np.sqrt(0.1), np.sqrt(0.1))
OBJECTIVE_AT_FIRST, OBJECTIVE = 192.65025555940014, 92.830869045516039
REPORTED = [1.49072, 32.4470, 0.0872901, 0.434717, 0.0569202, 0.0193995, -0.00648548, 0.0120830, 0.0202334, 0.0828440, 0.0170386]
SANDWICH_ERRORS = [0.300784, 1.66399, 0.00432513, 0.221981, 0.0359561, 0.00854021, 0.0219563, 0.00763049, 0.0201151, 0.114348, 0.0118470]
HESSIAN_ERRORS = [0.297967, 1.57691, 0.00503503, 0.204862, 0.0379886, 0.0114428, 0.0395937, 0.00946314, 0.0148856, 0.0483529, 0.00485519]
"""From the matrix R that is printed there: its inverse is the covariance by the Hessian."""
PEOPLE = [19.715309, 17.758143, -1.310730, 9.404289, 20.472663, 4.251093, 1.287625, 4.085244, 3.113546, 4.756219, -2.370778, 11.668247]
ETA_SHRINKAGE = [0.0133369, 0.0161797, 0.0502323]
DOSE = 320


def absorbed(parameters, times):
    """One compartment with first-order absorption."""
    ka, V, k = parameters
    return DOSE / V * ka / (ka - k) * (jnp.exp(-k * times) - jnp.exp(-ka * times))


@pytest.fixture(scope="module")
def theophylline():
    rows = [line.split() for line in lines_of("theophylline.txt")]
    names = dict.fromkeys(row[0] for row in rows)
    times, measured = (np.array([[float(row[column]) for row in rows if row[0] == name] for name in names]) for column in (2, 3))
    return Samples(jnp.asarray(times), jnp.asarray(measured), jnp.ones(times.shape, bool))


def test_theophylline_has_the_objective_of_nonmem_before_the_search(theophylline):
    model = mixed_model(absorbed, THEOPHYLLINE)
    assert values(model, theophylline, THEOPHYLLINE.coordinates(FIRST)).sum() == pytest.approx(OBJECTIVE_AT_FIRST, abs=1e-6)


def test_theophylline_has_the_estimates_of_nonmem(theophylline):
    model = mixed_model(absorbed, THEOPHYLLINE)
    estimate = estimate_population(model, theophylline, THEOPHYLLINE.coordinates(FIRST))
    assert estimate.converged
    assert estimate.objective == pytest.approx(OBJECTIVE, abs=1e-4)
    assert estimate.objective < OBJECTIVE + 1e-6
    np.testing.assert_allclose(estimate.people, PEOPLE, atol=2e-2)
    reported = np.asarray(THEOPHYLLINE.reported(jnp.asarray(estimate.coordinates)))
    assert (np.abs(reported - REPORTED) < 0.002 * np.array(HESSIAN_ERRORS)).all()
    np.testing.assert_allclose(estimate.standard_errors(THEOPHYLLINE.reported), HESSIAN_ERRORS, rtol=0.025)
    np.testing.assert_allclose(estimate.standard_errors(THEOPHYLLINE.reported, robust=True), SANDWICH_ERRORS, rtol=0.05)
    root = np.asarray(THEOPHYLLINE.parameters(jnp.asarray(estimate.coordinates)).root)
    spread = (estimate.effects @ root.T).std(0, ddof=1)
    np.testing.assert_allclose(1 - spread / np.sqrt(np.diag(root @ root.T)), ETA_SHRINKAGE, atol=2e-3)


# Warfarin: pk.turnover.emax4.lst of NONMEM 7.4, https://github.com/nlmixr2/babelmixr2. Two transfers of absorption at 1/h (the search
# left them there), one compartment, and prothrombin activity whose formation warfarin inhibits by at most EMAX (held at its estimate).
WARFARIN_OBJECTIVE, WARFARIN_PEOPLE = 1418.9229044364815, [64.0867681, 33.7376116, 62.8372549, 44.0850378]
EMAX = 1 / (1 + np.exp(-9.97533))
WARFARIN = np.array(
    [
        *(-1.99439, 2.04923, 0.130631, -2.96220, 4.57136),
        *(np.log([0.0732551, 0.0542082, 0.173761, 0.00741445, 0.00269443]) / 2),
        *np.log([0.161402, 0.571414, 3.58903]),
    ]
)
"""Logarithms of clearance, volume, EC50, kout and baseline, of SDs between people, and of three error terms."""
WARFARIN_START = np.array(
    [
        *(-2.004, 2.0519, 0.14076, -2.9535, 4.5704),
        *(np.log([0.078585, 0.050823, 0.18427, 0.0083632, 0.0027456]) / 2),
        *np.log([0.09858, 0.51162, 3.7171]),
    ]
)
QUADRATURE, WEIGHTS = np.polynomial.legendre.leggauss(8)


def warfarin_course(parameters, dose, times):
    """Concentrations and prothrombin activity at all times."""
    clearance, volume, ec50, kout, baseline = parameters
    length = np.diff(times)
    within = times[:-1, None] + length[:, None] * (QUADRATURE + 1) / 2

    def concentration(t):
        a = 1 - clearance / volume
        return dose / volume * jnp.exp(-clearance / volume * t) * (1 - jnp.exp(-a * t) * (1 + a * t)) / a**2

    inhibition = EMAX * concentration(within) / (ec50 + concentration(within))
    lost = jnp.sum(baseline * kout * inhibition * jnp.exp(-kout * (times[1:, None] - within)) * WEIGHTS, 1) * length / 2

    def step(loss, interval):
        kept, more = interval
        return loss * kept + more, loss * kept + more

    losses = jax.lax.scan(step, jnp.zeros(()), (jnp.exp(-kout * length), lost))[1]
    return concentration(times), baseline - jnp.concatenate([jnp.zeros(1), losses])


def warfarin_model(times):
    def parameters(x):
        return {"typical": jnp.exp(x[:5]), "sd": jnp.exp(x[5:10]), "errors": jnp.exp(x[10:])}

    def density(p, samples, z):
        dose, node, of_activity = samples.design
        proportional, additive, activity = p["errors"]

        def expected(z):
            concentration, prothrombin = warfarin_course(p["typical"] * jnp.exp(p["sd"] * z), dose, times)
            return jnp.where(of_activity, prothrombin[node], concentration[node])

        def variance(f):
            return jnp.where(of_activity, activity**2, additive**2 + (proportional * f) ** 2)

        return normal_density(expected, variance, samples, z)

    return MixedModel(eqx.Partial(parameters), density, 5)


@pytest.fixture(scope="module")
def warfarin():
    rows = list(csv.DictReader(lines_of("warfarin.csv")))
    times = np.unique([float(row["TIME"]) for row in rows])
    names = list(dict.fromkeys(row["ID"] for row in rows))
    samples = [[row for row in rows if row["ID"] == name and row["EVID"] == "0"] for name in names]
    most = max(map(len, samples))

    def padded(value, padding):
        return jnp.asarray([[value(row) for row in of_person] + [padding] * (most - len(of_person)) for of_person in samples])

    dose = jnp.asarray([sum(float(row["AMT"]) for row in rows if row["ID"] == name and row["EVID"] == "1") for name in names])
    node = padded(lambda row: int(np.searchsorted(times, float(row["TIME"]))), 0)
    design = (dose, node, padded(lambda row: row["DVID"] == "2", True))
    return warfarin_model(times), Samples(design, padded(lambda row: float(row["DV"]), 0.0), padded(lambda row: True, False))


def test_warfarin_has_the_objective_of_nonmem_at_its_estimates(warfarin):
    model, samples = warfarin
    assert samples.counted.shape[0] == 32
    assert samples.counted.sum() == 483
    objectives = values(model, samples, WARFARIN)
    assert objectives.sum() == pytest.approx(WARFARIN_OBJECTIVE, abs=1e-3)
    np.testing.assert_allclose(objectives[:4], WARFARIN_PEOPLE, atol=1e-3)


def test_warfarin_has_the_estimates_of_nonmem(warfarin):
    model, samples = warfarin
    estimate = estimate_population(model, samples, WARFARIN_START)
    assert estimate.converged
    assert WARFARIN_OBJECTIVE - 0.01 < estimate.objective < WARFARIN_OBJECTIVE
    assert (np.abs(estimate.coordinates - WARFARIN) < 0.05 * np.sqrt(np.diag(estimate.covariance()))).all()
