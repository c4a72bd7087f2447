"""Colours that can be read and told apart, one clock for every course, and figures that say what they show."""

import re
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
import xarray as xr
from matplotlib.colors import to_rgb

from euthymia.analysis.comparison import Comparison
from euthymia.protocols.reading import read
from euthymia.report.figures import arms
from euthymia.report.figures.causal_chain import causal_chain
from euthymia.report.figures.clock import clock, course_clock, drawn, forward, inverse
from euthymia.report.figures.mood import mood
from euthymia.report.figures.style import LETTERS, arm_line, arm_text, panels
from euthymia.report.pages.sections import SECTIONS
from euthymia.report.tokens import TOKENS, style_sheet, themed

# Linear RGB as dichromats see it, and to CIE XYZ: Machado et al. 2009 at full severity; IEC 61966-2-1.
SEEN_AS = {
    "everyone": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
THEMES = ("light", "dark")


def linear(colour):
    rgb = np.array(to_rgb(colour))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(colour, seen_as):
    ratio = XYZ @ np.clip(np.array(seen_as) @ linear(colour), 0, 1) / XYZ.sum(1)
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one, other, seen_as):
    """ΔE of CIE 1976."""
    return np.linalg.norm(lab(one, seen_as) - lab(other, seen_as))


def contrast(one, other):
    """Of the Web Content Accessibility Guidelines 2."""
    darker, lighter = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def tokens(theme, *beginnings, use=None):
    return {name: getattr(token, theme) for name, token in TOKENS.items() if name.startswith(beginnings) and use in (None, token.use)}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("use", "least"), [("text", 4.5), ("line", 3.0)])
def test_text_can_be_read_and_lines_can_be_seen_on_paper_and_wash(use, least, theme):
    grounds = tokens(theme, "paper", "wash").values()
    found = {name: min(contrast(colour, ground) for ground in grounds) for name, colour in tokens(theme, "", use=use).items()}
    assert {name: ratio for name, ratio in found.items() if ratio < least} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_numerals_can_be_read_on_their_chips(theme):
    for way in range(1, 6):
        chip, on = (getattr(TOKENS[name], theme) for name in (f"way-{way}-chip", f"on-way-{way}"))
        assert contrast(chip, on) >= 4.5, way


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("who", SEEN_AS)
def test_no_arm_looks_like_a_way(who, theme):
    # The text of a way stands beside its numeral.
    arms = tokens(theme, "arm-")
    ways = {name: colour for name, colour in tokens(theme, "way-").items() if who == "everyone" or not name.endswith("-text")}
    found = {pair: distance(arms[pair[0]], ways[pair[1]], SEEN_AS[who]) for pair in product(arms, ways)}
    assert {pair: round(far, 1) for pair, far in found.items() if far < 8} == {}


@pytest.mark.parametrize(("theme", "least"), [("light", 15), ("dark", 10)])
@pytest.mark.parametrize("who", SEEN_AS)
def test_the_five_ways_can_be_told_apart(who, theme, least):
    ways = [getattr(TOKENS[f"way-{number}"], theme) for number in range(1, 6)]
    # Ten is a difference seen at a glance.
    assert min(distance(*pair, SEEN_AS[who]) for pair in combinations(ways, 2)) > least


def test_arms_differ_by_dash_or_colour_and_their_letters_can_be_read():
    looks = [tuple(arm_line(number).values()) for number in range(len(LETTERS))]
    assert len(set(looks)) == len(LETTERS) == 8
    assert len({look[0] for look in looks[:4]}) == 4
    assert all(contrast(arm_text(number), "#ffffff") >= 4.5 for number in range(len(LETTERS)))


@pytest.mark.parametrize("theme", THEMES)
def test_curves_that_stand_beside_ways_are_not_taken_for_them(theme):
    found = {
        pair: distance(*pair, SEEN_AS["everyone"]) for pair in product(tokens(theme, "curve-").values(), tokens(theme, "way-").values())
    }
    assert {pair: round(far, 1) for pair, far in found.items() if far < 8} == {}


def test_the_style_sheet_holds_every_token_for_both_grounds():
    sheet = style_sheet()
    for name, token in TOKENS.items():
        assert sheet.count(f"--{name}: {token.light};") >= 1
        assert sheet.count(f"--{name}: {token.dark};") >= 2
    assert sheet.count("{") == sheet.count("}")


