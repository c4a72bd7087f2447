"""Draw the README's picture, four treatments of one patient: `make picture`."""

from pathlib import Path

from euthymia.core.runtime import configure


def draw() -> None:
    """Write five-ways.svg beside this file."""
    configure()
    from euthymia.analysis.comparison import compare
    from euthymia.cli.run import COMPARED
    from euthymia.evidence.registry import evidence
    from euthymia.protocols.reading import read
    from euthymia.report.figures.arms import five_ways

    svg = five_ways(compare([read(name) for name in COMPARED]))
    head, tail = svg.split(">", 1)
    note = f"<!-- parameters {evidence().parameter_hash()} -->"
    Path(__file__).with_name("five-ways.svg").write_text(f'{head}>{note}<rect width="100%" height="100%" fill="white"/>{tail}', "utf-8")


if __name__ == "__main__":
    draw()
