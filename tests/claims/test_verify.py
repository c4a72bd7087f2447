import dataclasses
import io
import sys
from contextlib import redirect_stdout
from typing import NamedTuple

import pytest
from rebuild.stored import verdicts as stored_verdicts

from euthymia.api import studies
from euthymia.claims.catalogue import claims
from euthymia.claims.claim import Claim, Control, Verdict, run
from euthymia.cli import main as cli


class Verified(NamedTuple):
    """What `euthymia verify` computes, what it prints, and its exit code."""

    verdicts: list[Verdict]
    printed: str
    code: object


@pytest.fixture(scope="module")
def verified() -> Verified:
    verdicts, printed, code, verify = [], io.StringIO(), 0, studies.verify

    def recorded() -> list[Verdict]:
        verdicts.extend(verify())
        return verdicts

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        patch.setattr(studies, "verify", recorded)
        patch.setattr(sys, "argv", ["euthymia", "verify"])
        patch.delenv("PYTEST_VERSION", raising=False)
        patch.setenv("COLUMNS", "200")
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code
    return Verified(verdicts, printed.getvalue(), code or 0)


@pytest.fixture(scope="module")
def verdicts(verified):
    return {verdict.claim.id: verdict for verdict in verified.verdicts}


@pytest.fixture(scope="module")
def stored():
    return {verdict.claim.id: verdict for verdict in stored_verdicts()}


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_each_claim_has_its_recorded_verdict_and_its_control_fails(verdicts, claim):
    verdict = verdicts[claim.id]
    assert verdict.control_fails, f"without {claim.control.change} the claim still holds: {verdict.controlled}"
    assert verdict.stands, f"{verdict.word}, predicted {verdict.predicted}"
    assert verdict.agrees or claim.why, "a disagreement says why"


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_the_stored_verdict_is_what_the_claim_predicts_now(verdicts, stored, claim):
    assert claim.id in stored, "run `make rebuild`"
    now, before = verdicts[claim.id], stored[claim.id]
    assert before.word == now.word, "run `make rebuild`"
    assert (before.predicted, before.controlled) == pytest.approx((now.predicted, now.controlled), rel=1e-3, abs=1e-6)


def test_the_command_shows_every_claim_and_ends_well_where_all_stand(verified):
    assert verified.code == 0
    assert [claim.id for claim in claims() if claim.id not in verified.printed] == []


def test_claim_ids_are_unique():
    assert len({claim.id for claim in claims()}) == len(claims())


def test_guard_a_control_that_passes_is_caught():
    claim = Claim("x", "x", "li2010.mtor_block", lambda: 1.0, (0.9, 1.1), Control("nothing", lambda: 1.0))
    verdict = run(claim)
    assert not verdict.stands
    assert verdict.word == "control passes"


def test_guard_a_changed_verdict_is_caught():
    claim = Claim("x", "x", "li2010.mtor_block", lambda: 0.5, (0.9, 1.1), Control("all", lambda: 0.0))
    assert not run(claim).stands
    assert run(dataclasses.replace(claim, standing="disagrees")).stands


@pytest.mark.parametrize("target", [None, "kishimoto2016.off"])
def test_what_parameters_were_chosen_for_is_selected_where_it_agrees(target):
    claim = Claim("x", "x", target, lambda: 1.0, (0.9, 1.1), Control("all", lambda: 0.0), chosen=True)
    assert run(claim).word == "selected"
    assert run(dataclasses.replace(claim, chosen=False)).word == ("holds" if target is None else "agrees")
    assert run(dataclasses.replace(claim, predict=lambda: 0.5)).word == "disagrees"
    assert run(dataclasses.replace(claim, control=Control("nothing", lambda: 1.0))).word == "control passes"


def test_guard_a_claim_without_a_number_is_caught():
    claim = Claim("x", "x", None, lambda: 1.0, (0.9, 1.1), Control("nothing", lambda: float("nan")))
    with pytest.raises(ValueError, match="no number"):
        run(claim)


def test_only_an_independent_prediction_of_a_confirmed_number_is_called_confirmed(verdicts):
    for verdict in verdicts.values():
        kept = verdict.target is not None and verdict.target.provenance == "read" and verdict.target.role == "validate"
        assert (verdict.word == "confirmed") == (kept and verdict.agrees and verdict.control_fails)
    words = {name: verdicts[name].word for name in ("way4.mtor", "receptor.competition", "comparators.mao_block", "way2.relief")}
    assert words == {
        "way4.mtor": "selected",
        "receptor.competition": "agrees",
        "comparators.mao_block": "agrees",
        "way2.relief": "holds",
    }


@pytest.mark.parametrize("group", ["receptor", "way1", "way2", "way3", "way4", "way5", "mood", "comparators", "combinations"])
def test_every_way_and_the_comparators_are_covered(group):
    assert sum(claim.id.startswith(f"{group}.") for claim in claims()) >= 2


def test_a_tolerance_has_width_and_leaves_room_outside():
    for claim in claims():
        low, high = claim.tolerance
        assert low < high


def test_every_claim_stands_under_a_heading():
    from euthymia.report.terminal.verdicts import GROUPS

    assert {claim.id.partition(".")[0] for claim in claims()} == set(GROUPS)
