"""Commands that list or write files: protocols, evidence, export, events."""

from pathlib import Path

from .console import errors, output, show_file, stages
from .options import AnyProtocol, Flag, PatientFields, SubjectID, Weight


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
    subject: SubjectID = None,
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

    (chosen,) = chosen_protocols((protocol,), patient, weight, subject)
    path = out if out is not None else Path(f"{chosen.name}.xml")
    check_file(path)
    with stages("Writing the pharmacology"):
        from ..core.runtime import configure

        configure()
        from ..exchange.sbml import write_sbml

        write_sbml(chosen, path, slow=slow)
    show_file("SBML", path, output())


def events(protocol: str, *, weight: str | None = None, out: Path | None = None) -> None:
    """Write the doses of a protocol as an event table in the manner of NONMEM, or list what its compartments mean.

    Parameters
    ----------
    protocol
        A built-in protocol, a YAML file, or `compartments` for the list.
    weight
        Body weight with its unit, such as "82 kg": a table holds mg, so doses per kg need one.
    out
        File to write; default NAME.csv. A file that exists is replaced.
    """
    from ..protocols.nonmem import write_events
    from ..protocols.subjects import DOSE_COMPARTMENTS, OBSERVED_COMPARTMENTS
    from .chosen import chosen_protocols

    console = output()
    if protocol == "compartments":
        for number, (what, where) in (DOSE_COMPARTMENTS | OBSERVED_COMPARTMENTS).items():
            console.print(f"{number:4d}  {what}, {where}", markup=False)
        return
    (chosen,) = chosen_protocols((protocol,), weight=weight)
    path = out if out is not None else Path(f"{chosen.name}.csv")
    write_events([chosen], path)
    show_file("Event table", path, console)
