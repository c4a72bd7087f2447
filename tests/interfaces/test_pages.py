"""Pages as a reader meets them: what comes first, what is explained, and what a browser may load."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from euthymia.analysis.cohort_medians import PatientMedians
from euthymia.analysis.comparison import Comparison
from euthymia.analysis.summary import summarise
from euthymia.core.constants import WEEK
from euthymia.core.disclaimer import DISCLAIMER
from euthymia.evidence.cohort_medians import Quantiles
from euthymia.evidence.registry import evidence
from euthymia.protocols.reading import builtin_names, read
from euthymia.protocols.vocabulary import CONTEXTS, ROUTES
from euthymia.report.conclusion import LOWER_STILL, arm_conclusions, comparison_conclusion, conclusion
from euthymia.report.glossary import GLOSSARY, explained
from euthymia.report.pages.page import comparison_page, page
from euthymia.report.tokens import TOKENS
from euthymia.report.treatment import CONTEXT_ALONE, KINDS, WITHOUT_DRUG, treatment
from euthymia.report.typical_patient import TYPICAL_AND_MEDIAN
from euthymia.simulation.interventions import ARMS
from euthymia.simulation.simulate import simulate

VOID = {"meta", "br", "link", "img", "input", "hr"}
ROW = "context.saline.visit"
"""A row that the calibration moves, and its values."""
USED, BEGAN = (f"{value:g}" for value in (evidence().calibrated[ROW], evidence().parameters[ROW].value))
MEDIANS = PatientMedians(7, {"24 h": Quantiles(low=5.0, median=20.6, high=35.0)})
UNREAD = {"svg", "style", "nav", "details", "pre", "title"}


class Page(HTMLParser):
    """Tags with their attributes, and what a reader reads from top to bottom."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.order: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.order.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "body" in self.open and not UNREAD & set(self.open):
            self.text += data

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]


@pytest.fixture(scope="module")
def summary(reference_run):
    return replace(summarise(reference_run), medians=MEDIANS)


@pytest.fixture(scope="module")
def followed():
    """The summary of a course that is followed until most of its relief is gone."""
    return summarise(simulate(read("ketamine-iv").with_canonical(horizon=4 * WEEK), arms=tuple(ARMS), coalitions=True))


@pytest.fixture(scope="module")
def comparison(reference_run):
    arms = {name: replace(reference_run, protocol=read(name)) for name in ("ketamine-iv", "saline")}
    return Comparison(arms, ["a: warning"], {"ketamine-iv": MEDIANS})


@pytest.fixture(scope="module", params=["course", "no drug", "comparison"])
def html(request, reference_run, summary, comparison) -> Iterator[str]:
    if request.param == "comparison":
        return comparison_page(comparison)
    if request.param == "course":
        return page(reference_run, summary)
    without_drug = replace(reference_run, protocol=read("saline"))
    return page(without_drug, summarise(without_drug))


def test_the_median_of_patients_stands_beside_the_typical_one(reference_run, summary, comparison):
    for html in (page(reference_run, summary), comparison_page(comparison)):
        assert html.count("median of 7 patients") == html.count("<td>20.6</td>") == html.count(TYPICAL_AND_MEDIAN) == 1
    assert "median of" not in page(reference_run, replace(summary, medians=None))


def test_a_page_is_well_formed_and_says_what_it_is_before_anything_else(html):
    found = Page(html)
    assert found.open == []
    assert found.order.count("h1") == 1
    assert ("html", {"lang": "en"}) in found.tags
    assert html.index(DISCLAIMER) < html.index("<section")
    assert html.count(DISCLAIMER) == 1


