"""Tables that people really have: small files that were once refused or misread, and every column that changes what others mean."""

import math
import random
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest

from euthymia.core.errors import InputError
from euthymia.protocols import nonmem
from euthymia.protocols.nonmem import example_text, read_events, write_events
from euthymia.protocols.nonmem_columns import ALIASES, COLUMNS, MISSING
from euthymia.protocols.nonmem_layout import TableLayout
from euthymia.protocols.nonmem_table import parse_table
from euthymia.protocols.subjects import Occasion, Sample

CASES = Path(__file__).parents[1] / "cases"
INFUSION = ("ketamine", "i.v. infusion", 35.0, 0.0, 35 / 52.5)
SEEN = Sample(2.0, 50.0, "ketamine", "venous")


def case(name, **layout):
    return read_events(CASES / f"{name}.csv", TableLayout(**layout))


def dosed(subject):
    return [(dose.drug, dose.route, dose.amount, dose.start, dose.duration) for dose in subject.doses]


def table(*lines, header="ID,TIME,AMT,EVID,CMT,DV", **layout):
    return parse_table("\n".join([header, *lines]), "table.csv", TableLayout(**layout))


def refused(*lines, **options):
    with pytest.raises(InputError) as caught:
        table(*lines, **options)
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 1000
    return line


@pytest.mark.parametrize("name", ["na_missing", "ss0col", "blanklines_mid", "idfloat"])
def test_other_ways_to_say_the_same_are_read(name):
    (subject,) = case(name)
    assert (subject.name, dosed(subject), subject.observations) == ("1", [INFUSION], (SEEN,))


@pytest.mark.parametrize("name", ["evid2", "trailing_commas"])
def test_a_dose_beside_other_rows_is_read(name):
    (subject,) = case(name)
    assert (dosed(subject), subject.observations) == ([INFUSION], ())


def test_a_table_without_rate_holds_boluses():
    (subject,) = case("norate")
    assert (dosed(subject), subject.observations) == ([("ketamine", "i.v. bolus", 35.0, 0.0, None)], (SEEN,))


def test_a_reset_begins_another_occasion():
    (subject,) = case("evid3")
    assert dosed(subject) == [INFUSION]
    first, second = subject.occasions
    assert (first, second.time) == (Occasion(0.0, 0.0), 48.0)
    assert second.begins > 48.0
    assert subject.table_time(second.begins + 1) == 49.0


def test_a_duration_is_an_infusion_and_a_marked_row_is_not_used():
    base = case("fit-base")
    marked = case("fit-comment-column")
    assert marked == base
    assert marked.note == "1 line with a mark that takes it out not read"
    for one, other in zip(base, case("fit-duration-column"), strict=True):
        assert one.observations == other.observations
        assert dosed(one)[0][:4] == dosed(other)[0][:4]
        assert dosed(other)[0][4] == pytest.approx(dosed(one)[0][4], rel=1e-6)


def test_a_limit_is_no_value():
    base, censored = case("fit-base"), case("fit-censored")
    limits = [sample for subject in censored for sample in subject.observations if sample.limits]
    assert {sample.limits for sample in limits} == {(-math.inf, 10.0)}
    assert len(limits) == 5
    assert all(sample.concentration == 10.0 for sample in limits)
    assert [len(subject.observations) for subject in censored] == [len(subject.observations) for subject in base]


def test_a_unit_column_is_read():
    base, molar = case("fit-base"), case("fit-wrong-unit")
    for one, other in zip(base, molar, strict=True):
        assert {sample.unit for sample in other.observations} == {"µM"}
        for in_mass, in_moles in zip(one.observations, other.observations, strict=True):
            assert in_mass.concentration / in_moles.concentration == pytest.approx(237.7, rel=2e-3)


def test_several_molecules_are_told_apart_or_refused():
    with pytest.raises(InputError, match=r"line 3, column DVID: '1' is no compartment.*--measured 1=MOLECULE"):
        case("dvid")
    (subject,) = case("dvid", measured=("1=ketamine", "2=norketamine, arterial"))
    assert subject.observations == (SEEN, Sample(2.0, 20.0, "norketamine", "arterial"))


