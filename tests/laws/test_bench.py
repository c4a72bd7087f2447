"""Several arms of one patient at once: as the single runs say, without a trace or a compilation, whatever is changed."""

import jax
import numpy as np
import pytest

import euthymia as eu
from euthymia.analysis.attribution import attribution
from euthymia.core.errors import InputError
from euthymia.simulation.bench import ERRORS, ERRORS_OF_ONE_DOSE

pytestmark = pytest.mark.long
COMPILING = "/jax/core/compile"
"""Begins the name of what jax reports when it traces, lowers or compiles."""
ROUNDING = 1e-8
"""Relative; step lengths that all arms share differ by rounding from those of one."""


def infusion(amount: float, minutes: float, **fields) -> eu.Protocol:
    dose = eu.Dose("ketamine", f"{amount} mg/kg", "i.v. infusion", duration=f"{minutes} min")
    return eu.Protocol([dose], context="saline", **fields)


@pytest.fixture(scope="module")
def bench() -> eu.Bench:
    arms = {"A": infusion(0.5, 40), "B": "escitalopram", "C": "ketamine-iv-six", "D": "esketamine-spray"}
    return eu.Bench(arms, without={"C": "trapping", "D": "way 4"})


@pytest.fixture(scope="module")
def course(bench):
    return bench.course()


@pytest.fixture
def compiling():
    """What jax traced, lowered or compiled."""
    events = []

    def listen(event: str, seconds: float, **_) -> None:
        if event.startswith(COMPILING):
            events.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield events
    jax.monitoring.unregister_event_duration_listener(listen)


def errors(solved, single) -> dict[str, float]:
    """Largest deviation of one arm from a single run, at the nodes of either, by quantity."""

    def between(one, other, name: str) -> float:
        return float(np.abs(one[name] - np.interp(one.time, other.time, other[name])).max())

    return {name: max(between(solved, single, name), between(single, solved, name)) for name in ERRORS}


def test_a_change_traces_and_compiles_nothing(bench, compiling):
    for changed in (bench, bench.with_patient(weight="80 kg", stress=0.7), bench.with_arm("A", infusion(0.4, 30))):
        changed.course()
    compiling.clear()
    bench.with_arm("A", infusion(0.7, 40)).course()
    bench.with_arm("A", infusion(0.5, 55)).course()
    bench.with_arm("A", "phenelzine").course()
    bench.with_arm("C", "ketamine-iv-six", "mtor").course()
    bench.with_arm("C", "ketamine-iv", ("way 1", "context")).course()
    bench.with_patient(weight="95 kg", stress=0.8, madrs=28).course()
    assert compiling == []


def test_an_arm_is_what_a_single_run_says(reference_run):
    solved = eu.Bench("ketamine-iv", without="way 4").with_arm("as given", "ketamine-iv").course()
    for arm, of_run in (("ketamine-iv", "without way 4"), ("as given", "as given")):
        single = reference_run.data.sel(arm=of_run)
        assert all(error <= ERRORS_OF_ONE_DOSE[name] for name, error in errors(solved.sel(arm=arm), single).items())


SPRAY = eu.Protocol([eu.Dose("esketamine", "84 mg", "nasal")], context="placebo spray", horizon="28 d")
ONE_DOSE = {
    "weaker": infusion(0.1, 40),
    "stronger and shorter": infusion(1.0, 10),
    "four weeks": infusion(1.0, 40, horizon="28 d"),
    "bolus": eu.Protocol([eu.Dose("ketamine", "0.5 mg/kg", "i.v. bolus")], context="saline"),
    "spray": SPRAY,
}
BOLUSES = eu.Dose("ketamine", "0.3 mg/kg", "i.v. bolus", every="2 d", times=12)
LONGER = {
    "six infusions": "ketamine-iv-six",
    "sprays": "esketamine-spray",
    "tablets": "moclobemide",
    "eight weeks": SPRAY.changed(horizon="56 d"),
    "half a year": infusion(0.5, 40, horizon="180 d"),
    "boluses": eu.Protocol([BOLUSES], context="saline", horizon="60 d"),
}