def test_a_page_loads_nothing_and_runs_nothing(html):
    found = Page(html)
    (policy,) = (attributes["content"] for tag, attributes in found.tags if attributes.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert not {"script", "link", "iframe", "object", "embed", "form"} & set(found.order)
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    loads = [*found.attributes("src"), *found.attributes("srcset"), *re.findall(r"url\(([^)]+)\)", html)]
    loads += [attributes.get("xlink:href") or "" for tag, attributes in found.tags if tag in ("use", "image")]
    assert [link for link in loads if link and not link.startswith(("#", "data:"))] == []


def test_ids_are_unique_and_links_lead_somewhere(html):
    found = Page(html)
    ids = found.attributes("id")
    assert len(ids) == len(set(ids))
    targets = {link[1:] for link in [*found.attributes("href"), *found.attributes("xlink:href")] if link.startswith("#")}
    assert targets <= set(ids)
    assert targets


def test_every_header_of_a_table_says_what_it_heads(html):
    heads = [attributes.get("scope") for tag, attributes in Page(html).tags if tag == "th"]
    assert heads
    assert set(heads) <= {"col", "row", "rowgroup"}


def test_every_table_of_every_template_can_be_scrolled_and_has_scoped_headers():
    for template in files("euthymia.report").joinpath("templates").iterdir():
        text = template.read_text("utf-8")
        assert re.findall(r"<th\b(?![^>]*\bscope=)(?!ead)[^>]*>", text) == [], template.name
        assert text.count("<table") == text.count('<div class="scroll"><table'), template.name


def test_every_colour_of_a_page_is_a_token():
    style = files("euthymia.report").joinpath("templates/page.css").read_text("utf-8")
    assert set(re.findall(r"var\(--([\w-]+)\)", style)) <= set(TOKENS)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", style)


def test_a_word_that_a_reader_need_not_know_is_explained_once_and_where_it_first_stands(html):
    text = Page(html).text.replace("\N{NO-BREAK SPACE}", " ")
    for term in GLOSSARY:
        said = f"{term.name}: {term.explanation}."
        if not term.stands_in(text.replace(said, "")):
            continue
        assert text.count(said) == 1, term.name
        # Nothing but the rest of its own paragraph and other explanations stand between a word and what it means.
        first = re.search(rf"\b(?:{term.pattern})\b", text).start()
        between = text[first : text.index(said)]
        for other in GLOSSARY:
            between = between.replace(f"{other.name}: {other.explanation}.", "")
        assert len(between) < 900, term.name


def test_a_page_explains_a_word_where_it_stands_first():
    pore = next(term for term in GLOSSARY if term.name == "Pore block")
    spines = next(term for term in GLOSSARY if term.name == "Spines")
    html = explained(
        "<h2>Pore block</h2><p>It is high.</p><details><p>spine</p></details>"
        '<div class="scroll"><table><tr><td>spines</td></tr></table></div><p>Pore block and spines.</p>'
    )
    assert html.count(pore.explanation) == html.count(spines.explanation) == 1
    assert html.index("It is high.") < html.index(pore.explanation) < html.index("<details")
    assert html.index("</details>") < html.index(spines.explanation) < html.index("<table")


def test_the_conclusion_says_the_numbers_of_the_summary(followed):
    summary = followed
    mood, carried, fades, watched = conclusion(summary)
    at = summary.checked_at
    for number in (summary.madrs[at], summary.context[at], summary.untreated[at], list(summary.madrs.values())[-1]):
        assert f"{number:.1f}" in mood
    lower_still = summary.madrs[at] - summary.lowest.value >= LOWER_STILL
    assert (f"The lowest is {summary.lowest.value:.1f}" in mood) == lower_still
    assert f"**{summary.madrs[at]:.1f}** at {at}" in mood
    said = [float(value.replace("−", "-")) for value in re.findall(r"\) (−?\d+\.\d)|such (−?\d+\.\d)", carried) for value in value if value]
    assert sum(said) == pytest.approx(summary.madrs[at] - summary.madrs["0"], abs=0.05 * len(said) + 1e-9)
    assert sorted(said, key=abs, reverse=True) == said
    last = list(summary.fading.relief)[-1]
    assert fades.startswith("Relief fades as trapped drug leaves the habenula")
    assert f"at {last}." in fades
    assert all(f"{100 * left[last]:.0f} %" in fades for left in summary.fading.gains.values())
    assert f"{100 * summary.watched['dissociation'][0].value:.0f} %" in watched
    assert f"{summary.watched['systolic pressure'][0].value:.0f} mmHg" in watched
    assert all(effect in watched for effect in summary.not_modelled)


def test_the_conclusion_of_nothing_says_that_nothing_happens(summary):
    still = dict.fromkeys(summary.madrs, 33.0)
    nothing = replace(summary, protocol=read("untreated"), madrs=still, lowest=replace(summary.lowest, value=33.0), time_to_response=None)
    nothing = replace(nothing, parts={}, plasma={}, not_modelled=(), fading=None)
    (mood,) = conclusion(nothing)
    assert "MADRS stays at **33.0**" in mood
    assert "never halved" in mood


def test_what_differs_from_the_model_as_it_ships_is_said_before_any_number(reference_run, summary):
    changes = ("without way 4: connections regrow", "ketamine.clearance = 80 L/h (evidence: 61 L/h)")
    changed = replace(summary, changes=changes, undisturbed=dict.fromkeys(summary.madrs, 12.3))
    (mood, *_) = conclusion(changed)
    assert ", without way 4, the model computes" in mood
    assert "With everything acting it would be 12.3" in mood
    without_drug = replace(reference_run, protocol=read("saline"), changes=changes)
    html = page(without_drug, summarise(without_drug))
    assert all(html.index(change) < html.index("<section") for change in changes)


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, f"{USED} (calibrated; the fit began at {BEGAN})"),
        ({"set": {ROW: 0.5}}, f"{USED} (calibrated; the fit began at {BEGAN})<br><strong>here 0.5</strong>"),
        ({"uncalibrated": True}, BEGAN),
    ],
)
def test_a_page_shows_the_values_that_its_run_uses(options, shown, reference_run):
    without_drug = replace(reference_run, protocol=read("saline"), options=options)
    html = page(without_drug, summarise(without_drug))
    assert f'<th scope="row">{ROW}</th><td>{shown}</td>' in html


