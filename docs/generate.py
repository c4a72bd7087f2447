"""Pages of the reference, written from the package's own tables when the documentation is built."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from inspect import isclass, ismodule
from pathlib import Path
from typing import get_args

from rebuild import stored
from rebuild.numbers import ARMS_OF_PROTOCOLS

import euthymia
from euthymia.claims.claim import Verdict
from euthymia.evidence.claims import ClaimRow, claim_rows
from euthymia.evidence.display import quantity
from euthymia.evidence.freedom import freedoms
from euthymia.evidence.registry import evidence
from euthymia.evidence.rows import Parameter, Provenance, Role, Source, Target
from euthymia.protocols.compartments import DOSE_COMPARTMENTS, OBSERVED_COMPARTMENTS
from euthymia.protocols.nonmem_columns import COLUMNS
from euthymia.results.quantities import AXES, AXIS_UNITS, QUANTITIES, Quantity

FOLDER = "generated"
"""Where the pages stand, in ``docs/reference``."""
PROVENANCES: tuple[str, ...] = get_args(Provenance)
ROLES: tuple[str, ...] = get_args(Role)
NONE = "–"
"""Where there is no number."""
SIGNS = {"read": "✓", "recalled": "≈", "assumed": "?", "calibrated": "⌖"}
"""What stands beside the word of a provenance, so that colour is not alone."""
STUB = Path(euthymia.__file__).with_suffix(".pyi").read_text("utf-8")
HOMES = {name: f"{module}." for module, name in re.findall(r"^from \.([\w.]+) import (\w+) as", STUB, re.MULTILINE)}
"""Module of every public name."""
Row = Parameter | Target


def pages() -> dict[str, str]:
    """Every generated page: its path in the folder, and its text in MyST Markdown."""
    euthymia.configure()
    return {
        "api.md": api(),
        "command-line.md": command_line(),
        "quantities.md": quantities(),
        "claims.md": claims(),
        "protocols.md": protocols(),
        "event-columns.md": event_columns(),
        "event-compartments.md": event_compartments(),
        **rows_by_file("parameters", PARAMETERS, evidence().parameters, lambda row: row.provenance, PROVENANCES),
        **rows_by_file("targets", TARGETS, evidence().targets, lambda row: row.role, ROLES),
    }


def write(folder: Path, written: Mapping[str, str]) -> None:
    """Write pages and remove others; a page that would not change keeps its date, so that a second build is quick."""
    for page in folder.rglob("*.md"):
        if page.relative_to(folder).as_posix() not in written:
            page.unlink()
    for name, text in written.items():
        page = folder / name
        page.parent.mkdir(parents=True, exist_ok=True)
        if not page.exists() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


# Markdown


def plain(text: object) -> str:
    """Text with everything escaped that Markdown would read; `code` stays code."""
    return re.sub(r"(`[^`]+`)|([\\`*_{}\[\]<>|~$#%@^=+])", lambda match: match[1] or f"\\{match[2]}", str(text))


def anchor(row: str) -> str:
    """The anchor of a row on its page."""
    return re.sub(r"[^a-z0-9]+", "-", row.lower()).strip("-")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], widths: str) -> str:
    """A table whose cells are Markdown, with widths in per cent; an empty line begins a new paragraph in a cell."""
    lines = ["```{list-table}", ":header-rows: 1", ":class: rows", f":widths: {widths}", ""]
    for cells in (columns, *rows):
        for number, cell in enumerate(cells):
            lines.append(f"{'* -' if number == 0 else '  -'} {cell.replace(chr(10), chr(10) + '    ')}")
    return "\n".join([*lines, "```", ""])


def count_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of numbers under short headings."""
    rule = [":---", *["---:"] * (len(columns) - 1)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (columns, rule, *rows))


def toctree(names: Iterable[str]) -> str:
    """Pages below this one, which the sidebar shows."""
    return "\n".join(["```{toctree}", ":hidden:", "", *names, "```", ""])


# Parameters and targets

