"""Free rows are counted, drawn within their ranges, and claims are run at what was drawn."""

import math

import jax.numpy as jnp
import pytest

from euthymia.claims import draws
from euthymia.claims.claim import Claim, Control
from euthymia.claims.in_use import at, model_in_use, once, once_per_numbers
from euthymia.claims.reference_runs import undosed
from euthymia.core.errors import InputError, NoFiniteAnswer
from euthymia.evidence import robustness
from euthymia.evidence.freedom import FOLLOWING, drawn_rows, freedoms
from euthymia.evidence.registry import Registry, evidence
from euthymia.evidence.robustness import Robustness
from euthymia.plasticity.spines import density, healthy_rates

LIFE = "spines.elimination_of_young"


def life() -> float:
    """Loss of young spines in the model in use, 1/d."""
    return 24 * float(model_in_use().physiology.spines.elimination_of_young)


def claim(name, predict, tolerance=(0.0, 1.0), control=lambda: 2.0):
    return Claim(name, "x", None, predict, tolerance, Control("all", control))


def of(*names) -> Robustness:
    return Robustness(inputs="x", draws=0, held=dict.fromkeys(names, ""))


def test_a_draw_lies_in_the_ranges_and_is_that_of_its_number():
    first, again, second = draws.drawn(0), draws.drawn(0), draws.drawn(1)
    assert first == again
    assert set(first) == {row.id for row in drawn_rows()}
    assert all(first[name] != second[name] for name in first)
    for row in drawn_rows():
        assert row.lower <= first[row.id] <= row.upper


def test_draws_of_a_range_above_zero_are_even_in_the_logarithm():
    row = evidence().parameters["links.adaptation_time"]
    below = [draws.drawn(number)[row.id] < math.sqrt(row.lower * row.upper) for number in range(60)]
    assert 18 < sum(below) < 42


def test_a_healthy_density_and_the_limbic_drive_of_a_patient_stay_as_they_are():
    healthy, drive = density(undosed(0.0).rest.spines), undosed().fast.limbic_input
    with at(draws.with_following(draws.drawn(0))):
        assert density(undosed(0.0).rest.spines) == pytest.approx(float(healthy), abs=1e-8)
        assert undosed().fast.limbic_input == pytest.approx(float(drive), abs=1e-9)
        assert density(undosed().rest.spines) < 1


def test_rows_that_are_drawn_do_not_follow():
    assert set(FOLLOWING).isdisjoint(row.id for row in drawn_rows())
    assert {each.row.id for each in freedoms()} >= set(FOLLOWING)


def test_no_rate_is_below_zero_in_a_draw():
    for number in range(10):
        with at(draws.drawn(number)):
            assert min(healthy_rates(model_in_use().physiology.spines)) >= 0


def test_guard_a_row_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match=r"spines\.matturation"), at({"spines.matturation": 1.0}):
        pass


def test_predictions_are_made_at_the_model_in_use():
    shipped = life()
    with at({LIFE: 0.07}):
        assert life() == pytest.approx(0.07)
        with at({"links.adaptation_time": 30.0}):
            assert life() == pytest.approx(0.07)
    assert life() == shipped


def test_what_was_computed_is_kept_for_its_model_alone():
    calls = []

    @once
    def seen() -> float:
        calls.append(life())
        return calls[-1]

    assert seen() == seen()
    with at({LIFE: 0.07}):
        assert seen() == seen() == pytest.approx(0.07)
    assert len(calls) == 2


def test_what_rests_on_the_same_numbers_is_computed_once():
    calls = []

    @once_per_numbers
    def twice(x):
        calls.append(x)
        return 2 * x

    assert twice(jnp.ones(2)).tolist() == twice(jnp.ones(2)).tolist() == [2, 2]
    assert twice(jnp.zeros(2)).tolist() == [0, 0]
    assert len(calls) == 2


def test_claims_are_run_in_every_draw_and_a_stopped_run_goes_on():
    claims = [claim("long", life, (0.05, 1.0)), claim("short", life, (0.0, 0.05))]
    whole, kept = draws.extend(claims, of("long", "short"), 4), []
    draws.extend(claims, of("long", "short"), 2, kept.append)
    assert [each.draws for each in kept] == [1, 2]
    assert draws.extend(claims, kept[-1], 4) == whole
    assert all({a, b} == {"0", "1"} for a, b in zip(whole.held["long"], whole.held["short"], strict=True))


def test_a_claim_that_rests_on_nothing_drawn_is_not_run_again():
    calls = []
    constant = claim("constant", lambda: calls.append(1) or 0.5)
    assert draws.extend([constant], of("constant"), 6).held == {"constant": "111111"}
    assert len(calls) == 1 + draws.PROBES


def test_a_control_that_passes_or_a_missing_answer_does_not_hold():
    def none() -> float:
        raise NoFiniteAnswer("doses: no answer")

    claims = [claim("passes", lambda: 0.5, control=lambda: 0.5), claim("none", none), claim("nan", lambda: float("nan"))]
    assert set(draws.extend(claims, of("passes", "none", "nan"), 1).held.values()) == {"0"}


def test_draws_are_written_and_read(tmp_path):
    path, found = tmp_path / "draws.yaml", robustness.nothing_drawn()
    found = found.after(dict.fromkeys(found.held, True)).after(dict.fromkeys(found.held, False))
    found.write(path)
    assert robustness.begin(10, path) == found
    assert {found.share(name) for name in found.held} == {0.5}
    assert found.share("no.such") is None


@pytest.mark.parametrize(("count", "problem"), [(0, "draws: 0 is outside 1 to 10000"), (10_001, "draws: 10001 is outside")])
def test_guard_a_count_out_of_range_is_refused(count, problem):
    with pytest.raises(InputError, match=problem):
        robustness.begin(count, None)


def test_guard_draws_of_other_numbers_are_refused(tmp_path):
    of("x.y").write(tmp_path / "draws.yaml")
    with pytest.raises(InputError, match="draws of other numbers, ranges or claims"):
        robustness.begin(10, tmp_path / "draws.yaml")
    (tmp_path / "draws.yaml").write_text("[1]")
    with pytest.raises(InputError, match=r"draws\.yaml holds no draws"):
        robustness.begin(10, tmp_path / "draws.yaml")


@pytest.mark.parametrize(
    ("target", "problem"), [("nobody1999.number", "which is no target"), ("holmes2022.sv2a_change", "kept for validation")]
)
def test_guard_a_row_chosen_with_an_observation_kept_aside_is_refused(target, problem):
    found = evidence()
    row = found.parameters[LIFE].model_copy(update={"chosen_with": (target,)})
    with pytest.raises(ValueError, match=problem):
        Registry({**found.parameters, LIFE: row}, found.targets, found.sources).check_choices()
