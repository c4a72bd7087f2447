"""Commands that list or write files: protocols, evidence, export, events."""

from pathlib import Path

from ..core.errors import InputError
from .console import errors, output, show_file, stages
from .options import ONLY_SUBJECT, AnyProtocol, Flag, PatientFields, SubjectOfTable, Weight


def protocols(*words: str) -> None:
    """List the built-in protocols; in a file or a pipe one line each, with tabs between name, title and source.

    Parameters
    ----------
    words
        Only those with all of these words in their name, title, source or drugs.
    """
    from ..core.errors import unknown
    from ..protocols import reading
    from ..report.terminal.protocols import show_protocols

    chosen = []
    for protocol in map(reading.read, reading.builtin_names()):
        text = " ".join((protocol.name, protocol.title, protocol.source, *(dose.drug for dose in protocol.doses))).casefold()
        if all(word.casefold() in text for word in words):
            chosen.append(protocol)
    if not chosen:
        raise unknown("protocols", " ".join(words), reading.builtin_names())
    show_protocols(chosen, output())


def evidence(row: str | None = None, *, search: str | None = None, provenance: str | None = None) -> None:
    """Show where numbers come from; in a file or a pipe, a list is one line per row, with tabs between its fields.

    Parameters
    ----------
    row
        Id of a parameter or target, or the beginning of several: everything known about them. Without it, rows are listed.
    search
        Only rows with all of these words in their id, quantity, species, preparation, source or note, or in what reads them.
    provenance
        Only rows whose number is read, recalled, assumed or calibrated.
    """
    from ..evidence.registry import evidence as registry
    from ..evidence.search import search as holding
    from ..evidence.search import select
    from ..report.terminal.evidence import show_details, show_list

    known, console = registry(), output()
    rows, words, readers = select(known, row, provenance), (search or "").split(), {}
    if row is not None or search is not None:
        with stages():
            from ..model.default import uses

            readers = uses()
    if search is not None:
        rows = holding(known, rows, words, readers)
    if row is None:
        show_list(known, rows, console, words, readers)
        errors.print(f"{len(rows)} of {len(known.rows())} rows; `euthymia evidence ID` tells all about one")
    else:
        for one in rows:
            show_details(known, one, readers.get(one.id, ()), console)


def export(
    protocol: AnyProtocol = "ketamine-iv",
    *,
    patient: PatientFields = (),
    weight: Weight = None,
    table: SubjectOfTable = ONLY_SUBJECT,
    slow: Flag = False,
    out: Path | None = None,
) -> None:
    """Write the pharmacology of one protocol and body weight as SBML, for other simulators.

    Parameters
    ----------
    slow
        With the slow states of the patient's brain, from receptor to spines.
    out
        File to write; default NAME.xml. A file that exists is replaced.
    """
    from ..core.files import check_file
    from .chosen import chosen_protocols

    (chosen,) = chosen_protocols((protocol,), patient, weight, table)
    path = out if out is not None else Path(f"{chosen.name}.xml")
    check_file(path)
    with stages("Writing the pharmacology"):
        from ..core.runtime import configure

        configure()
        from ..exchange.sbml import write_sbml

        write_sbml(chosen, path, slow=slow)
    show_file("SBML", path, output())


def events(protocol: str | None = None, *, weight: Weight = None, example: Flag = False, out: Path | None = None) -> None:
    """Write the doses of a protocol as an event table in the manner of NONMEM, or say what an event table may hold.

    Such a table is a CSV file with a row for every dose and every measured concentration: ID, TIME (h), AMT (mg), RATE (mg/h), CMT, DV
    (ng/mL) and others. `simulate`, `exposure` and `export` read the doses of a person, `fit-pk` doses and concentrations of all.

    Parameters
    ----------
    protocol
        A built-in protocol, a YAML file, `columns` for what each column means and its unit, or `compartments` for the numbers in CMT.
    example
        Write a table of three people to begin from, with all that most tables need.
    out
        File to write; default runs/NAME.csv. A file that exists is never replaced.
    """
    from ..core.files import new_file

    console = output()
    if protocol in ("columns", "compartments"):
        from ..report.terminal.event_tables import show_columns, show_compartments

        (show_columns if protocol == "columns" else show_compartments)(console)
        return
    if example:
        from ..protocols.nonmem import EXAMPLE, example_text

        name, text = EXAMPLE, example_text()
    else:
        from ..protocols.nonmem import events_text
        from .chosen import chosen_protocols

        if protocol is None:
            raise InputError("events: name a protocol, `columns` or `compartments`, or ask for an --example")
        (chosen,) = chosen_protocols((protocol,), weight=weight)
        name, text = chosen.name, events_text([chosen])
    path = out if out is not None else Path("runs") / f"{name}.csv"
    new_file(path, text)
    show_file("Event table", path, console)
    if example:
        console.print(f"Try `euthymia fit-pk {path}` or `euthymia exposure {path} --subject 1`.", soft_wrap=True)