def test_covariates_are_fields_of_the_patient():
    (subject,) = case("sex_age")
    assert subject.patient() == {"weight": "70.0 kg", "age": 80.0, "sex": "female", "cyp2b6": "*6/*6"}
    (otherwise,) = case("sex_age", sex=("1=male", "2=female"))
    assert otherwise.sex == "male"


@pytest.mark.parametrize("name", ["public-layout", "public-layout-completed"])
def test_a_public_layout_reads_with_one_flag(name):
    subjects = case(name, drug="ketamine, i.v.")
    (subject,) = subjects
    assert (dosed(subject), subject.weight, subject.sex) == ([("ketamine", "i.v. bolus", 35.0, 0.0, None)], 61.0, "female")
    assert [(sample.time, sample.concentration) for sample in subject.observations] == [(0.0, 0.4), (2.0, 48.2), (19.0, -0.3)]
    assert "columns not used: 'ETN'" in subjects.note
    assert "SEX 0 is male and 1 female" in subjects.note


def test_rows_of_different_people_may_stand_in_any_order():
    lines = example_text().splitlines()
    by_person = {}
    for line in lines[2:]:
        by_person.setdefault(line.split(",")[1], []).append(line)
    usual = parse_table("\n".join(lines), "usual")
    order = [name for name, rows in by_person.items() for _ in rows]
    draw = random.Random(3)
    for _ in range(20):
        draw.shuffle(order)
        rows = {name: iter(own) for name, own in by_person.items()}
        assert parse_table("\n".join([lines[0], *(next(rows[name]) for name in order)]), "mixed") == usual


@pytest.mark.parametrize("missing", sorted(MISSING))
def test_spellings_of_a_missing_value_are_one(missing):
    usual = parse_table(example_text(), "usual")
    lines = [line.split(",") if not line.startswith("#") else [line] for line in example_text().splitlines()]
    assert parse_table("\n".join(",".join(missing if cell == "." else cell for cell in cells) for cells in lines), "other") == usual


def test_further_columns_change_nothing_and_are_named_once():
    usual = table("1,0,35,1,1,.", "1,2,.,0,101,50")
    more = table("9,1,0,35,1,1,.,x", "9,1,2,.,0,101,50,y", header="Study,ID,TIME,AMT,EVID,CMT,DV,Remark")
    assert (list(more), more.note) == (list(usual), "columns not used: 'STUDY', 'REMARK'")


def test_the_example_is_read_and_survives_being_written(tmp_path):
    subjects = parse_table(example_text(), "example")
    assert [len(subject.observations) for subject in subjects] == [14, 13, 14]
    assert any(sample.limits for subject in subjects for sample in subject.observations)
    write_events(subjects, tmp_path / "again.csv")
    assert read_events(tmp_path / "again.csv") == subjects


def test_the_number_of_rows_that_r_writes_is_not_a_column():
    assert table('"1",1,0,35,1,1,NA', '"2",1,2,NA,0,101,50', header='"","ID","TIME","AMT","EVID","CMT","DV"')[0].observations == (SEEN,)


@pytest.mark.parametrize("alias", ALIASES)
def test_other_names_of_columns(alias):
    values = {"DVID": "0", "WT": "70", "SEX": "male", "DVU": "ng/mL", "C": ".", "II": "12", "BLQ": ".", "CENS": "0"}
    usual = {"ID": "1", "TIME": "0", "AMT": "35", "EVID": "1", "CMT": "1", "DV": ".", "SS": "0", "RATE": "0", "DUR": "0"}
    beside = {"ADDL": {"II": "12"}, "II": {"ADDL": "1"}}.get(ALIASES[alias], {})
    cells = usual | beside | {ALIASES[alias]: (usual | values).get(ALIASES[alias], "1")}
    header, line = ",".join(cells), ",".join(cells.values())
    named, aliased = table(line, header=header), table(line, header=",".join(alias if name == ALIASES[alias] else name for name in cells))
    assert named == aliased
    assert aliased.note == named.note


