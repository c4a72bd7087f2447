"""What ships was made from the present inputs, and README says what was computed; nothing is computed again here."""

import re

import pytest
from rebuild.pipeline import standing
from rebuild.readme import COMMENT, MARKED, README, written
from rebuild.steps import RECORDS, STEPS, SURFACES

from euthymia.model.default import recipes

TEXT = README.read_text("utf-8")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_was_run_on_the_present_inputs(step):
    reason = standing(step, RECORDS).reason
    assert reason is None, f"{step.name}: {reason}; run `make rebuild`"


def test_readme_says_what_the_stored_results_say():
    assert written(TEXT) == TEXT, "run `make rebuild`"


def test_every_comment_in_readme_is_a_mark_or_its_end():
    assert COMMENT.findall(MARKED.sub("", TEXT)) == []


def test_a_mark_within_a_line_does_not_begin_it():
    # A line that begins with a comment is raw HTML to Markdown.
    assert [name for name in re.findall(r"^ *<!-- (.+?) -->.", TEXT, re.MULTILINE) if name != "/"] == []


def test_every_surface_has_its_step():
    assert set(SURFACES) == set(recipes())
