"""What the public texts show must be what the model computes now."""

import re
import tomllib
from pathlib import Path

import pytest
from rebuild.readme import shown

import euthymia
from euthymia.analysis.attribution import attributed_at
from euthymia.model.closures.recipes import PLAN
from euthymia.protocols.reading import builtin_names, parse

ROOT = Path(euthymia.__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PLAIN = shown(README)


def test_the_protocol_in_the_readme_can_be_read():
    whole, doses = (block.split("```")[0] for block in README.split("```yaml\n")[1:])
    assert {dose.drug for dose in parse(whole, "README").doses} == {"ketamine", "escitalopram"}
    given = parse(f"name: label\ntitle: Label\nhorizon: 84 d\n{doses}", "README").doses
    spray = [(dose.start / 24, dose.amount) for dose in given if dose.drug == "esketamine"]
    assert spray == [(0, 56), *((day, 84) for day in (3, 7, 10, 14, 17, 21, 24, 28, 35, 42, 49, 56, 70))]
    tablets = [(dose.start, dose.amount) for dose in given if dose.drug == "memantine"]
    expected = [(24 * day + hour, 10 if day < 7 else 5) for day in range(14) for hour in (8, 20)]
    assert tablets == expected[:3] + expected[4:]


def test_numbers_in_the_readme_are_the_models(reference_run):
    assert "by about 14 points at 24 h" in README
    assert reference_run.at(24.0) - reference_run.at(0.0) == pytest.approx(-14, abs=0.5)
    assert "by 11 at 2 h" in README
    assert reference_run.at(2.0) - reference_run.at(0.0) == pytest.approx(-11, abs=0.25)
    assert "600 conductance-based neurons" in README
    assert PLAN.cells == 600
    assert "moves mood by 0.0 points" in README
    assert abs(attributed_at(reference_run, {"24 h": 24.0})["24 h"]["way 2"]) < 0.05
    assert "here it takes 21 points off" in README
    from euthymia.claims.reference_runs import reference_run as course

    memantine = course(protocol="memantine-titrated")
    assert memantine.at(56 * 24.0) - memantine.at(56 * 24.0, "context") == pytest.approx(-21, abs=0.5)
    assert "about 6 % block" in README
    assert float(reference_run.data.pore_block.sel(cell_class="pyramidal").max()) == pytest.approx(0.06, abs=0.005)


def test_numbers_of_pharmacology_in_the_readme_are_the_models(model):
    from euthymia.validation.pharmacology import of_role, pharmacology, score

    rows = pharmacology(model)
    found = score(of_role(rows, "validate"))
    assert "Forty held-out observations are met with a median error of 23 %, and 95 % of them within two-fold" in README
    assert found.count == 40
    assert found.median_error == pytest.approx(0.23, abs=0.005)
    assert found.within_two_fold == pytest.approx(0.95, abs=0.005)
    assert "esketamine spray is\n  reproduced within 1 %" in README
    assert max(row.error for row in of_role(rows, "verification")) < 0.01


def test_numbers_of_animals_in_the_readme_are_the_models():
    from euthymia.protocols.reading import DEFAULT, check, read
    from euthymia.simulation.exposure import exposures

    dose = {"drug": "ketamine", "amount": "10 mg/kg", "route": "i.p."}
    mouse = check({"name": "mouse", "title": "Mouse", "patient": {"species": "mouse"}, "doses": [dose], "horizon": "1 d"})
    in_mouse, in_person = (
        float(exposures(each).peak.free_brain_ketamine.sel(enantiomer="both", patient=0)) for each in (mouse, read(DEFAULT))
    )
    assert "reaches 2.8 µM of free ketamine there" in README
    assert in_mouse == pytest.approx(2.8, abs=0.05)
    assert "eight times what 0.5 mg/kg over 40 min gives a person" in README
    assert in_mouse / in_person == pytest.approx(8, abs=0.5)


def test_numbers_of_the_calibration_in_the_readme_are_those_that_ship():
    from euthymia.inference.fitted import shipped

    found = shipped()
    assert f"fitted to {len(found.rows)} published numbers" in PLAIN
    assert f"in {sum(value > 1 for value in found.informed)} of {len(found.informed)} directions" in PLAIN
    efficacy = found.estimates["population.efficacy"]
    assert f"an SD of {efficacy.value:.1f} of the logarithm, {efficacy.coordinate:.1f} prior SDs above its start" in PLAIN


@pytest.mark.slow
def test_what_the_readme_says_of_trials_is_what_is_predicted():
    from euthymia.inference.fitted import shipped
    from euthymia.validation.scores import UNITS, contrasts, sign_tests, summarise
    from euthymia.validation.trials import predict_held_out

    rows, beside = predict_held_out(shipped(), patients=128, draws=200)
    found = summarise(rows)
    assert "Of 40 numbers of trials kept aside, about four in five lie inside 90 %" in PLAIN
    assert found.count == 40
    assert found.inside == pytest.approx(0.8, abs=0.08)
    assert "has 33 of the 34 that it can answer inside" in PLAIN
    assert (found.compared, round(found.inside_meta_analysis * found.compared)) == (34, 33)
    points = [row for row in rows if row.meta_analysis is not None and row.observation.statistic in UNITS["points of MADRS"]]
    ratios = sorted((row.meta_analysis[1] - row.meta_analysis[0]) / (row.high - row.low) for row in points)
    assert ratios[len(ratios) // 2] == pytest.approx(2.0, abs=0.4)
    for unit in ("points of MADRS", "per cent of patients"):
        assert found.scores[unit].model < found.scores[unit].meta_analysis
    assert found.scores["sampling errors"].model < 1.3 * found.scores["sampling errors"].meta_analysis
    assert "all eleven comparisons, and so have the three between doses" in PLAIN
    tests = sign_tests(rows)
    assert [sum(each.agrees for each in tests if (each.kind == "dose") is dose) for dose in (False, True)] == [11, 3]
    assert len(tests) == 14
    assert "How much less a drug adds in hospital or under anaesthesia is not predicted" in PLAIN
    for each in contrasts(rows + beside):
        if "hospital" in each.what or "ASPIRE" in each.what or "anaesthesia" in each.what:
            assert each.predicted < each.observed
            assert each.low < 0 < each.high


def test_versions_agree():
    assert f"version: {euthymia.__version__}" in (ROOT / "CITATION.cff").read_text()
    assert f"## {euthymia.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_builtin_protocol_says_where_it_comes_from():
    from euthymia.protocols.reading import read

    for name in builtin_names():
        assert read(name).name == name
        assert read(name).source or name == "untreated"


def test_extras_and_hints_to_install_are_those_of_the_package():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"`\"\.\[(\w+)\]\"`", README)) == set(extras)
    optional = {re.split(r"[<>=]", line)[0] for lines in extras.values() for line in lines}
    hints = [
        name for path in (ROOT / "src").rglob("*.py") for name in re.findall(r"`python -m pip install ([\w-]+)`", path.read_text("utf-8"))
    ]
    assert hints
    assert set(hints) <= optional


def test_what_the_readme_says_of_the_sign_of_way_1_is_what_random_circuits_do(model, reference_run):
    from euthymia.analysis.dose_response import sign_of_rise

    physiology = model.physiology
    concentration = float(reference_run.data.racemate_equivalents.max())
    sign = sign_of_rise(physiology.prefrontal, physiology.receptor.drive_ic50[:4], model.dose_curve, concentration)
    assert "in seven of eight circuits" in README
    assert sign.share_falling == pytest.approx(7 / 8, abs=0.02)
    assert "one assumed number carries the rise" in README
    assert sorted(sign.moved.ravel() < 0) == [False] * (sign.moved.size - 1) + [True]