PARAMETERS = """# Parameters

Every number that an equation of the model reads is a row here, with its source and its provenance: **read** stood in a text that was
looked up, **recalled** is from memory and unconfirmed, **assumed** is ours, **calibrated** was fitted to targets of the role *calibrate*.
`euthymia evidence ROW` prints the same in a terminal.
"""
TARGETS = """# Targets

Published observations that the model is compared with. The role of each was set by whole study before a prediction was looked at:
**calibrate** (used in a fit), **validate** (never tuned against), **context** (told beside a prediction), **verification** (the published
output of a model that is coded here as well), **selected** (parameters were chosen with it in view; never counts as a passed prediction).
"""


HOURS = {"h": 1, "d": 24}
COURSES = """# Protocols

Points by which MADRS changes since the first dose in the typical patient under every protocol that ships, as the model computes it, and
in brackets what the context of the treatment does alone. Nothing stands beyond the horizon of a protocol.
"""


def rows_by_file(kind: str, intro: str, rows: dict[str, Row], sort: Callable[[Row], str], sorts: Sequence[str]) -> dict[str, str]:
    """A page for every file of parameters or targets, and one that counts the rows of each."""
    from euthymia.model.default import uses

    readers, written, counts = uses(), {}, []
    for name, about, ids in data_files(kind):
        cells = [row_cells(rows[row], readers.get(row, [])) for row in ids]
        body = table(("Row and value", "What it is and where it is from"), cells, "36 64")
        written[f"{kind}/{name}.md"] = f"# {title(name)}\n\n{plain(about)}\n\n{body}"
        number = Counter(sort(rows[row]) for row in ids)
        counts.append((f"[{title(name)}]({name}.md)", *(str(number[each] or NONE) for each in sorts), str(len(ids))))
    total = Counter(map(sort, rows.values()))
    counts.append(("**all**", *(str(total[each]) for each in sorts), str(len(rows))))
    index = count_table(("File", *sorts, "rows"), counts)
    written[f"{kind}/index.md"] = f"{intro}\n{index}\n{toctree(name for name, _, _ in data_files(kind))}"
    return written


@cache
def data_files(kind: str) -> tuple[tuple[str, str, list[str]], ...]:
    """Files of evidence in the order of their names: name, first comment, ids of the rows."""
    files_of_kind = sorted((files("euthymia.evidence") / "data" / kind).iterdir(), key=lambda file: file.name)
    texts = {file.name.removesuffix(".yaml"): file.read_text("utf-8") for file in files_of_kind}
    about = {name: re.match(r"(?:#.*\n)*", text)[0].replace("# ", "").replace("\n", " ").strip() for name, text in texts.items()}
    return tuple((name, about[name], re.findall(r"^- .*?\bid: ([\w.-]+)", text, re.MULTILINE)) for name, text in texts.items())


def title(name: str) -> str:
    """The name of a file as a heading."""
    return name.replace("_", " ").capitalize()


