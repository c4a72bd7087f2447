import dataclasses

import pytest

from euthymia.experiments.claim import Claim, Control, run
from euthymia.experiments.claims import CLAIMS, verify


@pytest.fixture(scope="module")
def verdicts():
    return {verdict.claim.id: verdict for verdict in verify()}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_each_claim_has_its_recorded_verdict_and_its_control_fails(verdicts, claim):
    verdict = verdicts[claim.id]
    assert verdict.control_fails, f"without {claim.control.change} the claim still holds: {verdict.controlled}"
    assert verdict.stands, f"{verdict.word}, predicted {verdict.predicted}"
    assert verdict.agrees or claim.why, "a disagreement says why"


def test_claim_ids_are_unique():
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


def test_guard_a_control_that_passes_is_caught():
    claim = Claim("x", "x", "li2010.mtor_block", lambda: 1.0, (0.9, 1.1), Control("nothing", lambda: 1.0))
    verdict = run(claim)
    assert not verdict.stands
    assert verdict.word == "control passes"


def test_guard_a_changed_verdict_is_caught():
    claim = Claim("x", "x", "li2010.mtor_block", lambda: 0.5, (0.9, 1.1), Control("all", lambda: 0.0))
    assert not run(claim).stands
    assert run(dataclasses.replace(claim, standing="disagrees")).stands


def test_selected_recalled_and_calibration_numbers_never_confirm(verdicts):
    for verdict in verdicts.values():
        if verdict.word == "confirmed":
            assert verdict.target.provenance == "read"
            assert verdict.target.role == "validate"
    assert verdicts["way4.mtor"].word == "selected"
    assert verdicts["receptor.competition"].word == "agrees"
    assert verdicts["mood.decay"].word == "agrees"
