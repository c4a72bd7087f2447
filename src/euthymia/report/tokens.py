"""The one table of colours for figures, pages and the lab, on a light and on a dark ground.

Ways of acting are hue and numeral, arms are line, dash and letter; no colour is used for both.
"""

import re
from typing import Literal, NamedTuple

Use = Literal["text", "line", "area", "ground", "rule"]


class Token(NamedTuple):
    """One colour: as it is on a light and on a dark ground, and what it may be used for."""

    light: str
    dark: str
    use: Use
    """``text`` can be read on paper and wash; ``line`` can be seen there; an ``area`` never stands alone; a ``ground`` has others on it;
    a ``rule`` only orders the page."""


TOKENS = {
    "ink": Token("#1b2733", "#e8edf2", "text"),
    "soft": Token("#52606d", "#a9b6c2", "text"),
    "faint": Token("#7b8794", "#8494a3", "line"),
    "paper": Token("#ffffff", "#161f28", "ground"),
    "wash": Token("#f5f7f9", "#0e151c", "ground"),
    "well": Token("#eef1f4", "#1d2832", "ground"),
    "line": Token("#dfe4e8", "#2c3945", "rule"),
    "grid": Token("#e9edf0", "#24303a", "rule"),
    "accent": Token("#1f5fa8", "#7cbcf8", "text"),
    "on-accent": Token("#ffffff", "#0e151c", "ground"),
    "error": Token("#a3261a", "#ff9a8c", "text"),
    "error-ground": Token("#fdeeec", "#351b18", "ground"),
    "way-1": Token("#cf8a00", "#f5b83d", "area"),
    "way-1-text": Token("#8a5c00", "#f5b83d", "text"),
    "way-1-chip": Token("#cf8a00", "#f5b83d", "ground"),
    "on-way-1": Token("#0e151c", "#0e151c", "ground"),
    "way-2": Token("#a8341c", "#f0705a", "line"),
    "way-2-text": Token("#a8341c", "#ff917e", "text"),
    "way-2-chip": Token("#a8341c", "#f0705a", "ground"),
    "on-way-2": Token("#ffffff", "#0e151c", "ground"),
    "way-3": Token("#2f86d6", "#5aa9f5", "line"),
    "way-3-text": Token("#1f6fb8", "#7cbcf8", "text"),
    "way-3-chip": Token("#1f6fb8", "#5aa9f5", "ground"),
    "on-way-3": Token("#ffffff", "#0e151c", "ground"),
    "way-4": Token("#0b6b50", "#2fae84", "line"),
    "way-4-text": Token("#0b6b50", "#4cc79e", "text"),
    "way-4-chip": Token("#0b6b50", "#2fae84", "ground"),
    "on-way-4": Token("#ffffff", "#0e151c", "ground"),
    "way-5": Token("#55308f", "#9474e8", "line"),
    "way-5-text": Token("#55308f", "#b9a2f5", "text"),
    "way-5-chip": Token("#55308f", "#9474e8", "ground"),
    "on-way-5": Token("#ffffff", "#0e151c", "ground"),
    "context": Token("#868f98", "#6b7783", "line"),
    "arm-a": Token("#c2255c", "#ff9cc2", "text"),
    "arm-b": Token("#1b2733", "#ffffff", "text"),
    "arm-c": Token("#7d7000", "#d6d08a", "text"),
    "arm-d": Token("#7b8794", "#6f8090", "line"),
    "arm-d-text": Token("#5f6b78", "#a9b6c2", "text"),
    "curve-blue": Token("#4060a8", "#8fa8ef", "line"),
    "curve-red": Token("#d8476a", "#ff8da1", "line"),
    "curve-green": Token("#2c8a3a", "#7fd07a", "line"),
    "curve-olive": Token("#76781a", "#c3c45a", "line"),
    "curve-purple": Token("#a23a86", "#e08fd0", "line"),
    "curve-teal": Token("#00838f", "#4fd0d8", "line"),
    "curve-brown": Token("#7a4a32", "#c9a088", "line"),
    "curve-orange": Token("#c8590c", "#ff9d57", "line"),
    "badge-read": Token("#0b6b50", "#4cc79e", "text"),
    "badge-recalled": Token("#7a5b00", "#f5b83d", "text"),
    "badge-assumed": Token("#52606d", "#a9b6c2", "text"),
    "badge-fitted": Token("#55308f", "#b9a2f5", "text"),
}
"""By their names in style sheets.

Faint is for lines only; the error colour always comes with a word and a shape; way 1's area is too pale to be seen alone and comes with
its chip or its text; the context of a treatment is grey, never a hue; curves that are neither ways nor arms have hues of their own.
"""
TEXTS = {token.light: name for name, token in reversed(TOKENS.items()) if token.use == "text" or name.startswith("on-")}
SHAPES = TEXTS | {token.light: name for name, token in reversed(TOKENS.items()) if token.use != "text"}
"""The first token of each colour on a light ground, for writing and for everything else."""


def style_sheet() -> str:
    """All tokens as CSS custom properties: light, dark where the reader's system or ``data-theme`` of the page asks for it, light on paper.

    Examples
    --------
    >>> style_sheet().splitlines()[0][:45]
    ':root { color-scheme: light; --ink: #1b2733; '
    """
    light, dark = (
        " ".join((f"color-scheme: {theme};", *(f"--{name}: {getattr(token, theme)};" for name, token in TOKENS.items())))
        for theme in ("light", "dark")
    )
    return "\n".join(
        (
            f":root {{ {light} }}",
            f'@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {dark} }} }}',
            f'@media screen {{ :root[data-theme="dark"] {{ {dark} }} }}',
        )
    )


def themed(svg: str) -> str:
    """A picture drawn in the colours for a light ground, as part of a page: every token follows the page's ground.

    Examples
    --------
    >>> themed('<path style="stroke: #2f86d6"/><text style="fill: #1f6fb8">3</text>')
    '<path style="stroke: var(--way-3, #2f86d6)"/><text style="fill: var(--way-3-text, #1f6fb8)">3</text>'
    """

    def of_tag(tag: re.Match[str]) -> str:
        names = TEXTS if tag[0].startswith("<text") else SHAPES

        def of_colour(match: re.Match[str]) -> str:
            what, colour = match.groups()
            return f"{what}: var(--{names[colour]}, {colour})" if colour in names else match[0]

        return re.sub("(fill|stroke): (#[0-9a-f]{6})", of_colour, tag[0])

    return re.sub("<[a-z][^>]*>", of_tag, svg)
