"""An event table becomes subjects or one short line, and subjects and protocols survive being written as one."""

import errno
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from euthymia.core.errors import InputError
from euthymia.protocols.compartments import DOSE_COMPARTMENTS, INTO_A_VEIN, OBSERVED_COMPARTMENTS
from euthymia.protocols.dose import Dose
from euthymia.protocols.nonmem import LARGEST_TABLE, read_events, write_events
from euthymia.protocols.nonmem_columns import COLUMNS, WRITTEN
from euthymia.protocols.protocol import Protocol
from euthymia.protocols.reading import builtin_names, check, read
from euthymia.protocols.subjects import Sample, Subject, subject_protocol
from euthymia.protocols.vocabulary import ROUTES_OF

OF_PEOPLE = {drug: [route for route in routes if route != "i.p."] for drug, routes in ROUTES_OF.items()}
"""A table holds people."""

quick = settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])

HEADER = "ID,TIME,AMT,RATE,EVID,CMT,ADDL,II,DV,MDV,WT"
ROWS = (
    "1,0,.,.,0,102,.,.,.,1,80",
    "1,0,40,60,1,1,.,.,.,.,80",
    "1,0.5,0,0,0,102,0,0,151.5,0,80",
    "1,2,,,0,104,,,60,,80",
    "1,24,20,0,1,1,2,48,0,1,80",
    "1,30,10,.,1,2,6,24,.,1,80",
    "b 2,0,35.5,.,1,5,.,.,.,1,.",
    "b 2,1,.,.,0,101,.,.,1e-3,0,.",
)


@pytest.fixture
def table(tmp_path):
    """Write lines (or bytes) as a file, and read it as an event table."""

    def of(*lines, header=HEADER):
        path = tmp_path / "table.csv"
        path.write_bytes(lines[0] if isinstance(lines[0], bytes) else "\n".join([header, *lines, ""]).encode())
        return read_events(path)

    return of


@pytest.fixture
def refused(table, tmp_path):
    """The one line with which a table is refused."""

    def of(*lines, **header):
        with pytest.raises(InputError) as caught:
            table(*lines, **header)
        return printable_line(caught.value).replace(f"{tmp_path}/", "")

    return of


def printable_line(error):
    line = str(error)
    assert line.isprintable(), line
    assert line.startswith("events: "), line
    assert len(line) < 1000, line
    return line


def row(**changes):
    """A dose row with some cells changed."""
    cells = {"ID": 1, "TIME": 0, "AMT": 40, "RATE": 60, "EVID": 1, "CMT": 1, "ADDL": ".", "II": ".", "DV": ".", "MDV": 1, "WT": 80}
    return ",".join(str(cell) for cell in (cells | changes).values())


def seen(**changes):
    """An observation row with some cells changed."""
    return row(**({"AMT": ".", "RATE": ".", "EVID": 0, "CMT": 101, "DV": 100, "MDV": 0} | changes))


def test_every_way_to_give_a_drug_has_one_number():
    ways = [(drug, INTO_A_VEIN.get(route, route)) for drug, routes in OF_PEOPLE.items() for route in routes]
    assert sorted(DOSE_COMPARTMENTS.values()) == sorted(set(ways))


def test_numbers_that_tables_name_stay():
    assert DOSE_COMPARTMENTS.items() >= {
        (1, ("ketamine", "i.v.")),
        (2, ("escitalopram", "oral")),
        (3, ("sertraline", "oral")),
        (4, ("phenelzine", "oral")),
        (5, ("midazolam", "i.v.")),
        (26, ("memantine", "oral")),
        (27, ("MK-801", "i.v.")),
        (28, ("citalopram", "oral")),
        (29, ("fluoxetine", "oral")),
        (30, ("tranylcypromine", "oral")),
        (31, ("moclobemide", "oral")),
        (32, ("bupropion", "oral")),
    }
    assert OBSERVED_COMPARTMENTS[101] == ("ketamine", "venous")
    assert OBSERVED_COMPARTMENTS[108] == ("S-norketamine", "arterial")
    assert len(set(OBSERVED_COMPARTMENTS.values())) == len(OBSERVED_COMPARTMENTS)
    assert max(DOSE_COMPARTMENTS) < min(OBSERVED_COMPARTMENTS)


