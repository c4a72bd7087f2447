from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.clinic.symptoms import (
    COURSE_CONTEXTS,
    EMPIRICAL_CONTEXTS,
    ITEMS,
    RESTORED,
    VISIT_CONTEXTS,
    Mechanisms,
    baseline_items,
    context_strengths,
    course_shift,
    full_normalisation,
    item_ratings,
    join,
    mechanism_shift,
    remaining,
    repaired,
    visit_shift,
)
from euthymia.protocols.vocabulary import CONTEXTS


@pytest.fixture
def p(model):
    return model.symptoms


def test_there_are_ten_items():
    assert len(ITEMS) == 10


@pytest.mark.parametrize("madrs", [0.0, 4.0, 20.0, 33.0, 45.0, 60.0])
def test_baseline_items_add_up_and_stay_on_the_scale(p, madrs):
    items = baseline_items(p, jnp.asarray(madrs))
    assert float(items.sum()) == pytest.approx(madrs, abs=1e-12)
    assert float(items.min()) >= 0
    assert float(items.max()) <= 6


def test_remaining_starts_at_all_and_falls_to_nothing(p):
    assert float(remaining(p, jnp.zeros(()))) == pytest.approx(1)
    values = remaining(p, jnp.linspace(-50, 800, 400))
    assert jnp.all(jnp.diff(values) <= 0)
    assert float(values[-1]) == 0


def test_full_normalisation_is_worth_the_healthy_total(p):
    assert float(remaining(p, full_normalisation(p)) * p.baseline.sum()) == pytest.approx(float(p.healthy_madrs), rel=1e-12)


def test_join_takes_the_larger_and_adds_little(p):
    P, K = jnp.meshgrid(jnp.linspace(0, 3, 13), jnp.linspace(0, 3, 13))
    s = join(p, P, K)
    np.testing.assert_allclose(s, join(p, K, P), rtol=1e-12)
    assert jnp.all(s >= jnp.maximum(P, K) - 1e-12)
    assert jnp.all(s <= jnp.maximum(P, K) * 2 ** (1 / p.join_exponent) + 1e-12)
    np.testing.assert_allclose(join(p, P, jnp.zeros_like(P)), P, rtol=1e-12)


def test_worsening_counts_in_full_and_nothing_is_lost_at_zero(p):
    assert float(join(p, jnp.asarray(0.4), jnp.asarray(-0.7))) == pytest.approx(0.4 - 0.7)
    for at in ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.5, -0.5)):
        slopes = jax.grad(lambda a, b: join(p, a, b), argnums=(0, 1))(*map(jnp.asarray, at))
        assert all(bool(jnp.isfinite(slope)) for slope in slopes)


def states(*values):
    return Mechanisms(*(jnp.asarray(value, float) for value in values))


HEALTHY, DEPRESSED = states(0, 1, 0.95, 1, 200, 1, 1, 0.26), states(0, 0.8, 0.75, 0.9, 160, 0.4, 0, 0.3)
BEYOND = states(5, 1.2, 1.2, 1.1, 250, 1.5, 1, 0.25)


def test_mechanisms_at_the_start_move_nothing(p):
    x = states(0.2, 0.8, 0.7, 0.9, 150, 0.5, 0.3, 0.29)
    np.testing.assert_array_equal(repaired(p, x, x, HEALTHY, DEPRESSED), np.zeros(len(ITEMS)))


def test_everything_restored_is_full_normalisation_and_nothing_is_worth_more(p):
    np.testing.assert_allclose(repaired(p, HEALTHY, DEPRESSED, HEALTHY, DEPRESSED), np.ones(len(ITEMS)), rtol=1e-12)
    np.testing.assert_allclose(repaired(p, BEYOND, DEPRESSED, HEALTHY, DEPRESSED), np.ones(len(ITEMS)), rtol=1e-12)


def test_mood_uses_a_share_of_repair_that_saturates_and_counts_damage_in_full(p):
    m, full = jnp.linspace(0, 1, 11)[:, None] * jnp.ones(len(ITEMS)), float(full_normalisation(p))
    half, all_of_it = mechanism_shift(p, jnp.asarray(0.5), m), mechanism_shift(p, jnp.asarray(1.0), m)
    np.testing.assert_allclose(half, all_of_it / 2, rtol=1e-12)
    closed = full * np.expm1(-float(p.repair_saturation) * np.asarray(m)) / np.expm1(-float(p.repair_saturation))
    np.testing.assert_allclose(all_of_it, closed, rtol=1e-12, atol=1e-15)
    # Items keep their proportions, nobody is taken beyond health, and a worsening does not depend on what mood uses.
    uneven = jnp.linspace(0, 0.4, len(ITEMS))
    moved = np.asarray(mechanism_shift(p, jnp.asarray(0.3), uneven))
    np.testing.assert_allclose(moved / moved[-1], uneven / uneven[-1], rtol=1e-12)
    assert float(mechanism_shift(p, jnp.asarray(1.0), 1.5 * jnp.ones(len(ITEMS))).max()) == pytest.approx(full)
    np.testing.assert_allclose(mechanism_shift(p, jnp.asarray(0.1), -0.2 * jnp.ones(len(ITEMS))), -0.2 * full)
    slope = jax.jacfwd(lambda share: mechanism_shift(p, jnp.asarray(0.5), share * jnp.ones(len(ITEMS))))(0.0)
    assert np.isfinite(slope).all()