def test_a_comparison_says_which_treatment_stands_lowest(comparison):
    value = comparison.madrs("ketamine-iv")["24 h"]
    assert f"at 24 h (**{value:.1f}**)" in comparison_conclusion(comparison)
    assert list(arm_conclusions(comparison)) == comparison.arms
    assert all(f"{value:.1f} at 24 h" in phrase for phrase in arm_conclusions(comparison).values())


def test_every_treatment_has_its_words():
    assert set(KINDS) == set(ROUTES)
    assert set(WITHOUT_DRUG) == set(CONTEXTS) == {"none", *CONTEXT_ALONE}
    phrases = {name: treatment(read(name)) for name in builtin_names()}
    assert phrases["ketamine-iv"] == "one infusion of 0.5 mg/kg ketamine over 40 min"
    assert phrases["ketamine-iv-six"] == "six infusions of 0.5 mg/kg ketamine over 40 min in 12 days"
    assert phrases["escitalopram"] == "10 mg escitalopram a day for 42 days"
    assert phrases["memantine-titrated"] == "5 to 20 mg memantine a day for 56 days"
    assert phrases["esketamine-spray-and-escitalopram"].endswith("and eight nasal sprays of 56 mg esketamine in 25 days")
    assert phrases["untreated"] == WITHOUT_DRUG["none"]


def test_a_patient_is_the_same_in_words_wherever_one_is_shown(reference_run, summary, comparison):
    assert comparison.person == summary.person == reference_run.person.described(reference_run.protocol.patient)
    assert summary.person == "Treatment-resistant depression, 70 kg, stress 0.3, MADRS 33 before the course"