def test_the_clock_is_even_in_decades_and_leaves_nothing_out():
    hours = np.array([-0.01, 0.0, 1 / 6, 1.0, 24.0, 168.0, 1008.0, 8760.0])
    assert inverse(forward(hours)) == pytest.approx(hours, abs=1e-9)
    assert forward(8760.0) - forward(876.0) == pytest.approx(1, abs=1e-3)
    assert np.diff(forward(np.array([0.0, 1.0, 24.0, 168.0, 1008.0]))).min() > 0.7


def texts_below(axes):
    """What stands below panels, the ticks and the bands, as (text, box)."""
    axes[0].figure.draw_without_rendering()
    ticks = [tick for panel in axes for tick in (*panel.xaxis.get_majorticklabels(), *panel.xaxis.get_minorticklabels())]
    return [(tick.get_text(), tick.get_window_extent()) for tick in ticks if tick.get_text() and tick.get_visible()]


@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("horizon", [1.0, 24.0, 168.0, 672.0, 1008.0, 2160.0, 8760.0])
def test_no_two_texts_of_the_clock_overlap(horizon, columns):
    with panels(3.0, 1, columns) as (_, [row]):
        for axes in row:
            clock(axes, horizon)
        texts = texts_below(row)
        assert [(a, b) for (a, one), (b, other) in combinations(texts, 2) if one.overlaps(other)] == []
        names = [text for text, _ in texts]
        assert names.count("before") == columns
        assert names.count("24 h") == (columns if horizon >= 24 else 0)
        if columns == 1 and horizon == 1008:
            assert names == [
                *("before", "10 min", "40 min", "2 h", "6 h", "12 h", "24 h", "3 d", "7 d", "14 d", "42 d"),
                *("first hour", "first day", "first week", "six weeks"),
            ]


def test_every_dose_is_marked_above_the_clock(reference_run):
    spray = drawn(replace(reference_run, protocol=read("esketamine-spray")), 100)
    with panels(3.0) as (_, [[axes]]):
        course_clock(axes, spray)
        marks = axes.get_lines()[-1]
        assert list(marks.get_xdata()) == [dose.start for dose in spray.protocol.doses]
        assert marks.get_label() == "given"


def every_figure(run):
    """Name and text of each drawing that the pages of one course and of several hold."""
    yield from (("mood", mood(run)), ("causal_chain", causal_chain(run)))
    for figure in (figure for section in SECTIONS for figure in section.figures):
        text = figure.drawn(run)
        assert text is not None, figure.draw
        yield figure.draw.__name__, text
    two = Comparison({"one": run, "other": run}, [])
    yield from (("five_ways", arms.five_ways(two)), ("attributed", arms.attributed(two)))


def test_every_figure_has_a_title_and_only_colours_of_the_table(reference_run, circuits_beside):
    run = drawn(replace(reference_run, circuits=circuits_beside), 60)
    for name, text in every_figure(run):
        head, title = text[:200], re.search("<title>([^<]+)</title>", text)
        assert head.startswith('<svg role="img"'), name
        assert title, name
        assert set(re.findall('(?<!, )#[0-9a-f]{6}(?=[;"])', themed(text))) == set(), name
        sizes = [float(size) for size in re.findall(r"<text style=\"[^\"]*?(\d+(?:\.\d+)?)px", text)]
        assert min(sizes) >= 9, name


def test_own_data_are_squares_in_their_own_colour_and_what_was_removed_leaves_a_trace(reference_run):
    run = drawn(reference_run, 60)
    values = {"madrs": [20.0, np.nan], "madrs_sd": [2.0, np.nan], "venous_ketamine_mass": [150.0, 40.0]}
    observed = xr.Dataset(
        {name: ("observation", numbers) for name, numbers in values.items()}, coords={"observed_time": ("observation", [1.0, 3.0])}
    )
    both = xr.concat([run.data.madrs, run.data.madrs.sel(arm=["as given"]).assign_coords(arm=["everything acts"])], "arm")
    removed = replace(run, data=run.data.drop_dims("arm").merge(both.to_dataset()), observed=observed)
    accent = TOKENS["accent"].light
    assert "your data" not in mood(run)
    assert "with everything acting" not in mood(run)
    assert accent not in mood(run)
    for said in ("your data", "with everything acting", accent):
        assert said in mood(removed)
    ketamine = next(figure for section in SECTIONS for figure in section.figures if figure.draw.__name__ == "ketamine")
    assert "your data" in str(ketamine.drawn(replace(run, observed=observed)))
