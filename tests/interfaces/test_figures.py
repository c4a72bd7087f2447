"""Colours that can be read and told apart, one clock for every course, and figures that say what they show."""

from itertools import product

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from euthymia.report.tokens import TOKENS, style_sheet

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


def test_the_style_sheet_holds_every_token_for_both_grounds():
    sheet = style_sheet()
    for name, token in TOKENS.items():
        assert sheet.count(f"--{name}: {token.light};") >= 1
        assert sheet.count(f"--{name}: {token.dark};") >= 2
    assert sheet.count("{") == sheet.count("}")
