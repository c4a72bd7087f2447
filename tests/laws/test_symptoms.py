import jax
import jax.numpy as jnp
import numpy as np
import pytest

from euthymia.clinic.symptoms import (
    ITEMS,
    Mechanisms,
    baseline_items,
    context_shift,
    full_normalisation,
    item_ratings,
    join,
    mechanism_shift,
    remaining,
)


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


HEALTHY, DEPRESSED = (0, 1, 1, 1, 1, 1), (0, 0.8, 0.9, 0, 0, 0)


def test_mechanisms_at_the_start_move_nothing(p):
    x = states(0.2, 0.8, 0.9, 0, 0, 0)
    assert float(mechanism_shift(p, x, x, states(*HEALTHY), states(*DEPRESSED))) == 0


def test_everything_restored_is_full_normalisation_and_nothing_is_worth_more(p):
    healthy, depressed = states(*HEALTHY), states(*DEPRESSED)
    full = full_normalisation(p)
    assert float(mechanism_shift(p, healthy, depressed, healthy, depressed)) == pytest.approx(float(full), rel=1e-12)
    beyond = states(5, 1.2, 1.1, 1, 1, 1)
    assert float(mechanism_shift(p, beyond, depressed, healthy, depressed)) == pytest.approx(float(full), rel=1e-12)


def test_who_lacks_nothing_gains_nothing_but_can_lose(p):
    healthy, depressed = states(*HEALTHY), states(*DEPRESSED)
    assert float(mechanism_shift(p, states(2, 1.1, 1, 1, 1, 1), healthy, healthy, depressed)) == 0
    assert float(mechanism_shift(p, states(0, 0.9, 1, 1, 1, 1), healthy, healthy, depressed)) < 0


def test_context_begins_with_the_visit_and_wanes(p):
    t = jnp.array([[-5.0, 0.0, 2.0, 24.0, 2400.0]])
    shift = context_shift(p, jnp.asarray(1.2), t)
    assert float(shift[0]) == float(shift[1]) == 0
    assert float(shift[2]) > float(shift[3]) > float(shift[4]) > 0
    assert float(shift.max()) < 1.2


def test_a_new_visit_renews_the_context_and_never_lowers_it(p):
    since_first = jnp.linspace(0, 480, 500)
    once = context_shift(p, jnp.asarray(1.2), since_first[None])
    twice = context_shift(p, jnp.asarray(1.2), jnp.stack([since_first, since_first - 168]))
    assert jnp.all(twice >= once)
    assert float(twice[-1]) > float(once[-1])


def test_sleep_and_appetite_do_not_move(p, standard):
    items = standard.data["items"].sel(arm="as given", item=["reduced_sleep", "reduced_appetite"])
    assert float(np.abs(items - items.isel(time=0)).max()) == 0


def test_ratings_stay_on_the_scale(p):
    items = baseline_items(p, jnp.asarray(58.0))
    ratings = item_ratings(p, items, jnp.linspace(-20, 20, 41))
    assert float(ratings.min()) >= 0
    assert float(ratings.max()) <= 6