def test_a_table_says_who_was_given_what_and_what_was_found(table):
    first, second = table(*ROWS)
    assert (first.name, first.weight, second.name, second.weight) == ("1", 80.0, "b 2", None)
    assert first.observations == (Sample(0.5, 151.5, "ketamine", "arterial"), Sample(2.0, 60.0, "norketamine", "arterial"))
    assert second.observations == (Sample(1.0, 1e-3, "ketamine", "venous"),)
    assert [(dose.drug, dose.route, dose.amount, dose.start, dose.duration) for dose in first.doses[:3]] == [
        ("ketamine", "i.v. infusion", 40.0, 0.0, 2 / 3),
        ("ketamine", "i.v. bolus", 20.0, 24.0, None),
        ("escitalopram", "oral", 10.0, 30.0, None),
    ]
    assert [dose.start for dose in first.doses if dose.route == "i.v. bolus"] == [24.0, 72.0, 120.0]
    assert [dose.start for dose in first.doses if dose.drug == "escitalopram"] == [30.0 + 24 * day for day in range(7)]
    assert not any(dose.per_weight or dose.every or dose.times for dose in first.doses)
    assert [(dose.drug, dose.route) for dose in second.doses] == [("midazolam", "i.v. bolus")]


def test_spelling_does_not_matter(table):
    plain = table(*ROWS)
    text = "\n".join([HEADER, *ROWS, ""])
    for spelling in (
        text.lower().encode(),
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
        text.rstrip().encode(),
        f"{text}\n\n".encode(),
        text.replace(",", " , ").encode(),
        text.encode("utf-8-sig"),
        text.replace("b 2", '"b 2"').replace("TIME", '"Time"').encode(),
        text.replace(",1,1,", ",1.0,1.0,").encode(),
    ):
        assert table(spelling) == plain
    assert table(text.replace("b 2", "Zoë").encode())[1].name == "Zoë"


def test_optional_columns_may_be_left_out(table):
    (subject,) = table("1,0,40,60,1,1,.,.", header=HEADER[: HEADER.index(",DV")])
    assert (subject.weight, subject.observations, len(subject.doses)) == (None, (), 1)
    (least,) = table("1,0,40,1", "1,2,.,.", header="ID,TIME,AMT,CMT")
    assert [dose.route for dose in least.doses] == ["i.v. bolus"]


def test_a_weight_may_be_stated_once(table):
    assert table(row(), row(WT="."))[0].weight == table(row(WT="."), row())[0].weight == 80.0


def test_columns_that_are_not_used_are_named(table):
    assert table(*ROWS).note == ""
    assert table(f"{row()},1,x", header=f"{HEADER},Etn,S\x1bte").note == "columns not used: 'ETN', 'S\\x1bTE'"


def test_a_subject_becomes_a_protocol(table):
    first, second = table(*ROWS)
    protocol = subject_protocol(first)
    assert (protocol.name, protocol.title, protocol.patient.weight, protocol.horizon) == ("1", "Subject 1", 80.0, 336.0)
    assert protocol.doses == first.doses
    assert subject_protocol(first, 500.0).horizon == 500.0
    assert subject_protocol(second).name == "b-2"
    assert subject_protocol(second).patient.weight is None
    assert subject_protocol(Subject("Ψ", None, (), ())).name == "subject"
    with pytest.raises(InputError, match="does not end before the horizon of 24 h"):
        subject_protocol(first, 24.0)
    with pytest.raises(InputError, match="finite"):
        subject_protocol(first, float("nan"))


@pytest.mark.parametrize(
    ("last", "horizon"), [(seen(TIME=700.5), 701.0), (seen(TIME=700), 701.0), (seen(TIME=8760), 8760.0), (row(TIME=699.5), 701.0)]
)
def test_a_protocol_lasts_until_after_the_last_event(last, horizon, table):
    assert subject_protocol(table(row(), last)[0]).horizon == horizon


