import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rescaling import HOURLY
from rescaling import ONE as DIMENSIONLESS
from scipy import sparse
from scipy.sparse.linalg import spsolve

from euthymia.brain.attractor import Drive, diffusion, drift, fixed_points, sample_path
from euthymia.brain.escape import Hops, LimbicLock, bounded, centres, hops, log_passages, mean_passage, mirrored, solve_without_differences
from euthymia.core.parameters import fill
from euthymia.evidence.registry import evidence

ONE, NOUGHT = jnp.ones(()), jnp.zeros(())
COARSE = (60, 40)
passages = jax.jit(log_passages, static_argnums=4)
chain_of = jax.jit(hops, static_argnums=4)
passage_of = jax.jit(mean_passage)


@pytest.fixture(scope="module")
def p():
    return fill(LimbicLock, evidence().value)


def noisy(p, noise):
    return dataclasses.replace(p, attractor=dataclasses.replace(p.attractor, noise=jnp.asarray(noise)))


def generator(chain: Hops):
    """The matrix Q (1/ms) of dP/dt = Q P, put together from the rates of leaving."""
    levels, n = chain.limbic_up.shape
    number = np.arange(levels * n).reshape(levels, n)
    up, down, right, left = (np.asarray(rate) for rate in chain)
    parts = [(number[:-1], number[1:], up[:-1]), (number[1:], number[:-1], down[1:])]
    parts += [(number[:, :-1], number[:, 1:], right[:, :-1]), (number[:, 1:], number[:, :-1], left[:, 1:])]
    source, target, rate = (np.concatenate([part.ravel() for part in column]) for column in zip(*parts, strict=True))
    gain = sparse.coo_array((rate, (target, source)), (levels * n, levels * n)).tocsc()
    return (gain - sparse.diags_array((up + down + right + left).ravel())).tocsc()


def stationary(Q):
    rest = spsolve(Q[1:, 1:].tocsc(), -Q[1:, [0]].toarray().ravel())
    found = np.concatenate([[1.0], rest])
    return found / found.sum()


@pytest.mark.parametrize("block", [0.0, 0.12, 1.0])
def test_hops_are_positive_and_conserve_probability(p, block):
    chain = chain_of(p.attractor, jnp.asarray(block), jnp.asarray(0.3), ONE, COARSE)
    Q = generator(chain)
    assert np.abs(Q.sum(0)).max() < 1e-14 * np.abs(Q).max()
    inner = [chain.limbic_up[:-1], chain.limbic_down[1:], chain.cognitive_up[:, :-1], chain.cognitive_down[:, 1:]]
    assert all(float(rate.min()) > 0 for rate in inner)
    assert all(float(jnp.abs(rate).max()) == 0 for rate in (chain.limbic_up[-1], chain.limbic_down[0]))
    assert all(float(jnp.abs(rate).max()) == 0 for rate in (chain.cognitive_up[:, -1], chain.cognitive_down[:, 0]))


def test_the_long_run_is_positive_and_agrees_with_both_passages(p):
    # A two-state reduction: the probabilities of the wells stand as the mean passage times out of them.
    q = noisy(p, 0.06)
    drive = (NOUGHT, jnp.asarray(0.295), ONE)
    P = stationary(generator(chain_of(q.attractor, *drive, COARSE))).reshape(COARSE)
    assert P.min() > 0
    there, back = np.exp(passages(q, *drive, COARSE))
    saddle = float(fixed_points(q.attractor, *drive).saddle[0])
    locked = P[np.asarray(centres(COARSE[0])) > saddle].sum()
    assert locked / (1 - locked) == pytest.approx(back / there, rel=0.1)


def test_without_coupling_the_long_run_is_boltzmann(p):
    # At full block the networks are independent, and each has the potential U with −U' its drift.
    drive = (ONE, jnp.asarray(0.4), ONE)
    n = 60
    P = stationary(generator(chain_of(p.attractor, *drive, (n, n)))).reshape(n, n)
    fine = jnp.linspace(0.0, 1.0, 16 * n + 1)
    v = np.asarray(drift(p.attractor, jnp.stack([fine, fine], -1), *drive))
    potential = -np.concatenate([np.zeros((1, 2)), np.cumsum((v[1:] + v[:-1]) / 2, 0) / (16 * n)])[8::16]
    weight = np.exp((potential.min(0) - potential) / float(diffusion(p.attractor)))
    weight = weight / weight.sum(0)
    np.testing.assert_allclose(P, np.outer(weight[:, 0], weight[:, 1]), rtol=1e-8, atol=1e-12)


def test_passages_solve_the_equation_of_the_generator(p):
    q = noisy(p, 0.06)
    chain = chain_of(q.attractor, jnp.asarray(0.05), jnp.asarray(0.3), ONE, COARSE)
    T = np.asarray(passage_of(chain, q.locked_above))
    outside = np.repeat(np.asarray(centres(COARSE[0])) < float(q.locked_above), COARSE[1])
    expected = spsolve(-generator(chain).T.tocsc()[outside][:, outside].tocsc(), np.ones(outside.sum()))
    np.testing.assert_allclose(T.ravel()[outside], expected, rtol=1e-8)
    assert np.all(T.ravel()[~outside] == 0)


def test_elimination_keeps_the_digits_of_rare_exits():
    # Two states that exchange quickly and leave once in 1e30: no solver that subtracts can see it.
    rare = 1e-30
    on, off = jnp.array([[0.0, 1.0], [1.0, 0.0]]), jnp.array([0.0, rare])
    found = solve_without_differences(on, off, jnp.ones((2, 1)))
    np.testing.assert_allclose(found[:, 0], [2 / rare + 1, 2 / rare], rtol=1e-14)


