"""Commands that list or write files: protocols, evidence, export, events."""

from pathlib import Path

from .console import output, show_file, stages
from .options import AnyProtocol, Flag, PatientFields, SubjectID, Weight


def protocols() -> None:
    """List the built-in protocols."""
    from rich.table import Table

    from ..protocols import reading

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("Name", "What is done", "Source"):
        table.add_column(column)
    for name in reading.builtin_names():
        protocol = reading.read(name)
        table.add_row(name, protocol.title, protocol.source)
    output().print(table)


def evidence(row: str | None = None) -> None:
    """Show where numbers come from.

    Parameters
    ----------
    row
        Id of a parameter or target, or the beginning of several; without it, all are listed.
    """
    from ..report.terminal.evidence import show_all, show_row

    console = output()
    if row is None:
        show_all(console)
    else:
        show_row(row, console)


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
