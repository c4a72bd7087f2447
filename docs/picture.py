"""Draw the README's picture, four treatments of one patient; `make picture` runs this where something changed."""

from pathlib import Path

from euthymia.core.runtime import configure


def draw() -> None:
    """Write five-ways.svg beside this file."""
    configure()
    from euthymia.analysis.comparison import compare
    from euthymia.cli.run import COMPARED
    from euthymia.protocols.reading import read
    from euthymia.report.figures.arms import five_ways

    svg = five_ways(compare([read(name) for name in COMPARED]))
    # What a reader is told comes first; the ground is white, for the picture stands on light and on dark pages.
    head, tail = svg.split("</desc>", 1)
    drawn = f'{head}</desc><rect width="100%" height="100%" fill="white"/>{tail}'
    Path(__file__).with_name("five-ways.svg").write_text(drawn, "utf-8")


if __name__ == "__main__":
    draw()