@pytest.mark.parametrize("name", [*ONE_DOSE, *LONGER])
def test_errors_are_within_what_is_stated(name):
    protocol, most = (ONE_DOSE[name], ERRORS_OF_ONE_DOSE) if name in ONE_DOSE else (LONGER[name], ERRORS)
    single = eu.simulate(protocol).data.sel(arm="as given")
    errs = errors(eu.Bench(protocol).course().isel(arm=0), single)
    assert {name: error for name, error in errs.items() if error > most[name]} == {}


def test_an_arm_keeps_what_does_not_act_in_it_unless_told(bench):
    assert bench.with_arm("C", "ketamine-iv").without["C"] == ("trapping",)
    assert bench.with_arm("C", "ketamine-iv", ()).without["C"] == ()
    assert bench.with_arm("E", "saline").without["E"] == ()


def test_an_arm_does_not_depend_on_those_beside_it(bench, course):
    alone = eu.Bench({"B": bench.arms["B"], "A": bench.arms["A"]}).course()
    both = np.intersect1d(alone.time, course.time)
    for arm in ("A", "B"):
        kept = alone.sel(arm=arm, time=both), course.sel(arm=arm, time=both)
        for name in ERRORS:
            scale = float(np.abs(kept[1][name]).max()) or 1.0
            np.testing.assert_allclose(kept[0][name], kept[1][name], rtol=0, atol=ROUNDING * scale)


def test_nothing_moves_where_nothing_acts(bench):
    everything = ("context", *(f"way {number}" for number in range(1, 6)))
    still = bench.with_arm("A", infusion(0.5, 40), everything).course().sel(arm="A")
    for name in ("madrs", "spine_density", "lock", "dopamine"):
        np.testing.assert_allclose(still[name], still[name][0], rtol=ROUNDING)


def test_the_parts_of_an_attribution_add_up_to_the_change(bench, course):
    parts = bench.attribution()
    np.testing.assert_allclose(parts.attribution.sum("contributor"), course.madrs - course.madrs[:, 0], atol=1e-6)
    assert float(np.abs(parts.attribution.sel(arm="D", contributor="way 4")).max()) < ROUNDING


def test_an_attribution_is_that_of_a_single_run(reference_run):
    parts = eu.Bench("ketamine-iv").attribution().attribution.isel(arm=0)
    single = attribution(reference_run).attribution
    for who in single.contributor.values:
        expected = np.interp(parts.time, single.time, single.sel(contributor=who))
        np.testing.assert_allclose(parts.sel(contributor=who), expected, atol=2 * ERRORS_OF_ONE_DOSE["madrs"])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (([],), "arms: 0 given; a bench takes 1 to 8"),
        (({str(number): "saline" for number in range(9)},), "arms: 9 given; a bench takes 1 to 8"),
        ((["saline", "saline"],), "arms: two have one name"),
        (([infusion(0.5, 40), infusion(0.4, 40, patient=eu.Patient(stress=0.5))],), "treat different patients"),
        ((["salin"],), "saline"),
        (([infusion(50, 40)],), "beyond_evidence"),
        (({" ": "saline"},), "arms: ' ' is not the name of an arm"),
    ],
)
def test_bad_arms_are_one_line(arguments, line):
    with pytest.raises(InputError, match=line) as error:
        eu.Bench(*arguments)
    assert "\n" not in str(error.value)


def test_a_patient_is_fields_or_a_patient():
    weighed = eu.Bench("saline", patient=eu.Patient(weight="82 kg"))
    assert weighed.arms["saline"].patient.weight == 82


def test_what_is_removed_is_named():
    with pytest.raises(InputError, match="without: there is no 'b'"):
        eu.Bench("saline", without={"b": "way 1"})
    with pytest.raises(InputError, match="did you mean way 1"):
        eu.Bench("saline", without="way 1x")
