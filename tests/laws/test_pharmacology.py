import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from euthymia.core.numerics.compartments import flow_matrix
from euthymia.core.numerics.exponential import Steps, exact_step, linear_course
from euthymia.model.exposure import by_family, systems
from euthymia.model.inputs import CHANNELS, ESKETAMINE_CHANNELS, KETAMINE_CHANNELS, Pulse, channel
from euthymia.model.time_grid import time_grid
from euthymia.pharmacology.absorption import DEPOTS, MEMBRANES, OF_WHOLE_DOSE, depot_shares
from euthymia.pharmacology.ketamine import ENTRIES, LAGGED, POOLS, STATES, central_volumes, hydroxynorketamine_clearance, rate_matrix
from euthymia.protocols.reading import DEFAULT, change, check, read
from euthymia.simulation.simulate import simulate


def pulses(start, duration, *amounts):
    """A dose of S- and R-ketamine."""
    return [Pulse(start, duration, f"{enantiomer}-ketamine", amount) for enantiomer, amount in zip("SR", amounts, strict=False)]


INFUSION = pulses(0.0, 2 / 3, 73.0, 73.0)


def course(model, doses, horizon=48.0, weight=70.0, include=()):
    """Times, states of both enantiomers, and their matrices."""
    grid = time_grid(doses, horizon, include)
    matrix, entry = systems(model.physiology, jnp.asarray(weight)).ketamine
    steps = Steps(jnp.asarray(grid.lengths), jnp.asarray(grid.length_index))
    states = linear_course(matrix, entry, steps, *(by_family(jnp.asarray(each)).ketamine for each in (grid.infusion, grid.bolus)))
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
    for enantiomer in range(2):
        state, found = np.zeros(len(STATES)), []
        for begin, end, rate in ((0.0, 2 / 3, 73 / (2 / 3)), (2 / 3, 24.0, 0.0)):
            inside = times[(times >= begin - 1e-12) & (times <= end + 1e-12)]
            at = np.clip(inside, begin, end)
            run = scipy.integrate.solve_ivp(
                lambda t, x, A=matrix[enantiomer], rate=rate: A @ x + rate * entry, (begin, end), state, "DOP853", at,
                rtol=2.3e-14, atol=1e-14, max_step=0.05,
            )  # fmt: skip
            state = run.y[:, -1]
            found.append(run.y.T if begin == 0 else run.y.T[1:])
        np.testing.assert_allclose(states[:, enantiomer], np.concatenate(found), rtol=0, atol=1e-8)


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
    disposition = model.physiology.disposition
    fixed = [i for i, name in enumerate(STATES) if name in (*LAGGED, *DEPOTS) or "delay" in name]
    keep = [i for i in range(len(STATES)) if i not in fixed]
    light, heavy = (np.asarray(rate_matrix(disposition, jnp.asarray(w)))[0][np.ix_(keep, keep)] for w in (70.0, 140.0))
    np.testing.assert_allclose(heavy, light * 2 ** (0.75 - 1), rtol=1e-12)


def test_exposure_of_hydroxynorketamine_over_ketamine_is_what_forms_over_its_clearance(model):
    disposition = model.physiology.disposition
    matrix = np.asarray(rate_matrix(disposition, jnp.asarray(70.0)))[1]
    inside = [i for i, name in enumerate(STATES) if name != "excreted"]
    area = -np.linalg.solve(matrix[np.ix_(inside, inside)], np.eye(len(inside))[STATES.index("ketamine")])
    volumes = central_volumes(disposition, jnp.asarray(70.0))
    ketamine = area[inside.index(STATES.index("ketamine"))] / float(volumes["ketamine"])
    hnk = area[inside.index(STATES.index("hydroxynorketamine"))] / float(volumes["hydroxynorketamine"])
    formed = disposition.norketamine_share * disposition.hydroxynorketamine_share * disposition.clearance
    assert hnk / ketamine == pytest.approx(float(formed / hydroxynorketamine_clearance(disposition)[1]), rel=1e-10)


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
    entry = jnp.eye(4)[:, :1]
    per_minute, litres = 0.5 * 70 / 40, volume * 70

    def concentration(minutes):
        _, during = exact_step(K, entry, jnp.asarray(min(minutes, 40.0)))
        after, _ = exact_step(K, entry, jnp.asarray(max(minutes - 40.0, 0.0)))
        return float((after @ during)[0, 0]) * per_minute / litres * 1000

    assert [round(concentration(minutes), 1) for minutes in (10.0, 40.0, 80.0, 120.0, 240.0)] == list(expected)
    assert round(0.5 * 70 / (litres * rates["10"]) * 1000 / 60, 1) == total


def test_venous_concentration_at_the_end_of_the_infusion(reference_run):
    at_40_minutes = float(reference_run.data.venous_ketamine_mass.sel(time=2 / 3, method="nearest"))
    assert 150 < at_40_minutes < 210


def test_a_dose_per_kilogram_and_the_same_dose_in_milligrams_agree():
    protocol = read(DEFAULT)
    heavier = change(protocol, {"weight": "100 kg"})
    stated = heavier.changed(doses=[heavier.doses[0].changed(amount="50 mg")])
    assert simulate(heavier).data.identical(simulate(stated).data)


def by_route(drug, amount, route, **more):
    dose = {"drug": drug, "amount": amount, "route": route} | more
    return simulate(check(read("untreated").stated() | {"name": "given", "doses": [dose]})).data