def row_cells(row: Row, readers: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """The cells of one row: id, value, spread and badge; then what it is, where it is from and in what it was measured, and its note."""
    value = [f"[`{row.id}`]{{#{anchor(row.id)}}}", f"**{minus(quantity(row))}**"]
    if row.spread is not None:
        bounds = " to ".join(f"{bound:g}" for bound in (row.lower, row.upper) if bound is not None)
        value.append(minus(f"{bounds} ({row.spread})" if bounds else row.spread))
    if isinstance(row, Target):
        sample = {"SD": row.sd, "n =": row.n}
        value += [f"{name} {number:g}" for name, number in sample.items() if number is not None]
    value.append(badge(row.provenance) + (f" · {row.role}" if isinstance(row, Target) else ""))
    about = [plain(row.quantity)] if isinstance(row, Target) else [f"{plain(meaning)}: `{name}`" for name, meaning in readers]
    measured = ", ".join(each for each in (row.species, row.preparation) if each)
    about += [citation(evidence().sources[row.source]), plain(measured), f"*{plain(row.note)}*" if row.note else ""]
    return "\n\n".join(value), "\n\n".join(each for each in about if each)


def minus(text: str) -> str:
    """Text with numbers whose minus is one."""
    return re.sub(r"(?<![\w.])-(?=\d)", "−", plain(text))


def badge(provenance: str) -> str:
    """A provenance as a sign and a word."""
    return f"[{SIGNS[provenance]} {provenance}]{{.badge .{provenance}}}"


def citation(source: Source) -> str:
    """A source with its DOI as a link."""
    return plain(source.citation) + (f", [doi:{plain(source.doi)}](https://doi.org/{source.doi})" if source.doi else "")


# Quantities, claims, commands, Python


def quantities() -> str:
    """The table of quantities and the axes along which they vary."""
    by_axes: dict[tuple[str, ...], list[str]] = {}
    for name, row in QUANTITIES.items():
        by_axes.setdefault(row.axes, []).append(name)
    parts = [
        "# Quantities\n\nWhatever a run returns, stores, prints or draws, by the axes that it may have. A data set has those axes "
        "along which it varies there.\n"
    ]
    for axes, names in by_axes.items():
        rows = [
            (f"[`{name}`]{{#{anchor(name)}}}", plain(unit_word(QUANTITIES[name].unit)), plain(QUANTITIES[name].meaning)) for name in names
        ]
        parts.append(f"## {' · '.join(axes) or 'without axes'}\n\n{table(('Name', 'Unit', 'Meaning'), rows, '36 14 50')}")
    axis_rows = [(f"`{axis}`", plain(unit_word(AXIS_UNITS.get(axis, ""))), plain(text)) for axis, text in AXES.items()]
    return "\n".join([*parts, f"## Axes\n\n{table(('Axis', 'Unit', 'What runs along it'), axis_rows, '36 14 50')}"])


def quantity_cells(row: Quantity) -> tuple[str, str, str]:
    """Name, unit and meaning."""
    return f"[`{row.name}`]{{#{anchor(row.name)}}}", plain(unit_word(row.unit)), plain(row.meaning)


def unit_word(unit: str) -> str:
    """A unit as a reader knows it."""
    return unit.replace("umol/L", "µmol/L") or NONE


def claims() -> str:
    """Every claim with its observation, tolerance, control and verdict."""
    from euthymia.claims.catalogue import PREDICTIONS

    parts = [
        "# Claims\n\nWhat the model claims, and what would refute it. A tolerance was fixed before the prediction was looked at; the "
        "control removes the mechanism, and then the prediction must leave the tolerance. `euthymia verify` runs all of them.\n"
    ]
    where = {row: name for name, _, ids in data_files("targets") for row in ids}
    verdicts = {verdict.claim.id: verdict for verdict in stored.verdicts()}
    headings = {name: about.rstrip(".") for name, about, _ in data_files("claims")}
    parts.append(freedom())
    for group in PREDICTIONS:
        cells = [claim_cells(row, verdicts.get(row.id), where) for row in claim_rows()[group]]
        parts.append(
            f"## {plain(headings[group])}\n\n{table(('Claim', 'Model and observation', 'Control and its result'), cells, '44 32 24')}"
        )
    return "\n".join(parts)


def freedom() -> str:
    """Every row that was free for the course of mood, what it was chosen with, and the claims about that."""
    from euthymia.report.terminal.freedom import cells, freedom_counted

    columns = ("Row", "Value and range", "Provenance", "In a draw", "Chosen with", "Claims about it")
    rows = [[minus(cell) for cell in cells(each)] for each in freedoms()]
    return f"## What was free\n\n{plain(freedom_counted())}\n\n{table(columns, rows, '20 18 10 12 20 20')}"


def claim_cells(row: ClaimRow, verdict: Verdict | None, where: dict[str, str]) -> tuple[str, str, str]:
    """What is claimed and how it stands, where the prediction must lie and lies, what the control changes and leads to."""
    low, high = row.tolerance.bounds(evidence())
    word, predicted, controlled = ("not run yet", NONE, NONE)
    if verdict is not None:
        word, predicted, controlled = (verdict.word, *(minus(f"{value:.3g}") for value in (verdict.predicted, verdict.controlled)))
    why = f": {plain(row.why)}" if row.why and (verdict is None or not verdict.agrees) else ""
    said = [f"[`{row.id}`]{{#{anchor(row.id)}}}", plain(row.statement), f"**{word}**{why}"]
    seen = "about the model itself"
    if row.observation is not None:
        target = evidence().target(row.observation)
        link = f"[`{row.observation}`](targets/{where[row.observation]}.md#{anchor(row.observation)})"
        seen = f"{link}: {minus(row.observed or quantity(target))} · {target.role}"
    allowed = f"model **{predicted}**, allowed {minus(f'{low:g} to {high:g}')}"
    return "\n\n".join(said), f"{allowed}\n\n{seen}", f"{plain(row.control)}: {controlled}"


def protocols() -> str:
    """MADRS under every protocol that ships."""
    courses = stored.read(stored.NUMBERS)["madrs"]
    times = sorted({time for arms in courses.values() for time in arms["as given"]}, key=lambda time: HOURS[time[-1]] * int(time[:-2]))

    def cell(arms: Mapping[str, Mapping[str, float]], time: str) -> str:
        given, context = (arms[arm].get(time) for arm in ARMS_OF_PROTOCOLS)
        return NONE if given is None else minus(f"{round(given, 1) + 0.0:.1f} ({round(context, 1) + 0.0:.1f})")

    rows = [(f"`{name}`", *(cell(arms, time) for time in times)) for name, arms in courses.items()]
    return f"{COURSES}\n{count_table(('Protocol', *times), rows)}"


def event_columns() -> str:
    """Columns of an event table, for the page about them."""
    rows = [(f"`{name}`", plain(column.unit), plain(column.meaning), plain(column.missing)) for name, column in COLUMNS.items()]
    return table(("Column", "Unit", "Meaning", "If missing"), rows, "12 18 50 20")


def event_compartments() -> str:
    """Numbers in CMT, for the same page."""
    rows = [(str(number), plain(what), plain(where)) for number, (what, where) in (DOSE_COMPARTMENTS | OBSERVED_COMPARTMENTS).items()]
    return table(("CMT", "Drug or molecule", "Route or vessel"), rows, "12 44 44")


def command_line() -> str:
    """Help of every command."""
    from cyclopts.docs import generate_markdown_docs

    from euthymia.cli.main import app

    text = generate_markdown_docs(app, generate_toc=False, no_root_title=True, heading_level=2)
    return f"# Command line\n\n{text}"


def api() -> str:
    """Everything that ``import euthymia`` offers, from its docstrings."""
    names = [name for name in euthymia.__all__ if not name.startswith("__")]
    kinds: dict[str, list[str]] = {"Functions": [], "Classes": [], "Modules": []}
    for name in names:
        value = getattr(euthymia, name)
        kinds["Classes" if isclass(value) else "Functions" if callable(value) else "Modules"].append(name)
    parts = ["# Python\n\n```python\nimport euthymia as eu\n```\n"]
    for kind, members in kinds.items():
        if members:
            parts.append(f"## {kind}\n\n" + "\n".join(f"```{{eval-rst}}\n{directive(kind, name)}\n```\n" for name in members))
    return "\n".join(parts)


def directive(kind: str, name: str) -> str:
    """How the docstring of a public name is asked for."""
    what = {"Functions": "autofunction", "Classes": "autoclass", "Modules": "automodule"}[kind]
    options = {"Functions": (), "Classes": ("members",), "Modules": ("members", "imported-members")}[kind]
    # A function that shares its name with a folder of the package is asked for where it is defined.
    home = HOMES[name] if kind == "Functions" and ismodule(getattr(euthymia, name)) else ""
    return "\n".join([f".. {what}:: euthymia.{home}{name}", *(f"   :{option}:" for option in options)])
