"""Relapse of responders: what is expected is what counting gives, within the limits that a share has."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from euthymia.core.constants import DAY
from euthymia.trials.published import FollowUp, TrialOutcome, published_trials
from euthymia.trials.relapse_statistics import (
    FollowedCourse,
    RatedCourse,
    expected_relapse,
    follow_up_times,
    followed,
    relapse_distribution,
    relapse_times,
    sample_relapse,
)

PATIENTS = 40_000
AFTER_ONE_INFUSION = FollowUp(judged_at="3 d", ratings=("5 d", "7 d", "14 d"))
DAILY = FollowUp(judged_at="230 min", ratings=("1 d", "4 d", "9 d", "16 d", "28 d"), daily=True, improvement=0.25, in_a_row=2)
FOLLOW_UPS = {"a total, once": AFTER_ONE_INFUSION, "a loss of improvement, twice": DAILY}


def course_of(follow_up, patients=PATIENTS):
    """People who get better by all degrees, and worse again at all speeds."""
    random = np.random.default_rng(0)
    baseline = np.clip(random.normal(33, 6, patients), 10, 58)
    gained, back = random.uniform(0, 1, patients), random.exponential(10 * DAY, patients)

    def at(time):
        return baseline * (1 - gained * np.exp(-time / back))

    ratings = np.stack([at(time) for time in follow_up.ratings], -1)
    return followed(follow_up, jnp.asarray(baseline), jnp.asarray(at(follow_up.judged_at)), jnp.asarray(ratings))


def heard(p, course, random):
    sd, step = float(p.rater_sd), float(p.step)
    return RatedCourse(*(np.clip(step * np.round((np.asarray(of) + sd * random.standard_normal(of.shape)) / step), 0, 60) for of in course))


@pytest.mark.parametrize("follow_up", FOLLOW_UPS.values(), ids=FOLLOW_UPS)
@pytest.mark.parametrize(("kind", "close"), [("relapse", 1.5), ("mean time to relapse", 0.25)])
def test_what_is_expected_is_the_table_of_many_patients(follow_up, kind, close, model):
    course = course_of(follow_up)
    table = sample_relapse(model.ratings, kind, follow_up, heard(model.ratings, course, np.random.default_rng(1)))
    assert float(expected_relapse(model.ratings, kind, follow_up, course).value) == pytest.approx(table, abs=close)


@pytest.mark.parametrize("follow_up", FOLLOW_UPS.values(), ids=FOLLOW_UPS)
def test_without_errors_of_raters_it_is_counting(follow_up, model):
    # Even totals, a little beside every cut.
    p = replace(model.ratings, rater_sd=jnp.asarray(1e-7))
    course = FollowedCourse(*(jnp.round(of / 2) * 2 + 0.01 for of in course_of(follow_up, 2000)))
    rated = RatedCourse(*(np.round(np.asarray(of)) for of in course))
    for kind in ("relapse", "mean time to relapse"):
        expected = float(expected_relapse(p, kind, follow_up, course).value)
        assert expected == pytest.approx(sample_relapse(p, kind, follow_up, rated), abs=1e-6)


@pytest.mark.parametrize("follow_up", FOLLOW_UPS.values(), ids=FOLLOW_UPS)
def test_relapse_is_a_share_that_grows_from_rating_to_rating(follow_up, model):
    at_rating = np.asarray(relapse_distribution(model.ratings, follow_up, course_of(follow_up, 500)))
    assert (at_rating >= 0).all()
    assert 0 < at_rating.sum() < 1
    assert (at_rating[: follow_up.in_a_row - 1] == 0).all()


@pytest.mark.parametrize("follow_up", FOLLOW_UPS.values(), ids=FOLLOW_UPS)
def test_who_stays_well_never_relapses_and_who_falls_back_does(follow_up, model):
    baseline, well = jnp.full(5, 36.0), jnp.full(5, 4.0)
    ratings = jnp.ones((5, len(follow_up.ratings)))
    stays, falls = (followed(follow_up, baseline, well, level * ratings) for level in (4.0, 45.0))
    end = (follow_up_times(follow_up)[-1] - follow_up.counted_from) / DAY
    assert float(expected_relapse(model.ratings, "relapse", follow_up, stays).value) == pytest.approx(0, abs=1e-4)
    assert float(expected_relapse(model.ratings, "mean time to relapse", follow_up, stays).value) == pytest.approx(end, abs=1e-3)
    assert float(expected_relapse(model.ratings, "relapse", follow_up, falls).value) == pytest.approx(100, abs=0.1)
    first = (follow_up_times(follow_up)[0] - follow_up.counted_from) / DAY
    assert float(expected_relapse(model.ratings, "mean time to relapse", follow_up, falls).value) == pytest.approx(first, abs=0.05)


def test_patients_count_by_their_chance_of_having_responded(model):
    # One who hardly responds relapses, one who surely does stays well.
    baseline, judged = jnp.array([36.0, 36.0]), jnp.array([22.0, 4.0])
    course = FollowedCourse(baseline, judged, jnp.array([[30.0] * 3, [4.0] * 3]))
    p = model.ratings
    chance = stats.norm.cdf((18 + 0.25 - 22) / (float(p.rater_sd) * np.sqrt(1.25)))
    share = float(expected_relapse(p, "relapse", AFTER_ONE_INFUSION, course).value)
    assert share == pytest.approx(100 * chance / (chance + 1), abs=0.2)


def test_a_relapse_of_two_days_is_dated_to_the_first(model):
    times = follow_up_times(DAILY)
    assert len(times) == 28
    ratings = np.full((3, 28), 10.0)
    ratings[0, 4:] = 35.0
    ratings[1, 4] = 35.0
    rated = RatedCourse(np.full(3, 36.0), np.full(3, 10.0), ratings)
    np.testing.assert_array_equal(relapse_times(model.ratings, DAILY, rated), [5 * DAY, np.inf, np.inf])
    assert sample_relapse(model.ratings, "relapse", DAILY, rated) == pytest.approx(100 / 3)
    assert sample_relapse(model.ratings, "mean time to relapse", DAILY, rated) == pytest.approx((5 + 28 + 28) / 3)
    assert np.isnan(sample_relapse(model.ratings, "relapse", DAILY, rated._replace(judged=np.full(3, 36.0))))


def test_a_share_of_relapse_has_the_derivative_of_finite_differences(model):
    course = course_of(DAILY, 50)

    def share(worse):
        moved = course._replace(ratings=course.ratings + worse)
        return expected_relapse(model.ratings, "relapse", DAILY, moved).value

    slope, step = jax.grad(share)(0.0), 1e-4
    assert float(slope) > 0
    assert float(slope) == pytest.approx(float(share(step) - share(-step)) / (2 * step), rel=1e-5)


def test_published_times_are_read_as_what_is_true_at_them():
    observed = {observation.target: observation for trial in published_trials().trials for observation in trial.observations}
    assert observed["murrough2013b.relapse_med"].observed == 50
    assert observed["kishimoto2016.off"].observed == 0
    assert observed["salloum2019.relapse_01"].observed == 80
    assert observed["salloum2019.response"].sides == [("ketamine 0.1 mg/kg", "ketamine 0.5 mg/kg", "ketamine 1 mg/kg")]
    assert TrialOutcome(target="x", arm="y", against="z", at="1 d", statistic="difference").sides == [("y",), ("z",)]
