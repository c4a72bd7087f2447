import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from euthymia.cascade.timegrid import CHANNELS, Pulse, time_grid
from euthymia.core.exponential import exact_step, linear_course
from euthymia.core.kinetics import flow_matrix
from euthymia.experiments.simulation import simulate
from euthymia.pharmacology.disposition import POOLS, STATES, central_volumes, entry_vector, rate_matrix
from euthymia.protocols.reading import DEFAULT, change, read


def pulses(start, duration, *amounts):
    """A dose of S- and R-ketamine."""
    return [Pulse(start, duration, hand, amount) for hand, amount in zip(CHANNELS, amounts, strict=False)]


INFUSION = pulses(0.0, 2 / 3, 73.0, 73.0)


def course(model, doses, horizon=48.0, weight=70.0, include=()):
    grid = time_grid(doses, horizon, include)
    matrix = rate_matrix(model.cascade.disposition, jnp.asarray(weight))
    steps = jnp.asarray(grid.lengths), jnp.asarray(grid.which)
    hands = [jnp.asarray(each[:, : len(matrix)]) for each in (grid.infusion, grid.bolus)]
    states = linear_course(matrix, jnp.tile(entry_vector(), (len(matrix), 1)), steps, *hands)
    return grid.times, np.asarray(states)[: grid.nodes], np.asarray(matrix)


def test_every_molecule_given_is_somewhere(model):
    times, states, _ = course(model, [*INFUSION, *pulses(6.0, 0.0, 10.0, 0.0), *pulses(7.0, 3.0, 0.0, 5.0)])
    given = np.stack([73 * np.clip(times / (2 / 3), 0, 1) + 10 * (times >= 6), 73 * np.clip(times / (2 / 3), 0, 1)], 1)
    given[:, 1] += 5 * np.clip((times - 7) / 3, 0, 1)
    held = states[:, :, : len(POOLS)].sum(-1)
    np.testing.assert_allclose(held, given, rtol=0, atol=1e-10 * given.max())


def test_everything_is_excreted_in_the_end(model):
    _, states, _ = course(model, INFUSION, horizon=1000.0)
    np.testing.assert_allclose(states[-1, :, POOLS.index("excreted")], 73.0, rtol=1e-10)
    assert np.all(states >= -1e-12)


def test_closed_form_agrees_with_integration(model):
    times, states, matrix = course(model, INFUSION, horizon=24.0)
    entry = np.eye(len(STATES))[STATES.index("ketamine")]
    for hand in range(2):
        state, found = np.zeros(len(STATES)), []
        for begin, end, rate in ((0.0, 2 / 3, 73 / (2 / 3)), (2 / 3, 24.0, 0.0)):
            inside = times[(times >= begin - 1e-12) & (times <= end + 1e-12)]
            run = scipy.integrate.solve_ivp(
                lambda t, x, A=matrix[hand], rate=rate: A @ x + rate * entry, (begin, end), state, "DOP853", np.clip(inside, begin, end),
                rtol=1e-12, atol=1e-13,
            )  # fmt: skip
            state = run.y[:, -1]
            found.append(run.y.T if begin == 0 else run.y.T[1:])
        np.testing.assert_allclose(states[:, hand], np.concatenate(found), rtol=0, atol=1e-8)


def test_doses_superpose_and_scale(model):
    both = course(model, [*INFUSION, *pulses(5.0, 1.0, 20.0, 30.0)], include=(5.0, 6.0))
    first = course(model, [*INFUSION, *pulses(5.0, 1.0, 0.0, 0.0)], include=(5.0, 6.0))
    second = course(model, [*pulses(0.0, 2 / 3, 0.0, 0.0), *pulses(5.0, 1.0, 20.0, 30.0)], include=(5.0, 6.0))
    np.testing.assert_allclose(both[1], first[1] + second[1], atol=1e-10)
    double = course(model, [*pulses(0.0, 2 / 3, 146.0, 146.0), *pulses(5.0, 1.0, 0.0, 0.0)], include=(5.0, 6.0))
    np.testing.assert_allclose(double[1], 2 * first[1], atol=1e-10)


