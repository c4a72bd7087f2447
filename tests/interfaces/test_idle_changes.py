"""What a user asked for to no effect is said in one line, and the run goes on."""

from dataclasses import replace

import pytest

from euthymia.analysis import resting_engagement
from euthymia.analysis.fading import fading
from euthymia.analysis.resting_engagement import ENGAGEMENTS, beyond_context_by_engagement
from euthymia.evidence.registry import evidence
from euthymia.protocols.reading import read
from euthymia.report.conclusion import fades
from euthymia.simulation.idle_changes import PASSES_THROUGH, READ_THROUGH, idle_changes
from euthymia.simulation.interventions import WAYS
from euthymia.simulation.person import Person
from euthymia.simulation.simulate import simulate
from euthymia.simulation.warnings import RECOVERS_BEFORE, RECOVERS_UNDOSED, warnings_of

TYPICAL = 0.2997
"""nA; limbic drive of the typical patient."""


@pytest.mark.parametrize(
    ("without", "rows", "said"),
    [
        (["way 4", "mtor"], [], ["mtor acts only with way 4, which is removed too"]),
        (["mtor", "regrowth"], [], ["regrowth acts only with mtor"]),
        (["way1", "Way 1"], [], ["way 1 stands 2 times"]),
        (["way 1", "surge"], [], ["surge acts only with way 1"]),
        (["context", *WAYS], [], ["nothing acts"]),
        (["way 4"], ["signalling.mtor_time", "ketamine.clearance"], ["signalling.mtor_time only by mtor, and way 4 is removed"]),
        (["mtor"], ["signalling.structural_rate"], ["signalling.structural_rate only by regrowth, and mtor is removed"]),
        (["habenula"], ["nmdar.habenula_release"], ["nmdar.habenula_release only by trapping, and habenula is removed"]),
        (["way 4", "habenula"], ["ketamine.clearance"], []),
        # Prefrontal rates follow spines, too.
        (["prefrontal", "cortex to dopamine"], [], []),
        (["way 3", "cortex to dopamine"], [], ["cortex to dopamine acts only with way 3"]),
        ([], ["signalling.mtor_time"], []),
    ],
)
def test_changes_that_change_nothing_are_said(without, rows, said):
    lines = idle_changes(without, rows)
    assert len(lines) == len(said)
    assert all(phrase in line for phrase, line in zip(said, lines, strict=True))


def test_every_beginning_is_that_of_a_row_and_every_link_can_be_removed():
    rows = evidence().parameters
    assert all(any(row.startswith(beginning) for row in rows) for beginning in READ_THROUGH)
    assert set(PASSES_THROUGH) >= set(READ_THROUGH.values()) - {"adaptation"}


@pytest.mark.parametrize(
    ("patient", "said"),
    [
        ({"stress_until": "60 d"}, "stress would end at 60 d, and the course ends at 14 d"),
        ({"stress_until": "1 d", "stress": 0}, "this patient is under no stress that could end"),
        ({"stress_until": "1 d", "condition": "healthy"}, "a healthy volunteer is under no stress that could end"),
        ({"stress_until": "1 d"}, None),
    ],
)
def test_an_end_of_stress_that_changes_nothing_is_said(patient, said, model):
    protocol = read("ketamine-iv").changed(patient=patient)
    warnings = warnings_of(protocol, model, TYPICAL)
    lines = [line for line in warnings if "stress_until" in line]
    assert len(lines) == (said is not None)
    assert all(said in line for line in lines)
    assert (RECOVERS_UNDOSED in warnings) == (said is None)
    in_words = Person.from_protocol(protocol, model).described(protocol.patient)
    assert ("stress 0.3 until" in in_words) == (patient.keys() == {"stress_until"})


@pytest.mark.parametrize(("until", "warns"), [("2 d", True), ("6 d", False)])
def test_stress_that_ends_before_the_first_dose_is_said(until, warns, model):
    dose = read("ketamine-iv").stated()["doses"][0] | {"start": "5 d"}
    late = read("ketamine-iv").changed(patient={"stress_until": until}, doses=[dose])
    assert (RECOVERS_BEFORE in warnings_of(late, model, TYPICAL)) == warns


@pytest.mark.parametrize(("hours", "warns"), [(2, False), (96, False), (97, True)])
def test_an_infusion_longer_than_any_in_a_trial_is_said(hours, warns, model):
    dose = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "duration": f"{hours} h"}
    lines = warnings_of(read("ketamine-iv").changed(doses=[dose], horizon="7 d"), model, TYPICAL)
    assert any("longest infusion that evidence covers, 4 d" in line for line in lines) == warns


def test_relief_fades_with_what_carries_it_and_lasts_where_stress_ends(reference_run):
    followed = read("ketamine-iv").changed(horizon="28 d")
    faded = fading(simulate(followed))
    assert faded.has_faded
    assert faded.stress_ends is None
    assert set(faded.gains) == {"trapped", "dopamine", "spines", "unlocked"}
    for left in (faded.relief, *faded.gains.values()):
        assert list(left.values()) == sorted(left.values(), reverse=True)
    kept = fading(simulate(followed.changed(patient={"stress_until": "1 d"})))
    assert not kept.has_faded
    assert kept.stress_ends == 24
    assert kept.gains["spines"]["28 d"] > 0.6 > 0.4 > faded.gains["spines"]["28 d"]
    assert fading(replace(reference_run, protocol=read("memantine-titrated"))) is None
    assert "spines" not in fading(replace(reference_run, without=("way 4",))).gains


@pytest.mark.parametrize(
    ("starts", "until", "horizon", "told"),
    [("3 d", "1 d", "14 d", ["3 d", "7 d", "11 d"]), ("0 h", "20 d", "28 d", ["3 d", "7 d", "14 d"])],
)
def test_an_end_of_stress_counts_only_after_a_dose_and_before_relief_has_faded(starts, until, horizon, told):
    reference = read("ketamine-iv")
    course = reference.changed(doses=[reference.doses[0].changed(start=starts)], patient={"stress_until": until}, horizon=horizon)
    faded = fading(simulate(course))
    assert faded.stress_ends is None
    assert list(faded.relief) == told
    assert "Relief lasts" not in fades(faded)


def test_a_course_without_drug_recovers_by_ways_that_the_untreated_course_leaves_out():
    data = simulate(read("untreated").changed(horizon="14 d", patient={"stress_until": "1 d"})).data
    for name, recovers in (("dopamine", 1), ("limbic_input", -1)):
        given, untreated = (recovers * (data[name].sel(arm=arm)[-1] - data[name][0, 0]) for arm in ("as given", "untreated"))
        assert float(given) > 1e-3, name
        assert abs(float(untreated)) < 1e-9, name


def test_engagement_of_resting_receptors_is_all_that_changes_and_is_asked_of_other_blockers_alone(monkeypatch, reference_run, model):
    solved = []
    monkeypatch.setattr(resting_engagement, "simulate", lambda protocol, changed, **_: solved.append(changed) or reference_run)
    assert beyond_context_by_engagement(reference_run, model) == {}
    assert list(beyond_context_by_engagement(replace(reference_run, protocol=read("memantine-titrated")), model)) == list(ENGAGEMENTS)
    assert [float(changed.physiology.receptor.resting_engagement[0]) for changed in solved] == list(ENGAGEMENTS)
    assert all(float(changed.physiology.receptor.resting_engagement[1]) == 1 for changed in solved)
