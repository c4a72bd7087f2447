"""What pages say of weights and of firing is made from the rows and the course, and cannot deny them."""

import re
from dataclasses import replace

import numpy as np
import pytest
from markupsafe import escape

from euthymia.analysis.comparison import Comparison
from euthymia.analysis.disinhibition import firing_change
from euthymia.analysis.resting_engagement import ENGAGEMENTS
from euthymia.analysis.summary import summarise
from euthymia.analysis.trapping import release_rates
from euthymia.evidence.circuit_ensemble import conditioning
from euthymia.evidence.registry import evidence
from euthymia.protocols.reading import read
from euthymia.receptors.nmdar import BLOCKERS as OTHER_BLOCKERS
from euthymia.report.pages.page import comparison_page, page
from euthymia.report.pages.sections import SECTIONS, said
from euthymia.report.statements import (
    AT_REST,
    CELLS,
    MECHANISMS,
    WEIGHT,
    engagement_of_resting_receptors,
    executive_falls,
    firing,
    habenula_firing,
    opening_by_noise,
    outcomes_in_view,
    release_of_trapped_drug,
    sign_of_way_1,
)
from euthymia.report.words import percent
from euthymia.simulation.simulate import simulate

ROWS = evidence().parameters


def with_view(**seen):
    """The rows with another outcome in view of some weights, and of nothing else."""
    blind = {name: row.model_copy(update={"outcome_in_view": None}) for name, row in ROWS.items()}
    return blind | {f"{WEIGHT}{name}": blind[f"{WEIGHT}{name}"].model_copy(update={"outcome_in_view": text}) for name, text in seen.items()}


def test_every_weight_is_named_once_with_what_its_row_says():
    sentence = outcomes_in_view()
    weights = {name.removeprefix(WEIGHT): row for name, row in ROWS.items() if name.startswith(WEIGHT)}
    assert set(MECHANISMS) == set(weights)
    for name in weights:
        assert sentence.count(MECHANISMS[name]) == 1, name
    for row in ROWS.values():
        assert row.outcome_in_view is None or row.outcome_in_view in sentence, row.id


def test_a_row_that_changes_changes_the_sentence():
    assert outcomes_in_view(with_view()) == "The weights from mechanism to mood are assumed, none with an outcome of patients in view."
    one = outcomes_in_view(with_view(focus="a trial of ours"))
    assert "those of prefrontal focus with a trial of ours in view" in one
    assert one.endswith("with none.")
    every = outcomes_in_view(with_view(**dict.fromkeys(MECHANISMS, "all of them")))
    assert every.endswith("with all of them in view.")


def test_an_outcome_in_view_is_no_number():
    assert evidence().parameter_hash() == type(evidence())(with_view(), {}, evidence().sources).parameter_hash()


@pytest.fixture(scope="module")
def course_page(reference_run):
    return page(reference_run, summarise(reference_run))


def test_the_same_sentence_stands_in_all_three_places(reference_run, course_page):
    sentence = str(escape(outcomes_in_view()))
    assert course_page.count(sentence) == 2
    (caption,) = (text for text in re.findall(r"<figcaption>(.*?)</figcaption>", course_page, re.DOTALL) if "means of trial arms" in text)
    assert sentence in caption
    saline = Comparison({"ketamine-iv": reference_run, "again": reference_run}, [])
    assert comparison_page(saline).count(sentence) == 1


def test_an_evidence_row_shows_what_was_in_view(course_page, euthymia):
    row = ROWS[f"{WEIGHT}release"]
    assert f"chosen with {row.outcome_in_view} in view" in course_page
    assert f"chosen with {row.outcome_in_view} in view" in " ".join(euthymia("evidence", row.id).out.split())


@pytest.mark.parametrize("protocol", [None, "midazolam", "saline"])
def test_what_is_said_of_firing_agrees_with_the_course(protocol, reference_run):
    run = reference_run if protocol is None else simulate(read(protocol))
    rates = run.data.prefrontal_rates.sel(arm="as given").to_numpy()
    change = rates / rates[0] - 1
    found = firing_change(run)
    assert max(map(abs, found.changes.values())) == np.abs(change).max()
    sentence = firing(run)
    for name, moved in found.changes.items():
        phrase = f"{100 * abs(moved):.0f} % {'more' if moved > 0 else 'less'} in {CELLS.get(name, name)} cells"
        assert (phrase in sentence) == (abs(moved) >= 0.01), name


def test_way_1_says_which_interneurons_fall_and_which_do_not(reference_run, course_page):
    way_1 = next(section for section in SECTIONS if section.anchor == "way-1")
    assert firing(reference_run) in said(way_1.reading, reference_run, summarise(reference_run))
    changes = firing_change(reference_run).changes
    assert changes["somatostatin"] < min(changes["parvalbumin"], changes["vip"]) < 0 < changes["pyramidal"]
    assert str(escape(firing(reference_run))) in course_page


def test_release_of_trapped_drug_is_that_of_the_rows_beside_that_of_kinetics(model, course_page, reference_run):
    p, rates = model.physiology.receptor, release_rates(model.physiology.receptor)
    assert rates.used == pytest.approx(ROWS["nmdar.habenula_release"].value)
    burst, silent = (float(ROWS[f"nmdar.open_probability.habenula_{cell}"].value) for cell in ("burst", "silent"))
    assert rates.by_kinetics == pytest.approx({"burst": burst * float(p.off_rate), "silent": silent * float(p.off_rate)})
    assert 20 < rates.ratios["silent"] < rates.ratios["burst"] < 850
    sentence = release_of_trapped_drug(summarise(reference_run))
    assert all(f"{ratio:.0f} times as fast" in sentence for ratio in rates.ratios.values())
    assert str(escape(sentence)) in course_page