@pytest.mark.parametrize(
    ("cells", "limits"),
    [
        ("5,1,.,.", (-math.inf, 5.0)),
        ("5,1,0,.", (0.0, 5.0)),
        ("500,-1,.,.", (500.0, math.inf)),
        ("500,-1,900,.", (500.0, 900.0)),
        (".,1,.,2", (-math.inf, 2.0)),
        ("1,1,.,2", (-math.inf, 2.0)),
        ("1.9,0,.,2", (-math.inf, 2.0)),
        ("2,0,.,2", None),
    ],
)
def test_censored_values_lie_between_limits(cells, limits):
    (subject,) = table("1,0,35,1,1,.,.,.,.", f"1,2,.,0,101,{cells}", header="ID,TIME,AMT,EVID,CMT,DV,CENS,LIMIT,LLOQ")
    assert subject.observations[0].limits == limits


@pytest.mark.parametrize(
    ("spelling", "unit", "factor"),
    [
        ("ng/mL", "ng/mL", 1),
        ("µg/L", "ng/mL", 1),
        ("mg/L", "ng/mL", 1e3),
        ("pg/mL", "ng/mL", 1e-3),
        ("nM", "µM", 1e-3),
        ("μmol/L", "µM", 1),
    ],
)
def test_units_of_concentration(spelling, unit, factor):
    (by_flag,) = table("1,0,35,1,1,.", "1,2,.,0,101,7", dv_unit=spelling)
    (by_column,) = table("1,0,35,1,1,.,.", f"1,2,.,0,101,7,{spelling}", header="ID,TIME,AMT,EVID,CMT,DV,DVU")
    assert by_flag == by_column
    assert (by_flag.observations[0].unit, by_flag.observations[0].concentration) == (unit, pytest.approx(7 * factor))


def test_drug_and_route_by_name():
    header = "ID,TIME,AMT,DRUG,ROUTE,DV"
    (subject,) = table("1,0,28,esketamine,intranasal,.", "1,24,10,Escitalopram,PO,.", "1,48,35,ketamine,iv,.", header=header)
    assert [(dose.drug, dose.route) for dose in subject.doses] == [
        ("esketamine", "nasal"),
        ("escitalopram", "oral"),
        ("ketamine", "i.v. bolus"),
    ]
    (stated,) = table("1,0,10", header="ID,TIME,AMT", drug="escitalopram")
    assert [(dose.drug, dose.route) for dose in stated.doses] == [("escitalopram", "oral")]


def test_a_time_before_zero_moves_the_course():
    (subject,) = table("1,-0.5,.,0,101,0", "1,0,35,1,1,.", "1,2,.,0,101,50")
    assert [sample.time for sample in subject.observations] == [0.0, 2.5]
    assert subject.doses[0].start == 0.5
    assert [subject.table_time(sample.time) for sample in subject.observations] == [-0.5, 2.0]


def test_a_reset_stops_doses_that_were_still_to_come():
    header = "ID,TIME,AMT,RATE,EVID,CMT,ADDL,II"
    (subject,) = table("1,0,10,.,1,2,9,24", "1,40,100,10,1,1,.,.", "1,45,.,.,3,.,.,.", "1,0,20,.,4,2,.,.", header=header)
    first, second = subject.occasions[1:]
    assert (first.time, second.time) == (45.0, 0.0)
    oral = [dose for dose in subject.doses if dose.drug == "escitalopram"]
    assert [(dose.start, dose.amount) for dose in oral] == [(0.0, 10.0), (24.0, 10.0), (second.begins, 20.0)]
    (infusion,) = (dose for dose in subject.doses if dose.drug == "ketamine")
    assert (infusion.start, infusion.duration, infusion.amount) == (40.0, 5.0, 50.0)


