"""What the public texts show must be what the model computes now."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from rebuild import numbers
from rebuild.readme import shown
from rebuild.stored import NUMBERS, TRIALS, read
from rebuild.trials import scores_of

import euthymia
from euthymia.evidence.circuit_ensemble import conditioning
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


def test_stored_numbers_are_what_the_model_computes_now(reference_run, model):
    stored = read(NUMBERS)
    now = {
        "reference": numbers.of_reference_run(reference_run),
        "pharmacology": numbers.of_pharmacology(model),
        "animals": numbers.of_animals(),
    }
    for group, found in now.items():
        assert found == pytest.approx(stored[group], rel=1e-3, abs=1e-3), "run `make rebuild`"


def test_what_readme_says_in_words_is_the_models():
    assert "600 conductance-based neurons" in README
    assert PLAN.cells == 600
    assert "model of sprays is reproduced within 1 % in esketamine" in PLAIN
    assert read(NUMBERS)["pharmacology"]["largest_error_of_verification"] < 0.01


@pytest.mark.long
def test_what_the_readme_says_of_trials_is_what_is_predicted():
    from euthymia.inference.fitted import shipped
    from euthymia.validation.scores import contrasts
    from euthymia.validation.trials import predict_held_out

    rows, beside, _ = predict_held_out(shipped(), draws=200)
    found, stored = scores_of(rows), read(TRIALS)
    coverage = found["coverage"]
    assert coverage["inside"] / coverage["numbers"] == pytest.approx(stored["coverage"]["inside"] / stored["coverage"]["numbers"], abs=0.08)
    assert coverage["width_of_meta_analysis"] == pytest.approx(stored["coverage"]["width_of_meta_analysis"], rel=0.2)
    for unit, scores in found["interval_scores"].items():
        assert scores == pytest.approx(stored["interval_scores"][unit], rel=0.3)
    assert found["signs"] == stored["signs"]
    assert "How much less a drug adds in hospital is not predicted" in PLAIN
    for each in contrasts(rows + beside):
        if "hospital" in each.what or "ASPIRE" in each.what:
            assert each.predicted < each.observed
            assert each.low < 0 < each.high


def test_versions_agree():
    assert f"version: {euthymia.__version__}" in (ROOT / "CITATION.cff").read_text()
    assert f"## {euthymia.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_builtin_protocol_says_where_it_comes_from():
    from euthymia.protocols import reading

    for name in builtin_names():
        assert reading.read(name).name == name
        assert reading.read(name).source or name == "untreated"


def test_extras_and_hints_to_install_are_those_of_the_package():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"`\"\.\[(\w+)\]\"`", README)) == set(extras)
    optional = {re.split(r"[<>=]", line)[0] for lines in extras.values() for line in lines}
    hints = [
        name for path in (ROOT / "src").rglob("*.py") for name in re.findall(r"`python -m pip install ([\w-]+)`", path.read_text("utf-8"))
    ]
    assert hints
    assert set(hints) <= optional


def test_what_the_readme_says_of_the_sign_of_way_1_is_what_conditioning_found():
    found = conditioning()
    rising, variants = found["rising"], found["variants"]
    said = " ".join(README.split())
    assert f"from wide priors {100 * rising['before']:.0f} % fire more" in said
    assert f"less at 10 µM, {100 * rising['after_slice']:.0f} %." in said
    sizes = (variants["priors half as wide"]["pyramidal"], found["results"]["pyramidal"], variants["priors twice as wide"]["pyramidal"])
    half, same, twice = (f"{100 * median:.0f} %" for _, median, _ in sizes)
    assert f"{half}, {same} and {twice} with priors half as wide" in said
    carrier = max(found["numbers"], key=lambda number: found["numbers"][number]["distance"])
    assert carrier == "tonic_share pyramidal"
    (first, alone), (second, together) = found["carriers"].items()
    assert (first, second) == ("tonic_share pyramidal", "drive_ic50 pyramidal")
    assert f"{100 * alone:.0f} % of all circuits" in said
    assert f"{100 * together:.0f} %" in said
    assert f"({variants['priors half as wide']['accepted']} circuits)" in said
    assert found["controls"]["share_with_response_reversal"] == 1
    assert f"the middle one of {found['members']['count']}" in said


COPYLEFT = re.compile(r"\b(L?GPL|MPL|EUPL|EPL|CDDL)\b|Mozilla Public|GNU ")


def test_the_notice_names_every_library_whose_licence_asks_more_than_to_be_named():
    named = set()
    for library in importlib.metadata.distributions():
        stated = library.metadata
        licence = stated["License"] if stated["License"] and len(stated["License"]) < 50 else ""
        classes = [of for of in stated.get_all("Classifier", []) if of.startswith("License")]
        if COPYLEFT.search(" ".join([licence, stated["License-Expression"] or "", *classes])):
            named.add(library.name)
    notice = (ROOT / "NOTICE").read_text()
    assert named, "the environment of tests has some"
    assert {name for name in named if f"  {name} " not in notice} == set()