def test_who_lacks_nothing_gains_nothing_but_can_lose(p):
    np.testing.assert_array_equal(repaired(p, BEYOND, HEALTHY, HEALTHY, DEPRESSED), np.zeros(len(ITEMS)))
    assert float(repaired(p, DEPRESSED, HEALTHY, HEALTHY, DEPRESSED).max()) < 0


@pytest.mark.parametrize("index", range(len(RESTORED)), ids=RESTORED)
def test_a_mechanism_moves_the_items_it_drives_and_no_other(p, index):
    improved = DEPRESSED._replace(**{RESTORED[index]: getattr(HEALTHY, RESTORED[index])})
    moved = repaired(p, improved, DEPRESSED, HEALTHY, DEPRESSED)
    np.testing.assert_allclose(moved, p.mechanism_weights[index] / p.mechanism_weights.sum(0), rtol=1e-12, atol=1e-15)


def test_every_item_has_its_drivers(p):
    assert float(p.mechanism_weights.sum(0).min()) > 0
    assert float(p.mechanism_weights.min()) >= 0


def test_potentiation_stands_in_and_saturates(p):
    shifts = [repaired(p, DEPRESSED._replace(potentiation=F), DEPRESSED, HEALTHY, DEPRESSED) for F in jnp.array([0.0, 0.2, 1.0, 1e9])]
    assert all(np.all(later >= earlier) for earlier, later in pairwise(shifts))
    np.testing.assert_allclose(shifts[-1], p.stand_in / p.mechanism_weights.sum(0), rtol=1e-8)


def test_context_begins_with_the_visit_and_wanes(p):
    t = jnp.array([[-5.0, 0.0, 2.0, 24.0, 2400.0]])
    shift = visit_shift(p, jnp.asarray(1.2), t).max(-1)
    assert float(shift[0]) == float(shift[1]) == 0
    assert float(shift[2]) > float(shift[3]) > float(shift[4]) > 0
    assert float(shift.max()) < 1.2


def test_a_new_visit_renews_the_context_and_never_lowers_it(p):
    since_first = jnp.linspace(0, 480, 500)
    once = visit_shift(p, jnp.asarray(1.2), since_first[None]).max(-1)
    twice = visit_shift(p, jnp.asarray(1.2), jnp.stack([since_first, since_first - 168])).max(-1)
    assert jnp.all(twice >= once)
    assert float(twice[-1]) > float(once[-1])


def test_a_visit_leaves_sleep_and_appetite(p):
    moved = visit_shift(p, jnp.asarray(1.2), jnp.array([[2.0]]))[0]
    assert [ITEMS[index] for index in np.flatnonzero(moved == 0)] == ["reduced_sleep", "reduced_appetite"]


def test_treatment_as_such_works_over_weeks_on_every_item(p):
    shift = course_shift(p, jnp.zeros(len(COURSE_CONTEXTS)).at[0].set(1.5), jnp.array([-5.0, 0.0, 24.0, 336.0, 1008.0, 1e6]))
    assert float(jnp.abs(shift[:2]).max()) == 0
    assert jnp.all(jnp.diff(shift[1:], axis=0) > 0)
    np.testing.assert_allclose(shift[-1], 1.5, rtol=1e-12)
    assert float(shift[2].max()) < 0.1 * 1.5


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_acts_by_its_visits_or_by_its_weeks_or_by_both_or_not_at_all(p, context):
    of_visits, of_weeks = context_strengths(p, context)
    assert (float(of_visits) > 0) == (context in VISIT_CONTEXTS)
    assert [name for name, strength in zip(COURSE_CONTEXTS, of_weeks, strict=True) if strength > 0] == [context] * (
        context in COURSE_CONTEXTS
    )


def test_every_context_is_one_of_the_protocols():
    assert set(CONTEXTS) == {"none", *VISIT_CONTEXTS, *COURSE_CONTEXTS}
    assert set(EMPIRICAL_CONTEXTS) < set(CONTEXTS)


def test_sleep_and_appetite_hardly_move_within_a_day(reference_run):
    # Young and persistent spines drive them, and are hours behind the drug.
    items = reference_run.data["items"].sel(arm="as given")
    change = items.sel(time=slice(0, 24.0)) / items.isel(time=0) - 1
    slow = ["reduced_sleep", "reduced_appetite"]
    for hours, times in ((2.0, 50), (12.0, 5), (24.0, 1.5)):
        now = change.sel(time=hours, method="nearest")
        assert float(now.drop_sel(item=slow).max()) < times * float(now.sel(item=slow).min())
    assert float(np.abs(items.sel(item=slow, time=slice(0, 24.0)) - items.sel(item=slow).isel(time=0)).max()) < 0.5


def test_ratings_stay_on_the_scale(p):
    items = baseline_items(p, jnp.asarray(58.0))
    ratings = item_ratings(p, items, jnp.linspace(-20, 20, 41)[:, None] * jnp.ones(len(ITEMS)))
    assert float(ratings.min()) >= 0
    assert float(ratings.max()) <= 6


@pytest.mark.parametrize("shift", [-1000.0, -30.0, 0.0, 30.0, 1000.0])
def test_no_shift_is_so_large_that_derivatives_are_lost(p, shift):
    value, slope = jax.value_and_grad(lambda s: remaining(p, s))(jnp.asarray(shift))
    assert jnp.isfinite(value)
    assert jnp.isfinite(slope)
    assert float(slope) <= 0