def test_passage_of_plain_diffusion_is_a_parabola():
    # Without drift T = (L² − x²)/2D from a reflecting border to an absorbing one, on cells exactly with L at the first cell reached.
    n, D = 50, 0.3
    flat = jnp.full((n, 4), D * n**2)
    up, down = flat.at[-1].set(0), flat.at[0].set(0)
    across = jnp.full((n, 4), 0.1)
    T = mean_passage(Hops(up, down, across.at[:, -1].set(0), across.at[:, 0].set(0)), jnp.asarray(0.8))
    k = np.arange(40)
    np.testing.assert_allclose(T[:40, 0], (40 * 41 - k * (k + 1)) / (2 * D * n**2), rtol=1e-12)


def test_escapes_at_raised_noise_take_as_long_as_simulated(p):
    q = noisy(p, 0.07)
    block, I_L = jnp.asarray(0.05), jnp.asarray(0.297)
    copies, step, count = 1500, 1.0, 12000
    predicted = np.exp(passages(q, block, I_L, ONE, (160, 80))) / float(q.slow_time_constant) * float(q.attractor.time_constant)
    S_P = {"rest": 0.08, "locked": 0.006}
    begin = {"rest": float(q.quiet_below), "locked": float(q.locked_above)}
    for expected, name in zip(predicted, begin, strict=True):
        start = jnp.tile(jnp.array([begin[name], S_P[name]]), (copies, 1))
        limbic = np.asarray(
            jax.jit(
                lambda start: sample_path(q.attractor, jax.random.key(2), start, jnp.asarray(step), count, Drive(block, I_L, ONE))[..., 0]
            )(start)
        )
        arrived = (limbic >= q.locked_above) if name == "rest" else (limbic <= q.quiet_below)
        ended = arrived.any(0)
        # Exponential waiting seen for a limited time: the estimate is time at risk over escapes, its error 1/√escapes.
        at_risk = np.where(ended, arrived.argmax(0) + 1, count).sum() * step
        escapes = ended.sum()
        assert escapes > 500
        assert at_risk / escapes == pytest.approx(expected, rel=4 / np.sqrt(escapes) + 0.03), name


def test_block_opens_the_lock_and_limbic_input_closes_it(p):
    blocks, inputs = jnp.linspace(0.0, 1.0, 11), jnp.linspace(0.24, 0.33, 10)
    table = jax.jit(lambda b, i: jax.lax.map(lambda each: log_passages(p, each[0], each[1], ONE, COARSE), jnp.stack([b, i], -1)))
    _, opening = table(blocks, jnp.full(11, 0.299)).T
    closing, _ = table(jnp.zeros(10), inputs).T
    assert np.all(np.diff(opening) < 0)
    assert np.all(np.diff(closing) < 0)


def test_rates_stay_below_their_bound(p):
    rates = np.stack(bounded(p, jnp.exp(jnp.array([[-40.0, 600.0], [2.0, -9.0]]))))
    assert rates.max() <= float(p.fastest) * (1 + 1e-15)
    assert rates[0, 0] == pytest.approx(float(p.fastest))
    assert 0 <= rates[1, 0] < 1e-200


def stationary_lock(rates):
    """The probability of being locked in the long run: k_in/(k_in + k_out)."""
    return rates.into / (rates.into + rates.out_of)


def test_the_depressed_brain_is_locked_and_the_healthy_one_is_not(p):
    cells = (100, 80)
    at = partial(passages, p, NOUGHT)
    depressed, healthy = (stationary_lock(bounded(p, jnp.exp(at(jnp.asarray(I_L), ONE, cells)))) for I_L in (0.29875, 0.262))
    assert float(depressed) >= 0.9
    assert float(healthy) <= 0.05


@pytest.mark.slow
def test_log_rates_converge_with_the_cells(p):
    for drive in ((0.0, 0.29875), (0.12, 0.29875), (0.14, 0.305)):
        block, I_L = (jnp.asarray(value) for value in drive)
        found = [
            np.log(np.stack(bounded(p, jnp.exp(passages(p, block, I_L, ONE, cells))))) for cells in ((100, 50), (200, 100), (400, 200))
        ]
        floor = np.log(1e-6)
        first, second = (np.abs(np.diff(np.maximum(pair, floor), axis=0)).max() for pair in (found[:2], found[1:]))
        assert second < 0.2
        assert second < max(first / 2, 1e-3)


DRIVE = [(0.1, DIMENSIONLESS), (0.3, "nA"), (0.9, DIMENSIONLESS)]
SMALL = (12, 10)


EQUATIONS = {
    "hops": ("physiology.limbic", lambda p, *drive: hops(p.attractor, *drive, SMALL), DRIVE, "1/ms"),
    "mirrored": ("physiology.limbic", lambda p, *drive: mirrored(hops(p.attractor, *drive, SMALL)), DRIVE, "1/ms"),
    "mean passage": ("physiology.limbic", lambda p, *drive: mean_passage(hops(p.attractor, *drive, SMALL), p.locked_above), DRIVE, "ms"),
    "passages": ("physiology.limbic", lambda p, *drive: jnp.exp(log_passages(p, *drive, SMALL)), DRIVE, "h"),
    "bounded": ("physiology.limbic", lambda p, T: jnp.stack(bounded(p, T)), [(np.array([0.01, 3.0]), "h")], HOURLY),
}