def exposures(drug, amount, route, **more):
    """Peak (ng/mL) and area to 24 h (ng h/mL) of ketamine in venous plasma."""
    mass = by_route(drug, amount, route, **more).venous_ketamine_mass
    return float(mass.max()), float(mass.sel(time=slice(0, 24)).integrate("time"))


@pytest.mark.parametrize(("milligrams", "peak", "area"), [(28, 43.8, 147.3), (56, 72.5, 254.7), (84, 101.0, 362.2)])
def test_nasal_esketamine_is_the_published_model(milligrams, peak, area):
    # Verification of our coding: the paper's own output, within 3 %.
    found = exposures("esketamine", f"{milligrams} mg", "nasal")
    assert found == pytest.approx((peak, area), rel=0.03)


def area_in_the_end(model, place):
    """Total exposure of arterial blood to ketamine (µM h) after one µmol in a place, from the matrix itself."""
    matrix, entry = (np.asarray(each)[0] for each in systems(model.physiology, jnp.asarray(70.0)).ketamine)
    inside = [i for i, name in enumerate(STATES) if name != "excreted"]
    area = -np.linalg.solve(matrix[np.ix_(inside, inside)], entry[inside, ENTRIES.index(place)])
    return area[inside.index(STATES.index("ketamine"))] / float(
        central_volumes(model.physiology.disposition, jnp.asarray(70.0))["ketamine"]
    )


MILLIGRAMS = 40.0


@pytest.mark.parametrize("route", ["i.m.", "s.c.", *MEMBRANES, "oral", "oral extended release"])
def test_every_route_has_its_published_bioavailability(model, route):
    absorption = model.physiology.disposition.absorption
    shares = depot_shares(absorption, route, MILLIGRAMS)
    assert float(sum(shares.values())) == pytest.approx(1, rel=1e-12)
    found = sum(float(share) * area_in_the_end(model, place) for place, share in shares.items()) / area_in_the_end(model, "ketamine")
    published = {
        "i.m.": absorption.injected_share[0],
        "s.c.": absorption.injected_share[1],
        **dict(zip(OF_WHOLE_DOSE, absorption.membrane_bioavailability, strict=True)),
        "oral extended release": absorption.tablet_bioavailability,
    }
    if route == "nasal":
        through = absorption.nasal_share / (1 + MILLIGRAMS / absorption.nasal_half_dose)
        published["nasal"] = through + (1 - through) * absorption.oral_bioavailability
    assert found == pytest.approx(float(published.get(route, absorption.oral_bioavailability)), rel=1e-10)


def test_a_nose_takes_up_less_of_a_larger_spray_and_never_more_in_all_than_it_holds(model):
    p = model.physiology.disposition.absorption
    doses = np.array([1e-6, 1.0, 10.0, 100.0, 1e3, 1e9])
    shares = np.array([float(depot_shares(p, "nasal", dose)["nose"]) for dose in doses])
    assert shares[0] == pytest.approx(float(p.nasal_share), rel=1e-6)
    assert np.all(np.diff(shares) < 0)
    assert np.all(np.diff(shares * doses) > 0)
    assert shares[-1] * doses[-1] == pytest.approx(float(p.nasal_share * p.nasal_half_dose), rel=1e-6)


def test_a_dose_in_any_place_is_somewhere(model):
    for place in ENTRIES:
        times, states, _ = course(model, [Pulse(1.0, 0.0, channel("S", place), 10.0), Pulse(2.0, 3.0, channel("R", place), 6.0)])
        held = states[:, :, : len(POOLS)].sum(-1)
        given = np.stack([10.0 * (times >= 1 - 1e-9), 6 * np.clip((times - 2) / 3, 0, 1)], 1)
        np.testing.assert_allclose(held, given, atol=1e-9)


def test_inputs_reach_the_system_and_place_they_name():
    families = by_family(jnp.arange(float(len(CHANNELS))))
    for name in (channel("R", "gut"), channel("S", "norketamine"), "esketamine in nose", "memantine"):
        number = CHANNELS.index(name)
        family, where = (
            (families.ketamine.reshape(-1), number)
            if name in KETAMINE_CHANNELS
            else (families.esketamine.reshape(-1), number - len(KETAMINE_CHANNELS))
            if name in ESKETAMINE_CHANNELS
            else (families.comparators.reshape(-1), number - len(KETAMINE_CHANNELS) - len(ESKETAMINE_CHANNELS))
        )
        assert float(family[where]) == number
    assert families.ketamine.shape == (2, len(ENTRIES))


def test_what_is_swallowed_makes_more_norketamine_than_what_is_injected():
    def ratio(route, **more):
        data = by_route("ketamine", "0.5 mg/kg", route, **more)
        return float(data.norketamine_mass.integrate("time") / data.venous_ketamine_mass.integrate("time"))

    assert ratio("oral") > 2 * ratio("i.m.") > 1.9 * ratio("i.v. bolus")


def test_one_enantiomer_alone_leaves_the_other_out():
    for drug, absent in (("esketamine", "R"), ("arketamine", "S")):
        data = by_route(drug, "0.5 mg/kg", "i.v. infusion", duration="40 min")
        assert float(data.arterial_ketamine.sel(enantiomer=absent).max()) == 0
    assert float(data.dissociation.max()) == 0
