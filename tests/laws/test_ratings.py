"""Ratings, outcomes, dropout and unblinding: laws between latent symptoms and a number in a trial."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rescaling import HOURLY, ONE

from euthymia.clinic.dropout import dropout_hazard, dropout_time, retention
from euthymia.clinic.outcomes import confirmed, first_time, remits, responds, stable_remission, stable_response, time_to_relapse, worsening
from euthymia.clinic.ratings import LEVELS, SPAN, fluctuation, hamd, rated
from euthymia.clinic.symptoms import context_strengths, remaining
from euthymia.clinic.unblinding import belief, believed_strength
from euthymia.core.constants import DAY, WEEK

KEY = jax.random.key(0)
WHO = jnp.arange(3)
MANY = 40_000

VISITS = (np.array([0.0, 160.0, 330.0, 1000.0]), "h")
COURSE = (np.array([35.0, 20.3, 22.0, 30.0]), "madrs_point")
WORSE = (np.array([0.0, -0.3, -0.5, 0.2]), ONE)

EQUATIONS = {
    "fluctuation": ("ratings", lambda p, t: fluctuation(p, KEY, WHO[:, None], t), [VISITS], ONE),
    "rated": ("ratings", lambda p, t, y: rated(p, KEY, WHO[:, None], t, y), [VISITS, COURSE], "madrs_point"),
    "HAM-D": ("ratings", hamd, [COURSE], "hamd_point"),
    "worsening": ("ratings", lambda p, baseline, rating: worsening(baseline, rating), [(37.0, "madrs_point"), COURSE], ONE),
    "response": ("ratings", responds, [(35.0, "madrs_point"), COURSE], ONE),
    "remission": ("ratings", lambda p, y: remits(p.hamd_remission, y), [(np.array([6.0, 8.0]), "hamd_point")], ONE),
    "stable remission": ("ratings", stable_remission, [(np.array([13.0, 11.0, 9.0, 11.0]), "madrs_point")], ONE),
    "stable response": ("ratings", stable_response, [(35.0, "madrs_point"), (np.array([20.0, 20, 17, 13]), "madrs_point")], ONE),
    "confirmed": ("ratings", lambda p, t: confirmed(p, t, jnp.array([True, True, True, True])), [VISITS], ONE),
    "first time": ("ratings", lambda p, t: first_time(t, jnp.array([False, True, True, False])), [VISITS], "h"),
    "time to relapse": (
        "ratings",
        time_to_relapse,
        [VISITS, (np.array([10.0, 23, 24, 10]), "madrs_point"), (np.zeros(()), "h")],
        "h",
    ),
    "belief": ("ratings", belief, [(0.3, ONE)], ONE),
    "strength of a visit": ("ratings", believed_strength, [(0.4, ONE), (0.3, ONE), (1.0, ONE)], ONE),
    "hazard of dropout": ("ratings", dropout_hazard, [WORSE], HOURLY),
    "retention": ("ratings", retention, [VISITS, WORSE], ONE),
    "time of dropout": (
        "ratings",
        lambda p, t, w: dropout_time(p, KEY, WHO, t, jnp.broadcast_to(w, (3, 4))),
        [VISITS, (np.full(4, 2.0), ONE)],
        "h",
    ),
}


@pytest.fixture
def p(model):
    return model.ratings


def test_fluctuation_is_the_stationary_process_at_any_spacing(p):
    # Ten minutes, an hour, a day, weeks, and before the first dose: one law, whatever the steps between.
    t = jnp.array([-5 * WEEK, 0.0, 1 / 6, 1.0, DAY, 2 * WEEK, 7 * WEEK, 60 * WEEK])
    x = np.asarray(fluctuation(p, KEY, jnp.arange(MANY)[:, None], t))
    variance, correlation = p.fluctuation_sd**2, np.exp(-np.abs(t[:, None] - t) / p.fluctuation_time)
    error = 1 / np.sqrt(MANY)
    np.testing.assert_allclose(x.mean(0), 0, atol=4 * p.fluctuation_sd * error)
    np.testing.assert_allclose(np.cov(x.T), variance * correlation, atol=6 * variance * error)
    np.testing.assert_allclose(np.mean(x**4, 0), 3 * variance**2, rtol=0.1)


def test_a_step_is_the_exact_transition_and_the_past_adds_nothing(p):
    t = jnp.array([0.0, 0.3, 0.7, 1.3, 100.0, 130.0, 900.0])
    x = np.asarray(fluctuation(p, KEY, jnp.arange(MANY)[:, None], t))
    kept = np.exp(-np.diff(t) / p.fluctuation_time)
    news = x[:, 1:] - kept * x[:, :-1]
    np.testing.assert_allclose(news.var(0), p.fluctuation_sd**2 * (1 - kept**2), rtol=0.04)
    whole = np.corrcoef(np.column_stack([x[:, 0], news]).T)
    np.testing.assert_allclose(whole, np.eye(len(t)), atol=5 / np.sqrt(MANY))


def test_a_patient_fluctuates_alike_in_any_company_and_at_any_set_of_visits(p):
    t = jnp.linspace(0.0, 12 * WEEK, 30)
    whole = fluctuation(p, KEY, jnp.arange(20)[:, None], t)
    in_chunks = jnp.concatenate([fluctuation(p, KEY, jnp.arange(a, a + 5)[:, None], t) for a in range(0, 20, 5)])
    np.testing.assert_allclose(in_chunks, whole, rtol=0, atol=1e-12)
    np.testing.assert_allclose(fluctuation(p, KEY, jnp.arange(20)[::-1, None], t[::3]), whole[::-1, ::3], rtol=0, atol=1e-12)
    np.testing.assert_allclose(fluctuation(p, KEY, jnp.asarray(7), t[11]), whole[7, 11], rtol=0, atol=1e-12)


def test_a_path_has_no_jumps(p):
    # Across the ends of drawing intervals at every level, and within one.
    last = SPAN * float(p.fluctuation_time) * 2.0 ** (1 - LEVELS)
    edges = jnp.array([0.0, 1.0, 5.0, 2.0**12]) * last
    step = 1e-9 * last
    across = fluctuation(p, KEY, WHO[:, None], edges + step) - fluctuation(p, KEY, WHO[:, None], edges - step)
    assert float(jnp.abs(across).max()) < 1e-5
    within = fluctuation(p, KEY, WHO[:, None], last * jnp.linspace(0, 1, 200))
    assert float(jnp.abs(jnp.diff(within)).max()) < 0.01
    assert last < 0.1


def test_a_mean_over_patients_has_a_slope_in_the_size_of_fluctuation(p):
    slopes = jax.grad(lambda p: jnp.sum(fluctuation(p, KEY, WHO, jnp.zeros(3)) ** 2))(p)
    assert all(bool(jnp.all(jnp.isfinite(slope))) for slope in jax.tree.leaves(slopes))
    assert float(slopes.fluctuation_sd) > 0


def test_trials_and_patients_and_what_is_drawn_for_them_are_independent(p):
    who = jnp.arange(MANY)
    zeros = jnp.zeros(MANY)
    drawn = np.stack(
        [
            *(fluctuation(p, jax.random.key(k), who, zeros) for k in range(2)),
            *(rated(p, KEY, who, zeros + t, zeros + 30) for t in (0.0, DAY)),
            dropout_hazard(p, zeros) * jnp.minimum(dropout_time(p, KEY, who, jnp.array([0.0, 1e5]), jnp.zeros((MANY, 2))), 1e5),
        ]
    )
    np.testing.assert_allclose(np.corrcoef(drawn), np.eye(5), atol=5 / np.sqrt(MANY))
    np.testing.assert_allclose(np.corrcoef(drawn[:, 1:], drawn[:, :-1])[:5, 5:], 0, atol=5 / np.sqrt(MANY))


def test_worse_is_up(model):
    p, shift = model.symptoms, jnp.asarray(1.0)
    assert float(remaining(p, shift - 0.5)) > float(remaining(p, shift))


def test_a_rater_errs_by_the_stated_spread_and_writes_whole_points_on_the_scale(p):
    y = rated(p, KEY, jnp.arange(MANY), jnp.zeros(MANY), jnp.full(MANY, 30.4))
    np.testing.assert_array_equal(y, jnp.round(y))
    assert float(y.mean()) == pytest.approx(30.4, abs=4 * 3 / np.sqrt(MANY))
    # Rounding to whole points adds the variance of an evenly spread remainder.
    assert float(y.var()) == pytest.approx(float(p.rater_sd) ** 2 + 1 / 12, rel=0.03)
    bounds = rated(p, KEY, jnp.arange(1000), jnp.zeros(1000), jnp.where(jnp.arange(1000) < 500, 0.0, 60.0))
    assert (float(bounds.min()), float(bounds.max())) == (0, 60)


def test_a_rating_belongs_to_its_patient_and_its_sitting(p):
    t, who = jnp.array([-WEEK, 0.0, 2.0, DAY]), jnp.arange(6)[:, None]
    y = rated(p, KEY, who, t, jnp.full((6, 4), 30.0))
    np.testing.assert_array_equal(rated(p, KEY, who[2:4], t[1:3], jnp.full((2, 2), 30.0)), y[2:4, 1:3])
    np.testing.assert_array_equal(rated(p, KEY, who, t + 1e-9, jnp.full((6, 4), 30.0)), y)
    assert len({tuple(row) for row in np.asarray(y)}) == 6
    assert len({tuple(row) for row in np.asarray(y).T}) == 4


def test_hamd_rises_with_madrs_from_end_to_end_and_meets_what_others_found(p):
    totals = hamd(p, jnp.linspace(0, 60, 241))
    assert jnp.all(jnp.diff(totals) > 0)
    assert (float(totals[0]), float(totals[-1])) == (0, 52)
    np.testing.assert_allclose(hamd(p, jnp.array([13.0, 26.0, 39.0])), [10, 20, 30])
    # Carmody et al. 2006 put a HAM-D of 7 at a MADRS of 8 or 9, Zimmerman et al. 2004 at 10 or 11.
    assert float(hamd(p, jnp.asarray(8.0))) < 7 < float(hamd(p, jnp.asarray(11.0)))
    # An equal share of improvement on both scales, below where they stretch.
    np.testing.assert_allclose(hamd(p, jnp.linspace(0, 39, 14)) * 1.3, jnp.linspace(0, 39, 14), atol=1e-12)


def test_response_and_remission_at_their_cuts(p):
    y = jnp.array([10.0, 11.0, 12.0, 13.0, 17.0, 18.0])
    np.testing.assert_array_equal(responds(p, jnp.asarray(34.0), y), [True, True, True, True, True, False])
    np.testing.assert_array_equal(remits(p.remission, y), [True, True, True, False, False, False])
    np.testing.assert_array_equal(remits(p.strict_remission, y), [True, False, False, False, False, False])
    assert not bool(responds(p, jnp.asarray(34.0), jnp.asarray(jnp.nan)))
    assert not bool(remits(p.remission, jnp.asarray(jnp.nan)))


@pytest.mark.parametrize(
    ("weekly", "remission", "response"),
    [
        ([12, 12, 12, 12], True, False),
        ([20, 8, 12, 12], True, False),
        ([8, np.nan, 12, 12], True, False),
        ([20, 20, 12, 12], False, True),
        ([8, 8, 13, 12], False, True),
        ([8, 8, 12, 18], False, False),
        ([30, 30, 17, 17], False, True),
    ],
)
def test_stability_before_a_maintenance_trial(p, weekly, remission, response):
    weekly = jnp.asarray(weekly, float)
    assert bool(stable_remission(p, weekly)) == remission
    assert bool(stable_response(p, jnp.asarray(34.0), weekly)) == response


@pytest.mark.parametrize(
    ("days", "madrs", "relapse"),
    [
        ([0, 7, 14, 21], [10, 22, 22, 10], 14),
        ([0, 7, 14, 21], [10, 22, 21, 30], np.inf),
        ([0, 7, 10, 21], [10, 30, 30, 30], 21),
        ([0, 4, 8, 12], [30, 30, 30, 30], np.inf),
        ([0, 5, 30, 45], [10, 30, 30, 30], 45),
        ([0, 7, 14, 21], [10, 30, np.nan, 30], np.inf),
        ([0, 7, 14, 21], [10, 10, 10, 30], np.inf),
        ([0, 7, 14, 21], [30, 10, 10, 30], np.inf),
    ],
)
def test_a_relapse_takes_two_ratings_neither_too_near_nor_too_far(p, days, madrs, relapse):
    t = jnp.asarray(days, float) * DAY
    assert float(time_to_relapse(p, t, jnp.asarray(madrs, float), jnp.zeros(()))) / DAY == pytest.approx(relapse)


def test_relapse_is_counted_from_remission(p):
    t = jnp.arange(8) * WEEK
    madrs = jnp.array([[35.0, 30, 12, 10, 23, 25, 25, 9], [35.0, 30, 28, 28, 28, 25, 25, 20]])
    since = first_time(t, remits(p.remission, madrs))
    np.testing.assert_array_equal(since, [2 * WEEK, np.inf])
    relapse = time_to_relapse(p, t, madrs, since)
    assert float(relapse[0]) == 3 * WEEK
    assert bool(jnp.isnan(relapse[1]))


def test_without_unblinding_or_without_dissociation_a_visit_is_what_it_was(model):
    p, D = model.ratings, jnp.linspace(0, 1, 11)
    for context in ("saline", "midazolam", "none"):
        strength, _ = context_strengths(model.symptoms, context)
        np.testing.assert_array_equal(believed_strength(p, strength, D, jnp.zeros(())), jnp.full(11, strength))
        assert float(believed_strength(p, strength, jnp.zeros(()), jnp.ones(()))) == float(strength)


def test_the_more_dissociation_the_surer_and_never_past_sure(p):
    D = jnp.linspace(0, 1, 101)
    assert jnp.all(jnp.diff(belief(p, D)) > 0)
    assert 0 == float(belief(p, D)[0]) < float(belief(p, D)[-1]) < 1
    gained = believed_strength(p, jnp.asarray(0.4), D, jnp.ones(())) - 0.4
    assert jnp.all(gained <= p.unblinding)


def test_who_does_not_change_drops_out_at_the_stated_rate(p):
    t, six = jnp.arange(7) * WEEK, jnp.array([6 * WEEK])
    still = retention(p, t, jnp.zeros(7))
    assert float(still[0]) == 1
    assert float(still[-1]) == pytest.approx(1 - float(p.dropout))
    coarse = retention(p, jnp.concatenate([jnp.zeros(1), six]), jnp.zeros(2))
    assert float(coarse[-1]) == pytest.approx(float(still[-1]))


@pytest.mark.parametrize(
    ("baseline", "changes", "left"), [(17.2, (-1.51, -2.70, -4.07, -5.14), 0.261), (18.6, (-1.82, -4.71, -6.79, -8.34), 0.238)]
)
def test_as_many_drop_out_as_in_the_trial_that_set_the_rate(p, baseline, changes, left):
    t = jnp.array([0.0, 1, 2, 4, 6]) * WEEK
    worse = worsening(jnp.asarray(baseline), baseline + jnp.array([0.0, *changes]))
    assert float(1 - retention(p, t, worse)[-1]) == pytest.approx(left, abs=0.01)


def test_who_gets_worse_drops_out_sooner(p):
    w = jnp.linspace(-1, 1, 21)
    rates = dropout_hazard(p, w)
    assert jnp.all(jnp.diff(rates) > 0)
    np.testing.assert_allclose(jnp.diff(jnp.log(rates)), p.dropout_slope * 0.1)


def test_times_of_dropout_are_drawn_from_that_hazard_and_belong_to_the_patient(p):
    t = jnp.array([0.0, 2, 4, 6]) * WEEK
    worse = jnp.broadcast_to(jnp.array([0.0, 0.5, -0.5, 0.0]), (MANY, 4))
    left = dropout_time(p, KEY, jnp.arange(MANY), t, worse)
    still_there = [float((left > visit).mean()) for visit in t]
    np.testing.assert_allclose(still_there, retention(p, t, worse[0]), atol=4 * 0.5 / np.sqrt(MANY))
    np.testing.assert_array_equal(dropout_time(p, KEY, jnp.array([5, 3]), t, worse[:2]), left[jnp.array([5, 3])])
    # Ratings after dropout do not change its time.
    later = dropout_time(p, KEY, jnp.arange(MANY), t, worse.at[:, 2].set(1.0))
    early = left <= t[2]
    np.testing.assert_array_equal(later[early], left[early])
    assert jnp.all(later[~early] <= left[~early])