FAULTS = {
    "two ways to say an infusion": (["1,0,35,1,1,.,52.5,1"], ",RATE,DUR", "column DUR: '1' stands beside a RATE of 52.5"),
    "steady state without interval": (["1,0,35,1,1,.,1"], ",SS", "column SS: '1' stands without II"),
    "another steady state": (["1,0,35,1,1,.,2,24"], ",SS,II", "column SS: '2' is not supported; allowed: 0"),
    "weight that changes": (["1,0,35,1,1,.,70", "1,2,.,0,101,5,71"], ",WT", "column WT: '71' differs from the 70 kg"),
    "age that changes": (["1,0,35,1,1,.,70", "1,2,.,0,101,5,71"], ",AGE", "column AGE: '71' differs from the 70 years"),
    "sex that changes": (["1,0,35,1,1,.,male", "1,2,.,0,101,5,F"], ",SEX", "column SEX: 'F' differs from the male"),
    "genotype that changes": (
        ["1,0,35,1,1,.,*1/*1", "1,2,.,0,101,5,*1/*6"],
        ",CYP2B6",
        "one cyp2b6; a change in time is not",
    ),
    "unknown sex": (["1,0,35,1,1,.,3"], ",SEX", "column SEX: '3' is not allowed; allowed: male, female, 0 (male), 1 (female)"),
    "unknown genotype": (["1,0,35,1,1,.,*1/*9"], ",CYP2B6", "column CYP2B6: '*1/*9' is not allowed; allowed: *1/*1, *1/*6, *6/*6"),
    "unknown liver": (["1,0,35,1,1,.,severe"], ",LIVER", "column LIVER: 'severe' is not allowed; allowed: normal, mild impairment"),
    "unknown unit": (["1,2,.,0,101,5,furlong"], ",DVU", "column DVU: 'furlong' is not a unit of concentration; allowed: ng/mL"),
    "no unit where others have one": (["1,2,.,0,101,5,."], ",DVU", "column DVU: missing beside a DV"),
    "minutes": (["1,0,35,1,1,.,min"], ",TIMEUNIT", "column TIMEUNIT: 'min' is not supported; allowed: h"),
    "grams": (["1,0,35,1,1,.,g"], ",DOSEU", "column DOSEU: 'g' is not supported; allowed: mg"),
    "limit without a value": (["1,2,.,0,101,.,1"], ",CENS", "column DV: missing with a CENS; write the limit"),
    "limits the wrong way round": (["1,2,.,0,101,5,1,6"], ",CENS,LIMIT", "column LIMIT: '6' is not below the limit of 5"),
    "value above its limit": (["1,2,.,0,101,5,1,2"], ",CENS,LLOQ", "column DV: '5' is above the LLOQ of 2"),
    "below a limit that is not told": (["1,2,.,0,101,5,1"], ",BLQ", "column BLQ: '1' stands without LLOQ"),
    "unknown censoring": (["1,2,.,0,101,5,2"], ",CENS", "column CENS: '2' is not supported; allowed: 0 (a value), 1 (below the limit)"),
    "a value in words": (["1,2,.,0,101,<5"], "", "column DV: '<5' is not a finite number", "CENS 1 with the limit in DV"),
    "decimal comma": (['1,2,.,0,101,"1,5"'], "", "column DV: '1,5' is not a finite number", "a point in decimals"),
    "unknown molecule": (["1,2,.,0,101,5,morphine"], ",DVID", "column DVID: there is no 'morphine'"),
    "unknown drug": (["1,0,35,1,1,.,morphine"], ",DRUG", "column DRUG: there is no 'morphine'"),
    "route that is not plain": (["1,0,35,1,1,.,ketamine"], ",DRUG", "how 'ketamine' is given is not plain; add a route (i.v."),
    "route without drug": (["1,0,35,1,1,.,nasal"], ",ROUTE", "column ROUTE: 'nasal' stands without a DRUG"),
    "several ways to give": (["1,0,35,1,1,.,1", "1,9,35,1,1,.,2"], ",ADM", "column ADM: '2' beside 1"),
    "lag": (["1,0,35,1,1,.,0.5"], ",ALAG1", "column ALAG1: '0.5' would change a dose"),
    "several data sets": (["1,0,35,1,1,.,1", "1,0,35,1,1,.,2"], ",REP", "column REP: '2' beside 1: tells several data sets apart"),
    "calendar dates": (["1,0,35,1,1,.,2020-01-01"], ",DATE", "column DATE: calendar dates are not supported"),
    "marked ID": (["1,0,35,1,1,.", "C1,2,.,0,101,50"], "", "column ID: 'C1' stands among numbers"),
    "one number in two ways": (["1,0,35,1,1,.", "01,2,.,0,101,50"], "", "'1' and '01' are one number"),
    "dose without amount": (["1,0,.,1,1,."], "", "column AMT: missing on a dose row (EVID 1); write mg"),
    "too many doses to a steady state": (
        ["1,0,10,1,1,.,1,0.5"],
        ",SS,II",
        "481 doses",
        "480 of them towards its steady state",
    ),
    "beyond a year": ([f"1,{200 * n},10,{4 if n else 1},29,." for n in range(9)], "", "ID '1' ends at", "one year"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_meant_is_one_line(name):
    lines, columns, *words = FAULTS[name]
    line = refused(*lines, header=f"ID,TIME,AMT,EVID,CMT,DV{columns}")
    assert line.startswith("events: table.csv ")
    assert all(word in line for word in words), line


LAYOUTS = {
    "unknown drug": ({"drug": "morphine"}, "drug: there is no 'morphine'"),
    "route not plain": ({"drug": "ketamine"}, "drug: how 'ketamine' is given is not plain; add a route"),
    "no such way": ({"drug": "escitalopram", "route": "i.v."}, "drug: how 'escitalopram' is given is not plain; add a route (oral)"),
    "route alone": ({"route": "oral"}, "route: 'oral' stands without a drug"),
    "unknown molecule": ({"measured": ("norketamin",)}, "did you mean norketamine"),
    "two for all": ({"measured": ("ketamine", "norketamine")}, "write NUMBER=MOLECULE"),
    "no number": ({"measured": ("x=ketamine",)}, "'x' in 'x=ketamine' is not a number"),
    "number twice": ({"measured": ("1=ketamine", "1=norketamine")}, "1 stands there twice"),
    "unit": ({"dv_unit": "mg"}, "dv-unit: 'mg' is not a unit of concentration"),
    "sex": ({"sex": ("male",)}, "'male' is not NUMBER=SEX"),
    "unknown sex": ({"sex": ("1=man",)}, "did you mean male"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_that_cannot_be_meant_is_one_line(name):
    stated, words = LAYOUTS[name]
    with pytest.raises(InputError) as caught:
        parse_table("ID,TIME,AMT,DV\n1,0,35,.\n", "table.csv", TableLayout(**stated))
    assert words in str(caught.value)


def test_a_flag_that_would_hide_a_difference_is_refused():
    assert "column CMT: '2' stands on doses beside '1'" in refused("1,0,35,1,1,.", "1,9,35,1,2,.", drug="ketamine, i.v.")
    assert "column CMT: '3' stands on observations beside '2'" in refused(
        "1,0,35,1,1,.", "1,1,.,0,2,5", "1,1,.,0,3,5", drug="ketamine, i.v."
    )
    assert "contradicts --dv-unit nM" in refused("1,2,.,0,101,5,mg/L", header="ID,TIME,AMT,EVID,CMT,DV,DVU", dv_unit="nM")


def test_a_single_text_is_one_of_several():
    assert TableLayout(drug="ketamine, i.v.", measured="norketamine") == TableLayout(drug="ketamine, i.v.", measured=("norketamine",))


@pytest.mark.parametrize(
    ("stated", "words"), [("drug=3", "drug: 3 is no text"), ("measured={'2': 'ketamine'}", "neither a text nor several")]
)
def test_what_is_no_text_is_one_line(stated, words):
    # In a process of its own, since in this one types are checked before.
    code = f"from euthymia.protocols.nonmem_layout import TableLayout\nTableLayout({stated})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].startswith("euthymia.core.errors.InputError: ")
    assert words in done.stderr


def test_the_route_of_a_row_stands_beside_the_drug_of_a_layout():
    (subject,) = parse_table("ID,TIME,AMT,ROUTE,DV\n1,0,100,PO,.\n1,1,.,.,30\n", "table.csv", TableLayout(drug="ketamine"))
    assert [(dose.drug, dose.route) for dose in subject.doses] == [("ketamine", "oral")]
    said = refused("1,0,100,1,PO,.", header="ID,TIME,AMT,EVID,ROUTE,DV", drug="ketamine, i.v.")
    assert "column ROUTE: 'PO' contradicts --drug, which says ketamine, i.v." in said


def test_a_number_of_ours_that_a_layout_overrules_is_told():
    note = table("1,0,35,1,11,.", "1,1,.,0,101,50", drug="ketamine, i.v.").note
    assert "CMT 11 of doses is ketamine, i.v., as --drug says, not ketamine, oral" in note


UNMEANT = {
    "unit of a dose": ("1,0,35000,1,1,.,ug", "UNIT", "column UNIT (DVU): 'ug' stands on a dose row"),
    "dose per weight": ("1,0,0.5,1,1,.,mg/kg", "DVUNIT", "column DVUNIT (DVU): 'mg/kg' stands on a dose row"),
    "unit of time": ("1,0,35,1,1,.,min", "TIME_UNITS", "allowed: h"),
    "unit of amount": ("1,0,35,1,1,.,ug", "DOSE_UNIT", "allowed: mg"),
    "duration of a model": ("1,0,35,1,1,.,0.5", "D1", "would change a dose"),
    "lag": ("1,0,35,1,1,.,0.5", "LAGTIME", "would change a dose"),
    "bioavailability": ("1,0,35,1,1,.,0.5", "F1", "would change a dose"),
    "number of doses": ("1,0,35,1,1,.,3", "NDOSES", "ADDL"),
    "zero as a limit": ("1,2,.,0,101,0,1", "CENS", "is no limit (CENS 1)"),
    "below a limit that is not stated": ("1,2,.,0,101,.,1", "BLOQ", "stands without LLOQ"),
    "two kinds of samples": (("1,2,.,0,101,5,plasma", "1,3,.,0,101,5,urine"), "MATRIX", "tells kinds of samples apart"),
}


@pytest.mark.parametrize("name", UNMEANT)
def test_what_would_change_the_meaning_of_a_row_is_refused(name):
    lines, column, said = UNMEANT[name]
    assert said in refused(*([lines] if isinstance(lines, str) else lines), header=f"ID,TIME,AMT,EVID,CMT,DV,{column}")


def test_a_neutral_bioavailability_and_the_unit_of_samples_on_a_dose_row_change_nothing():
    plain = table("1,0,35,1,1,.", "1,2,.,0,101,50")
    assert table("1,0,35,1,1,.,1", "1,2,.,0,101,50,1", header="ID,TIME,AMT,EVID,CMT,DV,F1") == plain
    assert table("1,0,35,1,1,.,ng/mL", "1,2,.,0,101,50,ng/mL", header="ID,TIME,AMT,EVID,CMT,DV,UNIT") == plain
    assert table("1,0,35,1,1,.,mg", "1,2,.,0,101,50,ng/mL", header="ID,TIME,AMT,EVID,CMT,DV,UNIT") == plain


def test_an_analyte_by_name_is_what_was_measured():
    (subject,) = table("1,0,35,1,1,.,ketamine", "1,2,.,0,.,50,norketamine", header="ID,TIME,AMT,EVID,CMT,DV,ANALYTE")
    assert [sample.molecule for sample in subject.observations] == ["norketamine"]


def test_people_stand_in_the_order_of_the_numbers_in_their_names():
    rows = [f"{name},0,35,1,1,." for name in ("P10", "P2", "b", "P1", "10", "9", "a2x", "a10")]
    assert [person.name for person in table(*rows)] == ["9", "10", "P1", "P2", "P10", "a2x", "a10", "b"]


def test_every_column_is_read_or_needed():
    # A column in the list that no row asks for would be dropped in silence.
    modules = Path(nonmem.__file__).parent.glob("nonmem_*.py")
    read = "".join(path.read_text("utf-8") for path in modules if "columns" not in path.name)
    assert [column for column in COLUMNS if f'"{column}"' not in read] == []


@pytest.mark.parametrize(
    "cell", ["1" * 100_000 + "x", "1." * 50_000, "1e" + "1" * 100_000, "-" * 100_000], ids=["digits", "points", "exponent", "signs"]
)
def test_a_cell_of_any_length_is_refused_within_a_second(cell):
    begin = time.thread_time()
    assert "column AMT" in refused(f"1,0,{cell},1,1,.")
    assert time.thread_time() - begin < 1


def test_faulty_rows_take_no_more_memory_than_the_table():
    text = "ID,TIME,AMT\n" + "1,0,x\n" * 400_000
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="the first of 400000 faulty rows"):
            parse_table(text, "table.csv")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The lines themselves are a list of short texts, sixty bytes each.
    assert peak < 25 * len(text)


def test_a_header_of_many_columns_is_checked_within_a_second():
    begin = time.thread_time()
    with pytest.raises(InputError, match="at most 1000 are allowed"):
        parse_table(",".join(["ID", "TIME", "AMT", *(f"X{number}" for number in range(200_000))]) + "\n", "table.csv")
    assert time.thread_time() - begin < 1
