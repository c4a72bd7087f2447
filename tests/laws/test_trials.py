"""Trials: their records are whole, their statistics are those of a table, and fits and predictions obey their definitions."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from euthymia.clinic.ratings import hamd
from euthymia.clinic.symptoms import baseline_items, item_ratings
from euthymia.core.errors import InputError
from euthymia.core.normal import Z_90, Z_95
from euthymia.core.parameters import declared, rows_of
from euthymia.evidence.registry import evidence
from euthymia.inference.coordinates import FITTED, prior, scale_of, values_at
from euthymia.inference.likelihood import Moments, log_likelihoods, trial_data
from euthymia.inference.prediction import PosteriorPrediction, interval_score
from euthymia.model.default import model_at
from euthymia.model.parameters import Euthymia
from euthymia.population.setup import context_strength
from euthymia.population.weighting import balancing_weights, baseline_target, effective_sample_size
from euthymia.trials.arm_statistics import (
    MadrsPair,
    RatedPair,
    cut_on_madrs,
    expected_statistic,
    remission_probability,
    response_probability,
    sample_statistic,
)
from euthymia.trials.expected import prediction_targets, severity_sd, solve_ensemble
from euthymia.trials.meta_analysis import PooledEstimate, TrialEstimate, between_trial_sd, meta_analyses, pooled_estimate
from euthymia.trials.published import (
    BETWEEN_ARMS,
    REMISSION,
    RemissionCut,
    Trial,
    TrialArm,
    TrialOutcome,
    calibration_numbers,
    check_trial,
    published_trials,
)
from euthymia.trials.sampling_error import standard_error
from euthymia.validation.scores import contrasts

PATIENTS = 40_000


@pytest.fixture(scope="module")
def madrs():
    """Before and at a visit, in an active arm and a control."""
    random = np.random.default_rng(0)
    before = np.clip(random.normal(35, 5, (2, PATIENTS)), 10, 58)
    now = before * stats.logistic.cdf(random.normal([[0.2], [1.0]], 1.2, (2, PATIENTS)))
    return [MadrsPair(jnp.asarray(b), jnp.asarray(n)) for b, n in zip(before, now, strict=True)]


def heard(p, arm, random):
    step = float(p.step)
    return RatedPair(
        *(
            np.clip(step * np.round((np.asarray(madrs) + float(p.rater_sd) * random.standard_normal(len(madrs))) / step), 0, 60)
            for madrs in arm
        )
    )


@pytest.mark.parametrize(
    ("kind", "close"),
    [
        ("change", 0.15),
        ("score", 0.15),
        ("response", 1.0),
        ("remission", 1.0),
        ("remission difference", 1.2),
        ("HAM-D change", 0.15),
        ("difference", 0.2),
        ("effect", 0.03),
        ("benefit", 0.03),
        ("response difference", 1.2),
        ("response odds ratio", 0.15),
        ("HAM-D difference", 0.2),
    ],
)
def test_a_smooth_statistic_is_that_of_a_table_of_many_patients(kind, close, madrs, model):
    random = np.random.default_rng(1)
    two, cut = kind in BETWEEN_ARMS, RemissionCut(scale="MADRS", highest=12) if kind in REMISSION else None
    active, control = madrs[0], madrs[1] if two else None
    table = sample_statistic(
        model.ratings, kind, heard(model.ratings, active, random), heard(model.ratings, control, random) if two else None, cut
    )
    assert float(expected_statistic(model.ratings, kind, active, control, cut).value) == pytest.approx(table, abs=close)


def test_a_test_of_significance_has_the_share_of_trials_that_find_something(madrs, model):
    random, p, size = np.random.default_rng(3), model.ratings, 12
    active, control = (heard(p, arm, random) for arm in madrs)
    trials = range(0, 600 * size, size)
    samples = ([RatedPair(*(ratings[at : at + size] for ratings in arm)) for at in trials] for arm in (active, control))
    share = np.mean([sample_statistic(p, "significant difference", *arms) for arms in zip(*samples, strict=True)])
    expected = expected_statistic(p, "significant difference", *madrs, None, (size, size))
    assert float(expected.value) == pytest.approx(share, abs=0.06)


def test_a_cut_of_remission_on_the_hamilton_scale_is_linked(model):
    assert float(cut_on_madrs(model.ratings, RemissionCut(scale="HAM-D", highest=10))) == pytest.approx(13)
    assert float(cut_on_madrs(model.ratings, RemissionCut(scale="MADRS", highest=10))) == 10
    with pytest.raises(ValueError, match="is stated"):
        cut_on_madrs(model.ratings, None)


@pytest.mark.parametrize("kind", ["change", "HAM-D change", "score"])
def test_spread_includes_raters_on_the_scale_that_is_stated(kind, madrs, model):
    table = heard(model.ratings, madrs[0], np.random.default_rng(2))
    if kind == "HAM-D change":
        table = [np.asarray(hamd(model.ratings, jnp.asarray(madrs))) for madrs in table]
    expected = np.std(table[1] if kind == "score" else table[1] - table[0])
    assert float(expected_statistic(model.ratings, kind, madrs[0], None).sd) == pytest.approx(expected, rel=0.015)


def test_a_published_spread_before_treatment_is_that_of_ratings(model):
    p, ratings = model.symptoms, model.ratings
    random = np.random.default_rng(3)
    madrs = 33 + float(severity_sd(model, jnp.asarray(33.0), jnp.asarray(8.0))) * random.standard_normal(PATIENTS)
    shift = -float(ratings.fluctuation_sd) * random.standard_normal(PATIENTS)
    rated = jax.vmap(lambda m, s: item_ratings(p, baseline_items(p, m), jnp.full(10, s)).sum())(jnp.asarray(madrs), jnp.asarray(shift))
    rated = np.asarray(rated) + float(ratings.rater_sd) * random.standard_normal(PATIENTS)
    # To first order in what fluctuates.
    assert rated.std() == pytest.approx(8.0, rel=0.06)
    assert float(severity_sd(model, jnp.asarray(33.0), jnp.asarray(2.0))) == pytest.approx(0.6)


def test_shares_become_steps_when_raters_do_not_err(model):
    p = replace(model.ratings, rater_sd=jnp.asarray(1e-6))
    before, now = jnp.full(3, 30.0), jnp.array([15.2, 15.3, 29.0])
    np.testing.assert_allclose(response_probability(p, before, now), [1, 0, 0], atol=1e-9)
    cut = float(p.remission)
    np.testing.assert_allclose(remission_probability(p, p.remission, jnp.array([cut, cut + 0.4, cut + 0.6])), [1, 1, 0], atol=1e-9)


def test_every_number_of_a_trial_is_answered_once_or_has_a_reason():
    named = [name for trial in published_trials().trials for name in [*(each.target for each in trial.observations), *trial.unanswered]]
    assert len(named) == len(set(named))
    for trial in published_trials().trials:
        assert trial.role in ("calibrate", "validate")


def test_regimens_are_protocols():
    for regimen in published_trials().regimens:
        assert published_trials().protocol(regimen).doses


def test_what_is_held_out_is_never_fitted():
    fitted = {each.target for _, each in calibration_numbers()}
    assert fitted
    for name in fitted:
        assert evidence().target(name).role == "calibrate"
        assert evidence().target(name).provenance == "read"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("daly2018.84_madrs_24h", "role validate"),
        ("murough2013.madrs_24h", "did you mean murrough2013"),
        ("daly2019.hr_rem", "relapse"),
        ("meyer2004.escitalopram", "there is no"),
        ("wilkinson2019.dm", "counted already"),
    ],
)
def test_a_row_that_may_not_be_fitted_is_refused_by_name(row, words):
    with pytest.raises(InputError, match=words) as caught:
        calibration_numbers((row,))
    assert "\n" not in str(caught.value)


def test_no_fitted_row_was_read():
    known = {row for _, field in declared(Euthymia) for row in rows_of(field)}
    for row in FITTED:
        assert row in known
        assert prior(row).value(jnp.zeros(())) == pytest.approx(evidence().parameters[row].value)
    with pytest.raises(InputError, match="was read"):
        prior("symptoms.item_maximum")


def test_standard_errors_are_the_textbook_ones():
    of = {each.target: (trial, each) for role in ("calibrate", "validate") for trial, each in published_trials().observed(role)}

    def error(name):
        return standard_error(of[name][1], of[name][0])

    assert error("murrough2013.madrs_24h") == pytest.approx(11 / np.sqrt(47))
    assert error("zarate2006.effect_24h") == pytest.approx((2.01 - 0.91) / (2 * Z_95))
    p = (0.03 * 33 + 2) / 37
    assert error("daly2018.placebo_resp_24h") == pytest.approx(100 * np.sqrt(p * (1 - p) / 33))


def test_normal_quantiles_hold_their_intervals():
    np.testing.assert_allclose(stats.norm.cdf([Z_90, Z_95]), [0.95, 0.975], rtol=1e-14)


def test_the_model_with_the_values_of_the_evidence_is_the_model(model):
    same = model_at({row: jnp.asarray(evidence().calibrated[row]) for row in FITTED})
    for one, other in zip(jax.tree.leaves(same), jax.tree.leaves(model), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    hours = model_at({"context.waning_time": jnp.asarray(2.0)}).symptoms.visit_waning
    assert float(hours) == pytest.approx(48.0)


def test_the_likelihood_is_that_of_a_normal_with_shared_effects(model):
    targets = prediction_targets(calibration_numbers())
    data, random = trial_data(targets), np.random.default_rng(3)
    n, p = len(data.value), model.trial_differences
    same = np.asarray(data.trial)[:, None] == np.asarray(data.trial)
    spread = random.normal(size=(2, n))
    shared = same * (spread.T @ spread)
    predicted = Moments(data.value + random.normal(size=n), data.sd + 1, jnp.asarray(shared))
    found = np.asarray(log_likelihoods(data, p, predicted))
    unit = float(p.discrepancy) * np.asarray(data.unit)
    for index in range(len(data.pools)):
        of = np.flatnonzero(np.asarray(data.trial) == index)
        covariance = np.diag(np.asarray(data.error)[of] ** 2 + unit[of] ** 2) + shared[np.ix_(of, of)]
        of_values = stats.multivariate_normal(np.asarray(predicted.value)[of], covariance).logpdf(np.asarray(data.value)[of])
        with_sd = of[np.isfinite(np.asarray(data.sd)[of])]
        sd_error = np.sqrt(np.asarray(data.sd_error)[with_sd] ** 2 + (unit[with_sd] / 2) ** 2)
        of_sds = stats.norm(0, sd_error).logpdf(1.0).sum()
        constant = -0.5 * (len(of) + len(with_sd)) * np.log(2 * np.pi)
        assert found[index] + constant == pytest.approx(of_values + of_sds, rel=1e-9)


def test_coordinates_are_sds_of_the_prior():
    moved = values_at(FITTED, jnp.ones(len(FITTED)))
    for row, value in moved.items():
        one, to = prior(row), scale_of(row).to
        assert to(float(value)) - to(evidence().parameters[row].value) == pytest.approx(one.sd)


def test_the_interval_score_punishes_width_and_misses():
    assert interval_score(0.0, 2.0, 1.0) == pytest.approx(2)
    assert interval_score(0.0, 2.0, 3.0) == pytest.approx(2 + 20 * 1)
    # Proper: the quantiles of the truth score best on average.
    truth = np.random.default_rng(4).standard_normal(20_000)

    def mean(half):
        return np.mean([interval_score(-half, half, float(value)) for value in truth])

    assert mean(1.645) < min(mean(1.2), mean(2.2))


def test_a_meta_analysis_is_that_of_dersimonian_and_laird():
    value, error = np.array([1.0, 3.0, 2.0, 5.0]), np.array([0.5, 0.4, 0.6, 0.5])
    w = 1 / error**2
    q = (w * (value - (w * value).sum() / w.sum()) ** 2).sum()
    tau = np.sqrt(max(0, (q - 3) / (w.sum() - (w**2).sum() / w.sum())))
    estimates = [TrialEstimate(*pair) for pair in zip(value.tolist(), error.tolist(), strict=True)]
    assert between_trial_sd([estimates]) == pytest.approx(tau)
    w = 1 / (error**2 + tau**2)
    assert pooled_estimate(estimates, tau) == pytest.approx(PooledEstimate((w * value).sum() / w.sum(), 1 / np.sqrt(w.sum()), tau))
    assert between_trial_sd([[TrialEstimate(1.0, 1.0), TrialEstimate(1.0, 1.0)]]) == 0


def test_a_meta_analysis_knows_calibration_trials_alone():
    pools = meta_analyses().pools
    assert pools
    trial, other = (next(each for each in published_trials().trials if each.name == name) for name in ("Daly 2018", "Murrough 2013"))
    low, high = meta_analyses().prediction_interval(
        trial, next(each for each in trial.observations if each.target == "daly2018.84_madrs_24h")
    )
    assert low < high
    assert low < other.observations[0].row.value < high


def test_a_benefit_is_an_effect_with_the_other_sign_for_a_meta_analysis_too():
    trial = next(each for each in published_trials().trials if each.name == "Zarate 2006")
    benefit = next(each for each in trial.observations if each.statistic == "benefit")
    low, high = meta_analyses().prediction_interval(trial, benefit)
    effect = benefit.model_copy(update={"statistic": "effect"})
    assert meta_analyses().prediction_interval(trial, effect) == pytest.approx((-high, -low))
    assert low < benefit.observed < high


PEOPLE = {"madrs": np.random.default_rng(5).normal(33, 6, 2000), "weight": np.random.default_rng(6).lognormal(np.log(75), 0.2, 2000)}


def test_weights_match_a_table_and_are_even_where_nothing_is_to_match():
    found = balancing_weights(PEOPLE, [baseline_target("madrs=37.4:5.6"), baseline_target("weight=80:12")])
    for name, mean, sd in (("madrs", 37.4, 5.6), ("weight", 80, 12)):
        middle = found @ PEOPLE[name]
        assert middle == pytest.approx(mean, abs=0.01 * sd)
        assert np.sqrt(found @ (PEOPLE[name] - mean) ** 2) == pytest.approx(sd, rel=0.01)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    own = balancing_weights(PEOPLE, [baseline_target(f"madrs={PEOPLE['madrs'].mean()}:{PEOPLE['madrs'].std()}")])
    assert effective_sample_size(own) == pytest.approx(2000, rel=1e-3)


def test_selection_leaves_out_and_counts_the_rest_alike():
    found = balancing_weights(PEOPLE, [baseline_target("madrs=28..60")])
    inside = PEOPLE["madrs"] >= 28
    np.testing.assert_allclose(found, inside / inside.sum())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("madrs", "is not NAME="),
        ("madrs=", "is not NAME="),
        ("madrs=a:b", "is not NAME="),
        ("madrs=1:2:3", "is not NAME="),
        ("madrs=nan", "is not NAME="),
        ("mardrs=30:5", "did you mean madrs"),
        ("madrs=60..28", "crossed"),
        ("madrs=30:0", "above 0"),
        ("madrs=100..200", "none of 2000 patients"),
        ("madrs=59:1", "no weights"),
        ("madrs=200:5", "no weights"),
    ],
)
def test_a_table_that_cannot_be_met_is_one_line(text, words):
    with pytest.raises(InputError, match=words) as caught:
        balancing_weights(PEOPLE, [baseline_target(text)])
    assert "\n" not in str(caught.value)


def test_an_open_label_has_its_own_context_and_nobody_left_to_unblind(model):
    open_arms = [arm for trial in published_trials().trials for arm in trial.arms.values() if arm.context == "open label"]
    assert open_arms
    assert float(context_strength(model.symptoms, "open label").masked) == 0
    assert float(context_strength(model.symptoms, "none").masked) == 0
    assert float(context_strength(model.symptoms, "midazolam").masked) == 1
    # Its visits are its own; weeks of treatment may be those of another context.
    sprays = context_strength(model.symptoms, "open label", "placebo spray")
    assert float(sprays.visit) == float(context_strength(model.symptoms, "open label").visit)
    np.testing.assert_array_equal(sprays.course, context_strength(model.symptoms, "placebo spray").course)


def test_an_arm_says_which_visits_it_has():
    arm = TrialArm(takes="a", visits="b", context="saline")
    assert arm.attends == "b"
    assert TrialArm(takes="a", context="saline").attends == "a"
    with pytest.raises(ValueError, match="has no unit"):
        TrialOutcome(target="x", arm="y", at=24, statistic="change")


def test_contrasts_are_differences_of_differences_between_trials():
    known = published_trials()
    pairs = [*known.observed("validate"), *known.contrasted()]
    rows = [PosteriorPrediction(trial, each, 0.0, 0.0, 0.0, np.full(3, 2 * each.row.value), None) for trial, each in pairs]
    found = contrasts(rows)
    assert {each.kind for each in found} == {"dose", "masking", "population"}
    for each in found:
        assert each.predicted == pytest.approx(2 * each.observed)
        assert each.agrees
    # ASPIRE-1 over Daly 2018, 84 mg over placebo.
    assert next(each for each in found if "ASPIRE-1" in each.what).observed == pytest.approx(-3.8 - (-16.4 - -5.7))
    # A draw of one number belongs to the same draw of the others.
    by_turns = [replace(row, draws=np.arange(3.0) + row.draws) for row in rows]
    assert all(each.low == pytest.approx(each.high) for each in contrasts(by_turns) if "Janik" in each.what)
    named = {row for each in known.contrasts for row in (*each.first, *each.second)}
    assert named <= {each.observation.target for each in rows}


def test_arms_without_a_drug_are_answered_by_themselves(model):
    targets = prediction_targets(calibration_numbers(("singh2016.madrs_15d_saline",)))
    solved = solve_ensemble(targets, model, 16)
    expected = targets.expected(model, solved, targets.expected_effects(model.trial_differences))
    assert np.isfinite(float(expected.value[0]))
    assert float(expected.value[0]) < 0


ARM = {"takes": "infusion", "context": "saline"}


def test_a_trial_without_a_baseline_is_refused():
    trial = Trial(name="Nobody 2030", arms={"ketamine": TrialArm(**ARM)}, observations=())
    with pytest.raises(InputError, match="Nobody 2030: arm ketamine needs a `baseline`"):
        trial.baseline_of("ketamine")


def test_a_remission_without_its_cut_is_refused():
    outcome = TrialOutcome(target="salloum2019.remission", arm="ketamine", at="3 d", statistic="remission")
    baseline = {"mean": 33, "sd": 6, "provenance": "assumed"}
    trial = Trial(name="Nobody 2030", baseline=baseline, arms={"ketamine": TrialArm(**ARM)}, observations=(outcome,))
    with pytest.raises(ValueError, match="needs a `remission` cut"):
        check_trial(trial, published_trials())


def test_a_range_over_sites_is_no_interval():
    row = evidence().target("roose2004.sites")
    outcome = TrialOutcome(target=row.id, arm="ketamine", at="56 d", statistic="difference", against="ketamine")
    trial = Trial(name="Nobody 2030", arms={"ketamine": TrialArm(**ARM)}, observations=(outcome,))
    with pytest.raises(InputError, match="a range over"):
        standard_error(outcome, trial)
