"""Virtual patients are the same in whatever company, and a cohort without spread is the single patient."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from jax.scipy.special import logit
from rescaling import ONE

from euthymia.clinic.patients import (
    AXES,
    CORRELATED,
    GENOTYPES,
    RandomEffects,
    correlation_matrix,
    draw,
    genotype,
    random_effects,
    responsiveness,
)
from euthymia.core.errors import InputError
from euthymia.evidence.registry import evidence
from euthymia.model.circuits import split_of
from euthymia.model.default import default_model
from euthymia.population.cohort import Cohort, cohort
from euthymia.population.course import patient_outcomes
from euthymia.population.dropout import dropout
from euthymia.population.memory import CHUNK_SIZES
from euthymia.population.patients import PATIENT_SEED
from euthymia.population.relapse import relapse, return_of_symptoms
from euthymia.population.setup import cohort_setup
from euthymia.population.summary import CohortSummary, cohort_summary
from euthymia.population.weighting import baseline_target
from euthymia.protocols.reading import DEFAULT, change, check, read
from euthymia.report.pages.cohort import afterwards
from euthymia.simulation.person import Person
from euthymia.simulation.simulate import simulate
from euthymia.simulation.visits import first_visit

KEY, NUMBERS = jax.random.key(3), jnp.arange(4)
DRAWN = RandomEffects(*[ONE] * 2, "madrs_point", *[ONE] * (len(RandomEffects._fields) - 3))
EQUATIONS = {
    "correlation": ("population", correlation_matrix, [], ONE),
    "genotype": ("population", lambda p: genotype(p, jnp.asarray(0.1)), [], ONE),
    "responsiveness": ("population", lambda p: responsiveness(p, jnp.array([-0.5, 0.3])), [], ONE),
    "differences": ("population", lambda p: jax.vmap(lambda n: random_effects(p, draw(KEY, n)))(NUMBERS), [], DRAWN),
}
PATIENTS = 24
CHECKED = (2.0, 24.0, 72.0, 168.0, 336.0)
"""h."""


def drawn(model, number=20_000):
    return jax.vmap(lambda each: random_effects(model.population, draw(KEY, each)))(jnp.arange(number))


def test_patients_differ_as_their_spread_says(model):
    found = drawn(model)
    p = model.population
    logarithms = {"weight": jnp.log(found.weight), "stress": found.stress, "severity": found.severity}
    logarithms |= {axis: jnp.log(getattr(found, axis)) for axis in AXES[3:]}
    logarithms["responsiveness"] = logit(found.responsiveness) - logit(p.typical_responsiveness)
    spread = dict(zip(AXES, [*p.spread, p.severity, *p.spread_of_effect], strict=True))
    for axis, values in logarithms.items():
        assert float(values.std()) == pytest.approx(float(spread[axis]), rel=0.03), axis
        assert abs(float(values.mean())) < 0.03 * float(spread[axis]), axis
    for (one, other), r in zip(CORRELATED, p.correlation, strict=True):
        assert np.corrcoef(logarithms[one], logarithms[other])[0, 1] == pytest.approx(float(r), abs=0.02)


def test_genotypes_are_in_hardy_weinberg_proportions(model):
    p, q = model.population, float(model.population.met_frequency)
    release = np.asarray(drawn(model).release)
    shares = [(release == float(each)).mean() for each in p.release]
    np.testing.assert_allclose(shares, [(1 - q) ** 2, 2 * q * (1 - q), q**2], atol=0.01)
    assert len(shares) == len(GENOTYPES)


@pytest.fixture(scope="module")
def many(model):
    return cohort(read(DEFAULT), PATIENTS, chunk_size=8)


def test_a_patient_is_the_same_in_chunks_of_any_size(many):
    other = cohort(read(DEFAULT), PATIENTS // 2, chunk_size=5)
    for name in set(other.data) - {"sampling_weight"}:
        same = many.data[name].isel(patient=slice(PATIENTS // 2))
        np.testing.assert_allclose(other.data[name], same, rtol=1e-9, atol=1e-12)


@pytest.mark.long
def test_a_patient_is_the_same_in_a_program_for_more(many):
    other = cohort(read(DEFAULT), PATIENTS, chunk_size=CHUNK_SIZES[-1])
    for name in set(other.data) - {"sampling_weight"}:
        scale = np.abs(many.data[name].values).max()
        np.testing.assert_allclose(other.data[name], many.data[name], rtol=0, atol=1e-10 * scale, err_msg=name)


def test_a_cohort_is_spread_around_its_patient(many, reference_run):
    for hours in CHECKED:
        low, high = many.data.madrs.sel(arm="as given").sel(time=hours, method="nearest").quantile([0.1, 0.9], "patient").values
        assert low < reference_run.at(hours) < high
    before = many.data.madrs.isel(time=0, arm=0)
    assert 3 < float(before.std()) < 9


def alike(model):
    """The model in which patients differ in body alone, and have the typical circuit: as often as there are others, as programs expect."""
    p = model.population
    none = {"spread": 0 * p.spread, "severity": 0 * p.severity, "spread_of_effect": 0 * p.spread_of_effect, "release": 0 * p.release + 1}
    typical = jax.tree.map(jnp.broadcast_to, split_of(model.physiology), jax.tree.map(jnp.shape, model.circuits))
    return replace(model, population=replace(p, **none), circuits=typical)


def test_without_spread_a_patient_is_the_one_of_the_single_path(model):
    protocol = read(DEFAULT)
    found = cohort(protocol, 2, alike(model), chunk_size=8).data
    for number in (1, 2):
        alone = simulate(change(protocol, {"individual": number}))
        for hours in CHECKED:
            for arm, error in (("as given", 0.1), ("context", 1e-3)):
                now = found.madrs.sel(arm=arm).sel(patient=number, time=hours, method="nearest")
                assert float(now) == pytest.approx(alone.at(hours, arm), abs=error)
        # All along, each errs by less than a hundredth of its range.
        data, since = alone.data.sel(arm="as given"), alone.data.time.values - first_visit(protocol)
        for name in ("madrs", "spine_density", "habenula_burst_rate"):
            course = found.sel(patient=number) if name != "madrs" else found.sel(patient=number, arm="as given")
            expected = np.interp(found.time.values, since, data[name].values)
            np.testing.assert_allclose(course[name], expected, rtol=0, atol=1e-2 * np.ptp(data[name].values), err_msg=name)


def test_ratings_are_whole_points_around_the_patient(many):
    rated, meant = many.data.rated_madrs.values, many.data.madrs.values
    np.testing.assert_array_equal(rated, np.round(rated))
    assert 0 <= rated.min() <= rated.max() <= 60
    assert 2 < np.std(rated - meant) < 8


def test_who_feels_the_drug_is_rated_better_and_who_gets_none_is_not():
    # The same raters and the same fluctuation: what is left between the two is the drug's, and none without one.
    for name, patients in (("saline", 6), (DEFAULT, 6)):
        found = cohort(read(name), patients, chunk_size=8).data
        gap = found.rated_madrs.sel(arm="context") - found.rated_madrs.sel(arm="as given")
        if name == "saline":
            np.testing.assert_allclose(gap, 0, atol=1e-12)
        else:
            assert float(gap.sel(time=24.0, method="nearest").mean()) > 3


def test_a_dose_in_mg_does_not_go_with_weight_and_one_per_kg_does(model):
    def exposure(amount):
        dose = {"drug": "ketamine", "amount": amount, "route": "i.v. bolus"}
        protocol = check({"name": "given", "title": "Given", "doses": [dose], "horizon": "2 d"})
        p = alike(model)
        heavier = replace(p, population=replace(p.population, spread=p.population.spread.at[0].set(0.4)))
        found = cohort(protocol, 8, heavier, chunk_size=8).data.venous_ketamine_mass.max("time")
        return np.asarray(found)

    per_kilogram, fixed = exposure("0.5 mg/kg"), exposure("35 mg")
    # What a kilogram gets is the same for all; only bodies differ, and the same in both.
    assert np.std(np.log(fixed / per_kilogram)) > 0.2
    assert np.std(np.log(per_kilogram)) < 0.2


@pytest.mark.long
def test_gradient_of_a_cohort_agrees_with_finite_differences(model):
    protocol = read(DEFAULT)
    typical = Person.from_protocol(protocol, model)
    times, setup = cohort_setup(protocol, model, typical)
    node = len(times) // 2

    @eqx.filter_jit
    def mean(efficacy):
        p = replace(model, symptoms=replace(model.symptoms, offset=efficacy))
        return jnp.mean(patient_outcomes(p, typical, setup, jnp.arange(1, 5)).madrs[:, node])

    at, step = model.symptoms.offset, 1e-4
    _, slope = jax.jvp(mean, (at,), (jnp.ones(()),))
    finite = (mean(at + step) - mean(at - step)) / (2 * step)
    assert float(slope) == pytest.approx(float(finite), rel=1e-3)


@pytest.mark.parametrize(
    ("changed", "patients", "said"),
    [
        ({}, 0, "outside 1 to"),
        ({"condition": "healthy"}, 4, "depressed people"),
        ({"individual": 3}, 4, "one body"),
        ({"stress": 0.0}, 4, "patient.stress"),
    ],
)
def test_a_cohort_that_cannot_be_is_refused(changed, patients, said):
    with pytest.raises(InputError, match=said):
        cohort(change(read(DEFAULT), changed), patients, chunk_size=8)


def test_a_cohort_of_nobody_plausible_is_refused(model):
    with pytest.raises(InputError, match="plausible; choose one less extreme"):
        cohort(change(read(DEFAULT), {"madrs": 1.0}), 4, alike(model), chunk_size=8)


def test_relapse_counts_who_responded_and_fell_back(model):
    days = np.arange(0, 43)
    rated = np.full((4, len(days)), 30.0)
    rated[:3, days >= 1] = 10.0
    rated[1, days >= 14] = 25.0
    rated[2, (days >= 14) & (days < 18)] = 25.0
    data = xr.Dataset(
        {"rated_madrs": (("patient", "arm", "time"), rated[:, None]), "sampling_weight": ("patient", np.full(4, 0.25))},
        {"patient": range(4), "arm": ["as given"], "time": 24.0 * days},
    )
    protocol = change(read(DEFAULT), {})
    found = relapse(Cohort(protocol, data, 4), model.ratings)
    # The first stays well, the second relapses at two ratings, the third at one alone, the last never responded.
    assert found.responders == pytest.approx(0.75)
    assert found.relapsed == pytest.approx(1 / 3)
    assert found.median_time is None
    alone = relapse(Cohort(protocol, data.isel(patient=[1]).assign(share=("patient", [1.0])), 1), model.ratings)
    assert alone.median_time == pytest.approx(21 * 24.0)
    assert relapse(Cohort(protocol, data.sel(time=slice(0, 240)), 4), model.ratings) is None


def made_cohort(protocol, rated):
    """Rated once a day."""
    days, number = np.arange(rated.shape[1]), len(rated)
    data = xr.Dataset(
        {"rated_madrs": (("patient", "arm", "time"), rated[:, None]), "sampling_weight": ("patient", np.full(number, 1 / number))},
        {"patient": range(number), "arm": ["as given"], "time": 24.0 * days},
    )
    return Cohort(change(read(protocol), {}), data, number)


def test_symptoms_return_by_the_visits_of_trials(model):
    rated = np.full((5, 29), 30.0)
    rated[:4, 1:] = 10.0
    # The first falls back between two visits, the second on day 6 and stays so, the third later; the fourth stays well.
    rated[0, 9:11] = rated[1, 6:] = rated[2, 15:] = 25.0
    found = return_of_symptoms(made_cohort("ketamine-iv", rated), model.ratings)
    assert found.responders == pytest.approx(0.8)
    assert list(found.relapsed_by.values()) == pytest.approx([1 / 4, 2 / 4])
    assert found.median_time == 28 * 24.0
    short = return_of_symptoms(made_cohort("ketamine-iv", rated[:, :15]), model.ratings)
    assert list(short.relapsed_by) == [14 * 24.0]
    assert short.median_time is None
    assert return_of_symptoms(made_cohort("ketamine-iv", rated[:, :14]), model.ratings) is None
    assert return_of_symptoms(made_cohort("escitalopram", rated), model.ratings) is None
    # Twice a week after the last of six infusions, on day 11.
    later = np.concatenate([rated[:, :1], np.full((5, 11), 10.0), rated[:, 1:]], 1)
    several = return_of_symptoms(made_cohort("ketamine-iv-six", later), model.ratings)
    assert (several.doses, several.judged_at) == (6, 24.0)
    assert several.relapsed_by[28 * 24.0] == pytest.approx(2 / 4)
    assert several.median_time == 18 * 24.0


def test_a_cohort_stands_beside_what_trials_of_infusions_saw(model):
    rated = np.full((4, 29), 30.0)
    rated[:, 1:] = 10.0
    rated[0, 5:] = 25.0
    for protocol, rows in (("ketamine-iv", ("salloum2019.relapse_01", "salloum2019.relapse_05", "salloum2019.relapse_10")), ("saline", ())):
        here = made_cohort(protocol, rated)
        sentences = " ".join(
            afterwards(here.protocol, CohortSummary((), None, return_of_symptoms(here, model.ratings), None, 4.0, False), model.ratings)
        )
        assert ("25% by 14 d and 25% by 28 d" in sentences) == bool(rows)
        for row in rows:
            assert f"{evidence().target(row).value:g} %" in sentences


def test_a_summary_counts_patients_by_their_weights(model):
    weights = np.array([0.5, 0.3, 0.2])
    rated = [[[30.0, 10.0], [30.0, 30.0]], [[30.0, 15.0], [30.0, 15.0]], [[30.0, 29.0], [30.0, 29.0]]]
    by_arm = {name: (("patient", "arm", "time"), rated) for name in ("madrs", "rated_madrs")}
    others = {"spine_density": [[0.8, 0.9]] * 3, "lock": [[1.0, 0.0], [1.0, 0.5], [1.0, 1.0]]}
    variables = by_arm | {name: (("patient", "time"), values) for name, values in others.items()}
    along = {"patient": range(3), "arm": ["as given", "context"], "time": [0.0, 24.0]}
    data = xr.Dataset(variables | {"sampling_weight": ("patient", weights)}, along)
    summary = cohort_summary(Cohort(change(read("saline"), {}), data, 3), model.ratings)
    names = [visit.name for visit in summary.visits]
    assert (names[0], names[-1]) == ("before", "24 h")
    last = summary.visits[-1]
    assert (last.madrs.low, last.madrs.median, last.madrs.high) == (10.0, 10.0, 29.0)
    assert last.spine_density.median == pytest.approx(90)
    shares = (last.response, last.remission, last.context_response, last.unlocked)
    np.testing.assert_allclose(shares, [0.8, 0.5, 0.3, 0.5 + 0.3 * 0.5])
    assert summary.effective_size == pytest.approx(1 / np.sum(weights**2))
    assert summary.weighted
    assert summary.relapse is None
    assert summary.return_of_symptoms is None
    assert summary.dropout is None


def test_a_comparator_reaches_patients_by_their_exposure():
    found = cohort(read("midazolam"), 8, chunk_size=8).data
    individual_effects = jax.vmap(lambda n: random_effects(default_model().population, draw(jax.random.key(PATIENT_SEED), n)))(
        jnp.asarray(found.patient.values)
    )
    # Its dose goes with weight, its volume does not.
    share = (
        found.comparator_mass.sel(molecule="midazolam").values / (found.weight.values * np.asarray(individual_effects.exposure))[:, None]
    )
    assert float(found.comparator_mass.isel(time=-1).min()) >= 0
    np.testing.assert_allclose(share, np.broadcast_to(share[:1], share.shape), rtol=1e-9, atol=1e-12)
    assert share.max() > 0
    assert list(found.molecule.values) == ["midazolam"]


def test_leaving_moves_a_response_rate_by_how_leavers_count(model):
    days, number = np.arange(0, 43), 4000
    rated = np.full((number, len(days)), 30.0)
    # Half respond after two weeks.
    rated[: number // 2, days >= 14] = 10.0
    data = xr.Dataset(
        {"rated_madrs": (("patient", "arm", "time"), rated[:, None]), "sampling_weight": ("patient", np.full(number, 1 / number))},
        {"patient": range(number), "arm": ["as given"], "time": 24.0 * days},
    )
    p, protocol = model.ratings, change(read("saline"), {})
    found = dropout(Cohort(protocol, data, number), p)
    # Hazard by hand: that of no change for everybody for two weeks, and of a fall by two thirds for responders thereafter.
    steady = -np.log1p(-float(p.dropout)) / float(p.dropout_by) * 24
    stay = np.exp(-steady * np.array([14 + 28 * np.exp(-2 / 3 * float(p.dropout_slope)), 42]))
    assert found.follow_up == 42 * 24
    assert found.without_dropout == pytest.approx(0.5)
    assert found.dropped_out == pytest.approx(1 - stay.mean(), abs=0.02)
    assert found.completers == pytest.approx(stay[0] / stay.sum(), abs=0.02)
    assert found.non_responder_imputation == pytest.approx(stay[0] / 2, abs=0.02)
    # Who leaves before they respond carries a failure forward, who leaves later carries a response.
    assert found.last_observation_carried_forward == pytest.approx(np.exp(-steady * 14) / 2, abs=0.02)
    assert dropout(Cohort(protocol, data.sel(time=slice(0, 240)), number), p) is None


def test_correlations_that_nobody_can_have_are_refused(model):
    from euthymia.population.patients import check_population

    check_population(model.population)
    with pytest.raises(InputError, match="no people have these correlations"):
        check_population(replace(model.population, correlation=jnp.array([0.3, 1.2])))
    with pytest.raises(InputError, match="below 0"):
        check_population(replace(model.population, severity=jnp.asarray(-1.0)))


def test_processes_share_a_cohort_without_changing_it(many):
    shared = cohort(read(DEFAULT), PATIENTS, chunk_size=8, processes=2)
    for name in many.data.data_vars:
        np.testing.assert_allclose(shared.data[name], many.data[name], rtol=1e-12, atol=1e-12)
    assert (shared.drawn, list(shared.data.patient.values)) == (many.drawn, list(many.data.patient.values))


def test_a_cohort_is_like_the_table_or_refused(many):
    like = [baseline_target("madrs=30..40"), baseline_target("madrs=35:2")]
    found = cohort(read(DEFAULT), PATIENTS, chunk_size=8, like=like)
    baseline = found.rated.values[:, 0]
    assert (baseline >= 30).all()
    assert (baseline <= 40).all()
    assert found.weights @ baseline == pytest.approx(35, abs=0.01)
    assert found.drawn > many.drawn
    with pytest.raises(InputError, match="within the limits"):
        cohort(read(DEFAULT), 2, chunk_size=8, like=[baseline_target("madrs=58..59")])