def test_a_short_infusion_tends_to_a_bolus(model):
    late = (1.0, 4.0, 24.0)
    gaps = []
    for duration in (1e-2, 1e-3):
        times, infused, _ = course(model, pulses(0.0, duration, 50.0, 50.0), include=late)
        bolus_times, pushed, _ = course(model, pulses(0.0, 0.0, 50.0, 50.0), include=late)
        a = infused[np.searchsorted(times, np.array(late) - 1e-9)]
        b = pushed[np.searchsorted(bolus_times, np.array(late) - 1e-9)]
        gaps.append(np.abs(a - b).max())
    assert gaps[1] < 0.11 * gaps[0]


def test_allometry_slows_heavier_people(model):
    disposition = model.cascade.disposition
    followers = [STATES.index(name) for name in ("venous", "effect_site", "norketamine_effect_site")]
    delays = [i for i, name in enumerate(STATES) if "delay" in name]
    keep = [i for i in range(len(STATES)) if i not in followers + delays]
    light, heavy = (np.asarray(rate_matrix(disposition, jnp.asarray(w)))[0][np.ix_(keep, keep)] for w in (70.0, 140.0))
    np.testing.assert_allclose(heavy, light * 2 ** (0.75 - 1), rtol=1e-12)


def test_exposure_of_hydroxynorketamine_is_the_observed_one_for_r(model):
    disposition = model.cascade.disposition
    matrix = np.asarray(rate_matrix(disposition, jnp.asarray(70.0)))[1]
    inside = [i for i, name in enumerate(STATES) if name != "excreted"]
    area = -np.linalg.solve(matrix[np.ix_(inside, inside)], np.eye(len(inside))[STATES.index("ketamine")])
    volumes = central_volumes(disposition, jnp.asarray(70.0))
    ketamine = area[inside.index(STATES.index("ketamine"))] / float(volumes["ketamine"])
    hnk = area[inside.index(STATES.index("hydroxynorketamine"))] / float(volumes["hydroxynorketamine"])
    assert hnk / ketamine == pytest.approx(3.1, rel=1e-10)


@pytest.mark.parametrize(
    ("volume", "rates", "expected", "total"),
    [
        (0.063, {"10": 0.4381, "12": 0.5921, "13": 0.59, "21": 0.247, "31": 0.0146}, (181.8, 240.3, 45.8, 35.8, 17.3), 301.9),
        (1.7522, {"10": 0.0109, "12": 0.0186, "21": 0.0137}, (62.0, 177.3, 84.7, 58.8, 34.6), 436.3),
    ],
    ids=["Domino", "Clements"],
)
def test_published_models_of_infusion_pumps(volume, rates, expected, total):
    # 0.5 mg/kg over 40 min at 70 kg; ng/mL at 10, 40, 80, 120, 240 min.
    pools = ("1", "2", "3", "0")
    K = flow_matrix(pools, {(key[0], key[1]): jnp.asarray(rate) for key, rate in rates.items()})
    entry = jnp.array([1.0, 0.0, 0.0, 0.0])
    per_minute, litres = 0.5 * 70 / 40, volume * 70

    def concentration(minutes):
        _, during = exact_step(K, entry, jnp.asarray(min(minutes, 40.0)))
        after, _ = exact_step(K, entry, jnp.asarray(max(minutes - 40.0, 0.0)))
        return float((after @ during)[0]) * per_minute / litres * 1000

    assert [round(concentration(minutes), 1) for minutes in (10.0, 40.0, 80.0, 120.0, 240.0)] == list(expected)
    assert round(0.5 * 70 / (litres * rates["10"]) * 1000 / 60, 1) == total


def test_venous_concentration_at_the_end_of_the_infusion(standard):
    at_40_minutes = float(standard.data.venous_ketamine_mass.sel(time=2 / 3, method="nearest"))
    assert 150 < at_40_minutes < 210


def test_a_dose_per_kilogram_and_the_same_dose_in_milligrams_agree():
    protocol = read(DEFAULT)
    heavier = change(protocol, {"weight": "100 kg"})
    stated = heavier.model_copy(update={"doses": (heavier.doses[0].model_copy(update={"amount": 50.0, "per_weight": False}),)})
    assert simulate(heavier).data.identical(simulate(stated).data)