def test_engagement_of_resting_receptors_is_said_of_other_blockers_alone(reference_run):
    summary, by_engagement = summarise(reference_run), dict(zip(ENGAGEMENTS, (-0.4, -3.2, -6.1), strict=True))
    assert engagement_of_resting_receptors(summary) == ""
    of_memantine = replace(summary, protocol=read("memantine-titrated"), by_engagement=by_engagement)
    dose = {"drug": "MK-801", "amount": "0.1 mg/kg", "route": "i.v. bolus"}
    of_mk_801 = replace(of_memantine, protocol=summary.protocol.changed(doses=[dose]))
    for course, named, other in ((of_memantine, "memantine", "MK-801"), (of_mk_801, "MK-801", "memantine")):
        sentence = engagement_of_resting_receptors(course)
        assert named in sentence
        assert other not in sentence
        assert "−0.4 if it does not at all, −3.2 if it does half as much and −6.1 if it does as much" in sentence


def test_every_other_blocker_has_its_words_and_the_row_of_mk_801_says_what_is_said():
    assert set(AT_REST) == set(OTHER_BLOCKERS)
    row = ROWS["nmdar.resting_engagement.MK-801"]
    assert (row.value, row.provenance, row.source) == (1, "assumed", "autry2011")


def test_the_clock_of_the_lock_is_told_over_the_range_of_its_noise(circuits_beside, reference_run):
    row, noise = ROWS["limbic.noise"], circuits_beside.noise.values
    assert (noise[0], noise[-1], float(circuits_beside.noise_used)) == (row.lower, row.upper, row.value)
    assert len(noise) == 4
    assert (np.diff(circuits_beside.noise_passage_out_of) < 0).all()
    assert circuits_beside.untreated_opening.values == pytest.approx(np.log(2) * circuits_beside.noise_passage_out_of.values)
    # At the noise of the course they are what the surface stands for.
    afresh = float(circuits_beside.noise_passage_into.sel(noise=row.value))
    assert afresh == pytest.approx(reference_run.undosed("passage_into"), rel=0.15)
    assert "over 100 years (so too at 0.02 and 0.035 nA)" in opening_by_noise(circuits_beside)
    assert "no remission" not in opening_by_noise(circuits_beside)
    sooner = circuits_beside.assign(untreated_opening=("noise", [48.0, 24.0, 12.0, 2.0]))
    assert "a median of 24 h (2 d at 0.02 nA, 2 h at 0.035 nA)" in opening_by_noise(sooner)
    assert "leaves out" not in opening_by_noise(sooner)


def test_subnetworks_stand_around_the_drive_of_the_patient(circuits_beside, reference_run):
    share, drive = circuits_beside.subnetwork_share, circuits_beside.subnetwork_drive
    assert float(share.sum()) == pytest.approx(1)
    assert float((share * drive).sum()) == pytest.approx(reference_run.undosed("limbic_input"))


def test_what_is_said_of_the_sign_is_what_conditioning_found(reference_run, circuits_beside):
    found = conditioning()
    sentence = sign_of_way_1(reference_run)
    assert "is inferred" in sentence
    assert percent(found["rising"]["before"]) in sentence
    assert percent(found["rising"]["after_slice"]) in sentence
    assert "the NMDA part of the background of pyramidal cells" in sentence
    longer = sign_of_way_1(replace(reference_run, circuits=circuits_beside))
    assert longer.startswith(sentence)
    assert "circuits that are left change their pyramidal rate by +" in longer


def test_bursts_are_called_fewer_only_if_they_are(reference_run):
    data = reference_run.data
    spikes = data.habenula_burst_rate + data.habenula_tonic_rate
    before = spikes + 0 * spikes
    before[:] = spikes.sel(arm="as given").isel(time=0)

    def said_of(spikes, in_bursts):
        rates = {"habenula_burst_rate": in_bursts * spikes, "habenula_tonic_rate": (1 - in_bursts) * spikes}
        return habenula_firing(replace(reference_run, data=data.assign(rates)))

    assert said_of(before, 1 / 5) == "In this course its firing does not change by a hundredth."
    assert said_of(spikes, 1 / 5).endswith("20.0 % of its spikes fall in bursts, where 20.0 % did before: less firing, not fewer bursts.")
    assert said_of(spikes, (spikes / before) ** 2 / 5).endswith("fewer bursts too.")
    assert said_of(2 * before - spikes, 1 / 5).endswith("more firing.")
    least = spikes.sel(arm="as given").min()
    assert "it falls silent at" in said_of(before * (spikes > least), 1 / 5)


def test_what_is_said_of_focus_and_impulse_control_agrees_with_the_course(reference_run):
    data = reference_run.data.sel(arm="as given")
    focus, impulse = (1 - float(values.min() / values[0]) for values in (data.focus, data.impulse_control))
    assert executive_falls(reference_run).startswith(
        f"At worst focus falls by {100 * focus:.0f} % and impulse control by {100 * impulse:.0f} %."
    )
