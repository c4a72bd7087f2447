"""Draw the README's picture from the standard protocol: `make picture`."""

from pathlib import Path

from euthymia.core.runtime import configure
from euthymia.evidence.registry import evidence
from euthymia.experiments.simulation import simulate
from euthymia.protocols.reading import DEFAULT, read
from euthymia.report.figures import cascade

if __name__ == "__main__":
    configure()
    svg = cascade(simulate(read(DEFAULT)))
    head, tail = svg.split(">", 1)
    note = f"<!-- parameters {evidence().parameter_hash()} -->"
    Path(__file__).with_name("cascade.svg").write_text(f'{head}>{note}<rect width="100%" height="100%" fill="white"/>{tail}', "utf-8")