ALLOWED_DOSES = "1 ketamine i.v., 2 escitalopram oral"
BAD_ROWS = {
    "unsorted times": ([row(TIME=2), row(TIME=1)], "line 3, column TIME: '1' is before the 2 h"),
    "dose without compartment": ([row(CMT=".")], "line 2, column CMT: missing", ALLOWED_DOSES),
    "dose into an unknown compartment": ([row(CMT=90)], "line 2, column CMT: '90'", ALLOWED_DOSES),
    "dose into blood": ([row(CMT=101)], "column CMT: '101' is no compartment of a dose", ALLOWED_DOSES),
    "observation of an infusion": ([seen(CMT=1)], "column CMT: '1' is no compartment of an observation", "101 ketamine venous"),
    "half a compartment": ([row(CMT=1.5)], "column CMT: '1.5' is not a whole number"),
    "negative amount": ([row(AMT=-40)], "column AMT: '-40' must be greater than zero mg"),
    "amount of zero": ([row(AMT=0)], "column AMT: '0' must be greater than zero"),
    "amount too small for a number": ([row(AMT="1e-400", RATE=0)], "column AMT: '1e-400'", "greater than zero"),
    "text for an amount": ([row(AMT="forty")], "column AMT: 'forty' is not a finite number", "empty or '.'"),
    "missing amount of another program": ([row(AMT="NA")], "column AMT: missing on a dose row"),
    "underscore in a number": ([row(AMT="4_0")], "column AMT: '4_0'"),
    "digits of another script": ([row(AMT="٤٠")], "column AMT"),
    "clock time": ([row(TIME="10:30")], "column TIME: '10:30'"),
    "time missing": ([row(TIME=".")], "column TIME: missing"),
    "time long before zero": ([row(TIME=-9000)], "column TIME: '-9000' is outside -8760 to 8760 h"),
    "time after a year": ([seen(TIME=9000)], "column TIME: '9000' is outside -8760 to 8760 h"),
    "nan": ([seen(DV="nan")], "column DV: 'nan' is not a finite number"),
    "inf": ([row(AMT="inf")], "column AMT: 'inf' is not a finite number"),
    "too large for a number": ([row(AMT="1e999")], "column AMT: '1e999' is not a finite number"),
    "exponent of many digits": ([row(AMT="1e-99999999999999999999")], "column AMT"),
    "rate that a model estimates": ([row(RATE=-1)], "column RATE: '-1' is not supported: RATE -1", "0 for an instant dose"),
    "duration that a model estimates": ([row(RATE=-2)], "column RATE: '-2' is not supported: RATE -2", "0 for an instant dose"),
    "rate without amount": ([row(AMT=".")], "column AMT: missing on a dose row (EVID 1) with a RATE"),
    "dose without amount": ([row(AMT=".", RATE=".")], "column AMT: missing on a dose row (EVID 1); write mg"),
    "infusion shorter than a second": ([row(RATE=1e6)], "column RATE: '1000000.0' gives a duration", "at least 1 s"),
    "infusion longer than a year": ([row(RATE=1e-5)], "column RATE: '1e-05' gives a duration", "outside 0 to 8760 h"),
    "infusion without end": ([row(RATE="1e-400")], "column RATE: '1e-400' gives a duration", "not a finite number"),
    "tablet over an hour": ([row(CMT=2)], "column RATE: '60' gives a duration", "only an infusion"),
    "amount on an observation row": ([seen(AMT=5)], "column AMT: '5' stands on an observation row"),
    "rate on an observation row": ([seen(RATE=5)], "column RATE: '5' stands on an observation row"),
    "repeats on an observation row": ([seen(ADDL=5, II=1)], "column ADDL: '5' stands on an observation row"),
    "unknown event": ([row(EVID=5)], "column EVID: '5' is not supported; allowed: 0 (observation), 1 (dose), 2 (other), 3 (reset)"),
    "amount on a reset": ([row(), row(EVID=3)], "column AMT: '40' stands on a reset row (EVID 3)"),
    "nothing measured": ([seen(DV=".")], "column DV: missing with MDV 0"),
    "mark of a missing value": ([seen(DV=-99)], "column DV: '-99' looks like a mark of a missing value; write '.'"),
    "unknown MDV": ([seen(MDV=2)], "column MDV: '2' is not supported; allowed: 0 (measured), 1 (not measured)"),
    "concentration on a dose row": ([row(DV=5)], "column DV: '5' stands on a dose row"),
    "dose that is measured": ([row(MDV=0, DV=0)], "column MDV: '0' stands on a dose row"),
    "repeats without interval": ([row(ADDL=3)], "column ADDL: '3' stands without II"),
    "interval without repeats": ([row(II=24)], "column II: '24' stands without ADDL"),
    "negative repeats": ([row(ADDL=-1, II=24)], "column ADDL: '-1' is outside 0 to 399"),
    "too many repeats": ([row(ADDL=400, II=1)], "column ADDL: '400' is outside 0 to 399"),
    "too many doses": ([row(ADDL=399, II=1), row(TIME=1)], "line 3, column ID: '1' has 401 doses", "at most 400"),
    "repeats beyond a year": ([row(ADDL=399, II=24)], "column TIME: '0' begins a dose that ends, with its repeats, at 9576.67 h"),
    "dose at the end of the year": ([row(TIME=8760, RATE=0)], "column TIME: '8760'", "before 8760 h"),
    "another weight": ([row(), row(WT=81)], "line 3, column WT: '81' differs from the 80 kg"),
    "another weight after a gap": ([row(), row(WT="."), row(WT=81)], "line 4, column WT: '81' differs from the 80 kg"),
    "weight of a child": ([row(WT=12)], "column WT: '12' is outside 25 to 300 kg"),
    "ID missing": ([row(ID=".")], "line 2, column ID: missing"),
    "ID with a control character": ([row(ID="a\x1b[2J")], "line 2, column ID: 'a\\x1b[2J' must be"),
    "ID without end": ([row(ID="x" * 65)], "column ID"),
    "two people in one ID": ([row(TIME=5), row(ID=2), row()], "line 4, column TIME: '0' is before the 5 h", "two people need two IDs"),
    "cell too many": ([f"{row()},1"], "line 2, there are 12 cells where the header has 11"),
    "cell too few": ([row(), "1,2"], "line 3, there are 2 cells where the header has 11"),
    "decimal comma": ([row(AMT="35,5")], "line 2, there are 12 cells"),
    "line break in a cell": ([row(ID='"a\nb"')], "line 2, the cells cannot be told apart", "must end on its line"),
    "quote left open": ([row(), row(ID='"2'), row(ID=3)], "line 3, the cells cannot be told apart"),
    "cell without end": ([row(ID="x" * 200_000)], "line 2, column ID: 'xxx", "visible characters"),
    "several faults": ([row(), row(AMT="x"), row(), row(TIME="x"), seen(DV="x")], "line 3, column AMT: 'x'", "the first of 3 faulty rows"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_row_that_cannot_be_meant_is_refused(case, refused):
    lines, *words = BAD_ROWS[case]
    line = refused(*lines)
    assert line.startswith("events: table.csv line ")
    assert all(word in line for word in words), line


@pytest.mark.parametrize("case", BAD_ROWS)
def test_rows_that_are_good_are_not_used_beside_one_that_is_not(case, refused):
    lines, *_ = BAD_ROWS[case]
    alone = refused(*lines).removeprefix("events: table.csv line ")
    number, rest = alone.split(",", 1)
    among = refused(row(ID="before"), seen(ID="before", TIME=1), *lines, row(ID="after"))
    assert among == f"events: table.csv line {int(number) + 2},{rest}"


NUMERIC = [column for column in COLUMNS if column not in ("ID", "DRUG", "ROUTE", "DVU", "DVID", "SEX", "CYP2B6", "LIVER", "C")]


@pytest.mark.parametrize("column", NUMERIC)
@pytest.mark.parametrize("text", ["forty", "4O", "1 2", "0x10", "1/2", "<5", "NaN", "=A1", "-", "\ufeff1"])
def test_text_for_a_number_is_refused_in_every_column(column, text, refused):
    cells = {"ADDL": 1, "II": 24} if column in ("ADDL", "II") else {"RATE": "."} if column == "DUR" else {}
    change = seen if column in ("DV", "CENS", "LIMIT", "LLOQ", "BLQ") else row
    extra = "" if column in HEADER.split(",") else f",{column}"
    also = ",CENS" * (column == "LIMIT")
    changed = change(**(cells | ({} if extra else {column: text}))) + f",{text}" * bool(extra) + ",1" * bool(also)
    line = refused(row() + ",." * bool(extra) + ",." * bool(also), changed, header=HEADER + extra + also)
    assert line.startswith(f"events: table.csv line 3, column {column}: {text!a} is not a finite number"), line


def test_one_fault_is_counted_as_one(refused):
    assert "faulty rows" not in refused(row(), row(AMT="x"))


BAD_HEADERS = {
    "missing column": (HEADER.replace("TIME,", ""), "lacks column TIME; needed are ID, TIME"),
    "missing columns": ("ID,TIME", "lacks column AMT, DV"),
    "no header": (row(), "lacks column ID"),
    "semicolons": (HEADER.replace(",", ";"), "separated by semicolons"),
    "tabs": (HEADER.replace(",", "\t"), "separated by tabs"),
    "spaces": (HEADER.replace(",", " "), "separated by spaces"),
    "empty line": ("", "begins with an empty line"),
    "twice the same": (f"{HEADER},Amt", "column 'AMT' stands there twice"),
    "twice the same unused": (f"{HEADER},x,X", "column 'X' stands there twice"),
    "nameless": (f"{HEADER},,x", "column 12 has no name"),
    "twice by two names": (f"{HEADER},Weight", "column 'WT' stands there twice (as 'Weight')"),
    "dates": (f"{HEADER},DATE", "column DATE: calendar dates"),
    "quote left open": (f'{HEADER},"x', "line 1, the cells cannot be told apart"),
}


@pytest.mark.parametrize("case", BAD_HEADERS)
def test_a_header_that_cannot_be_meant_is_refused(case, refused):
    header, words = BAD_HEADERS[case]
    assert words in refused(row(), header=header)


BAD_FILES = {
    "empty": (b"", "is empty"),
    "a mark and nothing else": (b"\xef\xbb\xbf", "is empty"),
    "line breaks": (b"\n\r\n", "is empty"),
    "two marks": ("\n".join([f"\ufeff\ufeff{HEADER}", row()]).encode(), "lacks column ID"),
    "a mark and a fault": ("\n".join([f"\ufeff{HEADER}", row(), row(AMT=-1)]).encode(), "line 3, column AMT: '-1'"),
    "a mark within": ("\n".join([HEADER, row(), f"\ufeff{row()}"]).encode(), "line 3, column ID"),
    "cut short": ("\n".join([HEADER, row(), row()])[:-20].encode(), "line 3, there are"),
    "a header and nothing else": (f"{HEADER}\n".encode(), "holds no rows"),
    "UTF-16": ("\n".join([HEADER, row()]).encode("utf-16"), "not UTF-8"),
    "UTF-16 without a mark": ("\n".join([HEADER, row()]).encode("utf-16-le"), "not UTF-8"),
    "Latin-1": ("\n".join([HEADER, row(ID="Zoë")]).encode("latin-1"), "not UTF-8"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "not UTF-8"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_no_table_is_refused(case, refused):
    content, words = BAD_FILES[case]
    assert words in refused(content)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(10**9)
    begin = time.perf_counter()
    with pytest.raises(InputError, match=rf"larger than {LARGEST_TABLE // 10**6} MB"):
        read_events(tmp_path / "huge.csv")
    assert time.perf_counter() - begin < 0.1


def test_a_file_without_size_is_not_read_without_end(monkeypatch):
    monkeypatch.setattr("euthymia.protocols.nonmem.LARGEST_TABLE", 1_000_000)
    with pytest.raises(InputError, match="larger than 1 MB"):
        read_events("/dev/zero")


def test_what_is_no_file_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing.csv", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match="events: cannot read"):
            read_events(path)


def again(subjects, folder):
    write_events(subjects, folder / "again.csv")
    return read_events(folder / "again.csv")


def on_the_course(subjects):
    """The same people with TIME as the clock of their course, as a table is written."""
    return [replace(subject, occasions=Subject("", None, (), ()).occasions) for subject in subjects]


def test_a_table_survives_being_written(table, tmp_path):
    subjects = table(*ROWS)
    assert again(subjects, tmp_path) == subjects


def test_what_is_written_is_short(table, tmp_path):
    again(table(*ROWS), tmp_path)
    lines = (tmp_path / "again.csv").read_text().splitlines()
    assert lines[0] == ",".join(WRITTEN)
    assert lines[1] == "1,0,40,60,1,1,.,.,.,1,80"
    assert "1,24,20,0,1,1,2,48,.,1,80" in lines
    assert "1,30,10,0,1,2,6,24,.,1,80" in lines
    assert len(lines) == 1 + len(ROWS) - 1


def test_a_subject_without_events_survives_being_written(tmp_path):
    subjects = [Subject("1", 80.0, (), ()), Subject("2", None, (), ())]
    assert again(subjects, tmp_path) == subjects


def test_repeats_of_a_subject_made_in_code_are_written_out(tmp_path):
    hourly = Dose.model_validate(BOLUS | {"start": "0.5 h", "every": "1 h", "times": 12})
    (found,) = again([subject(weight=80.0, doses=[Dose.model_validate(BOLUS | {"start": "10 h"}), hourly])], tmp_path)
    assert [dose.start for dose in found.doses] == sorted([10.0, *(0.5 + hour for hour in range(12))])


def in_milligrams(protocol):
    """Doses of a protocol as a table holds them."""
    weight = protocol.patient.weight
    return tuple(
        dose.with_canonical(amount=dose.milligrams(weight), per_weight=False) if dose.per_weight else dose for dose in protocol.doses
    )


@pytest.mark.parametrize("name", builtin_names())
def test_what_ships_survives_being_written(name, tmp_path):
    protocol = read(name)
    weighed = protocol.changed(patient=protocol.patient.changed(weight="71.3 kg"))
    (subject,) = again([weighed], tmp_path)
    assert subject_protocol(subject, protocol.horizon).doses == in_milligrams(weighed)
    assert (subject.name, subject.weight) == (name, 71.3)


def test_a_dose_per_weight_without_weight_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"'ketamine-iv' has a dose per kg and no weight"):
        write_events([read("ketamine-iv")], tmp_path / "table.csv")
    assert list(tmp_path.iterdir()) == []


hours = st.floats(0, 200) | st.integers(0, 200).map(float) | st.integers(0, 12_000).map(lambda minutes: minutes / 60)


@st.composite
def entries(draw):
    """A dose as a protocol states it."""
    drug = draw(st.sampled_from(sorted(OF_PEOPLE)))
    dose = {"drug": drug, "route": draw(st.sampled_from(OF_PEOPLE[drug]))}
    dose["amount"] = f"{draw(st.floats(1e-6, 1e4) | st.integers(1, 500))!r} {draw(st.sampled_from(['mg', 'mg/kg']))}"
    dose["start"] = f"{draw(hours)!r} h"
    if dose["route"] == "i.v. infusion":
        dose["duration"] = f"{draw(st.floats(0.001, 300) | st.integers(1, 3000).map(lambda minutes: minutes / 60))!r} h"
    if draw(st.booleans()):
        dose |= {"every": f"{draw(st.floats(0.01, 30) | st.sampled_from([12.0, 24.0, 0.1]))!r} h", "times": draw(st.integers(1, 12))}
    return dose


protocols = st.builds(
    lambda name, weight, doses: {
        "name": name,
        "title": name,
        "patient": {"weight": f"{weight!r} kg"},
        "horizon": "1000 h",
        "doses": sorted(doses, key=lambda dose: float(dose["start"].removesuffix(" h"))),
    },
    st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,63}\Z"),
    st.floats(26, 299),
    st.lists(entries(), max_size=4),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


@quick
@given(stated=protocols)
def test_doses_of_a_protocol_survive_a_table(stated, folder):
    protocol = check(stated)
    (subject,) = again([protocol], folder)
    back = subject_protocol(subject, protocol.horizon)
    doses = sorted(in_milligrams(protocol), key=lambda dose: (dose.start, dose.drug, dose.route, dose.amount, dose.duration or 0.0))
    assert list(back.doses) == doses
    assert back.patient.weight == protocol.patient.weight
    assert again([subject], folder) == [subject]
    assert again([back], folder)[0].doses == subject.doses


observed = st.builds(
    lambda time, concentration, where: Sample(time, concentration, *where),
    hours,
    st.floats(0, 1e6),
    st.sampled_from(sorted(OBSERVED_COMPARTMENTS.values())),
)
visible = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "NA") and name[0] not in "#@Cc" and not name[-1].isdigit()
)


@quick
@given(
    names=st.lists(visible, min_size=1, max_size=3, unique=True),
    weight=st.none() | st.floats(25, 300),
    observations=st.lists(observed, max_size=5),
)
def test_observations_survive_a_table(names, weight, observations, folder):
    ordered = tuple(sorted(observations, key=lambda each: each.time))
    subjects = [Subject(name, weight, (), ordered) for name in names]
    assert again(subjects, folder) == sorted(subjects, key=lambda subject: subject.name)


def subject(name="1", weight=None, doses=(), observations=()):
    return Subject(name, weight, tuple(doses), tuple(observations))


BOLUS = {"drug": "ketamine", "route": "i.v. bolus", "amount": "1 mg"}
CANNOT_BE_WRITTEN = {
    "nothing": ([], "holds no rows"),
    "name of nothing": ([subject("")], "column ID: missing"),
    "name of two lines": ([subject("a\nb")], "line 2"),
    "name of blanks": ([subject("a ")], "names"),
    "name that comments": ([subject("#1")], "holds no rows"),
    "number in another way": ([subject("1.0")], "a number is written 1, not 1.0"),
    "the same name twice": ([subject(), subject()], "names of subjects must differ"),
    "the same name again": ([subject(), subject("2"), subject()], "names of subjects must differ"),
    "no number": ([subject(observations=[Sample(0.0, float("nan"), "ketamine", "venous")])], "column DV: 'nan'"),
    "unknown molecule": ([subject(observations=[Sample(0.0, 1.0, "ketamin", "venous")])], "did you mean", "ketamine venous"),
    "unknown vessel": ([subject(observations=[Sample(0.0, 1.0, "ketamine", "urine")])], "'ketamine urine'"),
    "weight of a child": ([subject(weight=3.0)], "column WT: '3'"),
    "amount without end": (
        [subject(weight=80.0, doses=[Dose.model_validate(BOLUS | {"amount": "1e308 mg/kg"})])],
        "not a finite number of mg",
    ),
    "rate without end": (
        [subject(doses=[Dose.model_validate(BOLUS | {"amount": "1e308 mg", "route": "i.v. infusion", "duration": "1 min"})])],
        "column RATE",
    ),
    "too many doses": ([subject(doses=[Dose.model_validate(BOLUS | {"start": f"{hour**1.5} h"}) for hour in range(401)])], "at most 400"),
}


@pytest.mark.parametrize("case", CANNOT_BE_WRITTEN)
def test_what_could_not_be_read_back_is_not_written(case, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("mine")
    subjects, *words = CANNOT_BE_WRITTEN[case]
    with pytest.raises(InputError) as caught:
        write_events(subjects, path)
    line = printable_line(caught.value)
    assert all(word in line for word in words), line
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["write", "rename"])
def test_a_full_disk_leaves_what_was_there(failing, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    def half(path, text, *_, **__):
        path.write_bytes(text[:10].encode())
        fail()

    path = tmp_path / "table.csv"
    path.write_text("mine")
    if failing == "write":
        monkeypatch.setattr(Path, "write_text", half)
    else:
        monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(InputError, match="No space left on device"):
        write_events([subject()], path)
    assert path.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "missing" / "table.csv", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match="out: cannot write"):
            write_events([subject()], path)
    assert list(tmp_path.iterdir()) == []


SNIPPETS = (
    *",;\t\n\r\"'.#-+ 0123456789eE_\x00\x1b\x85\u2028\ufeff",
    *("nan", "-inf", "1e999", "1e-400", "1e400", "\r\n", '""', "101", "-1", "-2", "NA", "9" * 400, "x" * 200, "ID", "WT", "SS", "٤"),
)


@st.composite
def mutated(draw):
    """The bytes of a valid table with cells replaced, rows exchanged, and pieces put in and cut out."""
    lines = [HEADER, *ROWS]
    for _ in range(draw(st.integers(0, 2))):
        here, there = draw(st.tuples(*[st.integers(1, len(ROWS))] * 2))
        if draw(st.booleans()):
            lines[here], lines[there] = lines[there], lines[here]
        else:
            cells = lines[here].split(",")
            cells[draw(st.integers(0, len(cells) - 1))] = draw(st.sampled_from(SNIPPETS) | st.floats().map(str) | st.text(max_size=5))
            lines[here] = ",".join(cells)
    content = "\n".join(lines).encode()
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from([0, 0, 1, 5, 40])))
        piece = draw(st.sampled_from(SNIPPETS).map(str.encode) | st.binary(max_size=3))
        content = content[:start] + piece + content[end:]
    return content


@settings(quick, max_examples=1000)
@given(content=mutated())
@example(content=b"")
@example(content=f"{HEADER}\n{row(RATE='1e-308', AMT='1e308')}".encode())
@example(content=f"{HEADER}\n{row(TIME='-0')}".encode())
def test_any_table_is_read_or_one_line(content, folder):
    path = folder / "mutated.csv"
    path.write_bytes(content)
    try:
        subjects = read_events(path)
    except InputError as error:
        printable_line(error)
    else:
        assert all(isinstance(subject_protocol(each), Protocol) for each in subjects)
        assert subjects.note.isprintable()
        assert again(subjects, folder) == on_the_course(subjects)
