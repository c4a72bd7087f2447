"""Any text or data becomes a protocol or one short line; every protocol survives being written."""

import datetime

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from euthymia.core.errors import InputError
from euthymia.core.units import SPELLINGS, quantity
from euthymia.protocols.dose import DOSE_FIELDS, Titration
from euthymia.protocols.patient import Patient
from euthymia.protocols.protocol import Protocol
from euthymia.protocols.reading import builtin_names, change, check, parse, patient_fields, read, text_of
from euthymia.protocols.vocabulary import CONDITIONS, CONTEXTS, ROUTES, ROUTES_OF, SHORTEST_RUN

quick = settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])


def protocol_or_one_line(read, *given):
    try:
        assert isinstance(read(*given), Protocol)
    except InputError as error:
        line = str(error)
        assert line.strip()
        assert len(line.splitlines()) == 1, line
        assert len(line) < 1000, line


def spelled(kind, lowest, highest):
    """Quantities of a kind within bounds in its canonical unit, in any spelling."""
    return st.builds(
        lambda unit, number: f"{number / SPELLINGS[kind][unit]!r} {unit}",
        st.sampled_from(sorted(SPELLINGS[kind])),
        st.floats(lowest, highest),
    )


HORIZON = 1000.0
printable = st.text(st.characters(exclude_categories=("C", "Z")) | st.just(" "), max_size=200)
amounts = spelled("dose per weight", 1e-6, 1e3) | spelled("dose", 1e-6, 1e5)
into_a_vein = st.sampled_from(sorted(drug for drug, routes in ROUTES_OF.items() if "oral" not in routes))
tablets = st.sampled_from(sorted(drug for drug, routes in ROUTES_OF.items() if "oral" in routes))


@st.composite
def entries(draw, **fields):
    """A dose, once or repeated in any way; a taper does not go down to zero."""
    dose = draw(st.fixed_dictionaries({"amount": amounts, "start": spelled("time", 0, 200)} | fields))
    if draw(st.booleans()):
        return dose
    every, times = draw(st.floats(0.01, 30)), draw(st.integers(1, 12))
    shares = sorted(draw(st.sets(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.875]), min_size=1)))
    dose |= {"every": f"{every!r} h", "times": times}
    if draw(st.booleans()):
        dose["at"] = [f"{share * every!r} h" for share in shares]
    else:
        shares = [0.0]
    if times > 1 and draw(st.booleans()):
        amount, unit = dose["amount"].split()
        by, to = draw(st.sampled_from([(0.3, 2.0), (1.0, 3.0), (9.0, 4.0), (-0.2, 0.5), (-0.5, 0.1)]))
        step = draw(st.sampled_from([0.5, 1.0, times - 1.0])) * every
        dose["titrate"] = {"by": f"{by * float(amount)!r} {unit}", "every": f"{step!r} h", "to": f"{to * float(amount)!r} {unit}"}
    if draw(st.booleans()):
        numbers = st.integers(1, times * len(shares))
        dose["missed"] = sorted(draw(st.sets(numbers, max_size=times * len(shares) - 1)))
    return dose


infusions = entries(drug=into_a_vein, route=st.just("i.v. infusion"), duration=spelled("time", 0.001, 400))
boluses = entries(drug=into_a_vein, route=st.just("i.v. bolus"))
swallowed = entries(drug=tablets, route=st.just("oral"))
patients = st.fixed_dictionaries(
    {},
    optional={
        "condition": st.sampled_from(CONDITIONS),
        "weight": spelled("weight", 26, 299),
        "madrs": st.floats(0, 60) | st.integers(0, 60),
        "stress": st.floats(0, 1) | st.integers(0, 1),
    },
)
valid = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,63}\Z"),
        "title": printable,
        "horizon": spelled("time", 970, HORIZON),
    },
    optional={
        "source": printable,
        "context": st.sampled_from(CONTEXTS),
        "patient": patients,
        "visits": st.sets(st.integers(0, 960), max_size=6).map(lambda hours: [f"{each} h" for each in sorted(hours)]),
        "doses": st.lists(infusions | boluses | swallowed, max_size=4).map(
            lambda doses: sorted(doses, key=lambda dose: quantity("start", dose["start"], "time")[0])
        ),
    },
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(300, 5000).map(lambda digits: 10**digits)
    | st.floats()
    | st.text(max_size=30)
    | st.text(min_size=1, max_size=3).map(lambda text: text * 700)
    | st.binary(max_size=10)
    | st.dates()
    | st.just(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    | st.builds(lambda number, unit: f"{number} {unit}", st.floats(), st.sampled_from(["mg/kg", "mg", "g", "h", "d", "kg", "lb", "", "x"]))
    | st.sampled_from([*ROUTES_OF, *ROUTES, *CONTEXTS, "depressed"])
)
keys = (
    st.sampled_from([*Protocol.model_fields, *Patient.model_fields, *DOSE_FIELDS, *Titration.model_fields, "per_weight"])
    | st.text(max_size=20)
    | scalars
)
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=8)


@st.composite
def nearly_valid(draw):
    """A valid protocol with a few parts replaced, added or taken away."""
    data = draw(valid)
    for _ in range(draw(st.integers(1, 3))):
        doses = data["doses"] if isinstance(data.get("doses"), list) else []
        inner = [data, data.get("patient"), *doses, *(each.get("titrate") for each in doses if isinstance(each, dict))]
        target = draw(st.sampled_from([each for each in inner if isinstance(each, dict)]))
        present = st.sampled_from(sorted(target, key=repr)) if target else keys
        field = draw(present | keys)
        if draw(st.booleans()):
            target[field] = draw(anything)
        else:
            target.pop(field, None)
    return data


@quick
@given(nearly_valid())
@example({"name": "a", "title": "t", "patient": {"madrs": 10**400}})
@example({"name": "a", "title": "t", "horizon": 10**5000})
@example({"name": "a", "title": "t", "doses": [{"drug": "ketamine", "amount": "1e306 g", "route": "i.v. bolus"}]})
def test_any_data_is_a_protocol_or_one_line(data):
    protocol_or_one_line(check, data)


@quick
@given(st.dictionaries(keys, anything, max_size=6))
def test_any_mapping_is_a_protocol_or_one_line(data):
    protocol_or_one_line(check, data)


TAGS = ("int", "float", "bool", "null", "timestamp", "binary", "omap", "pairs", "set", "seq", "map", "str", "merge", "value")
SNIPPETS = (
    *"{}[]:,-?&*!|>'\"%@`#\t\n ~=",
    *("&a ", "*a", "<<: ", "? ", ": ", "- ", "---\n", "...\n", "%YAML 1.1\n---\n", "%YAML 1.3\n---\n", "%TAG ! !x\n---\n"),
    *("\x00", "\x1b", "\x85", "\u2028", "\ufeff", "\U0001f600", '"\\ud800"', '"\\UFFFFFFFF"', "\r"),
    *(".nan", "-.inf", "1e400", "0x", "0o", "1_0", "1:60", "2020-13-45", "2020-01-01", "yes", "null", "!!python/object:os.system "),
    *(f"!!{tag} " for tag in TAGS),
    *(f"!!{tag} ''" for tag in TAGS),
)


@quick
@given(valid, st.data())
def test_a_valid_text_with_pieces_put_in_doubled_and_cut_out_is_a_protocol_or_one_line(stated, data):
    text = text_of(check(stated))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from([0, 0, 1, 5, 40])))
        text = text[:start] + data.draw(st.sampled_from(SNIPPETS) | st.text(max_size=5)) + text[end:]
    protocol_or_one_line(parse, text, "mine.yaml")


@quick
@given(st.lists(st.sampled_from(SNIPPETS) | st.sampled_from(["name", "a", "1"]), max_size=20).map("".join))
def test_any_text_is_a_protocol_or_one_line(text):
    protocol_or_one_line(parse, text, "mine.yaml")


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("value", ["''", "_", "+", "x", ".", "[a]", "{a: b}"])
def test_a_tag_that_does_not_fit_is_one_line(tag, value):
    protocol_or_one_line(parse, f"name: a\ntitle: t\nsource: !!{tag} {value}\n", "mine.yaml")


@quick
@given(valid)
@example({"name": "a", "title": " leading, trailing and # : - "})
@example({"name": "1e5", "title": "null", "source": "~"})
def test_a_protocol_survives_being_written_and_read(data):
    protocol = check(data)
    assert parse(text_of(protocol), "mine.yaml") == protocol


@quick
@given(valid)
def test_every_repeat_is_a_dose_of_its_own_in_order_of_time(data):
    protocol = check(data)
    entries = data.get("doses", ())
    assert len(protocol.doses) == sum(each.get("times", 1) * len(each.get("at", [0])) - len(each.get("missed", ())) for each in entries)
    assert all(set(dose.model_dump(exclude_none=True)) <= {*ONE_DOSE, "duration"} for dose in protocol.doses)
    assert all(first.start <= second.start for first, second in zip(protocol.doses, protocol.doses[1:], strict=False))


ONE_DOSE = {"drug", "amount", "route", "start"}
TABLET = {"drug": "escitalopram", "amount": "10 mg", "route": "oral"}


def course(*doses):
    return check({"name": "a", "title": "t", "horizon": "60 d", "doses": list(doses)})


def test_repeats_are_evenly_spaced_and_written_back_as_one_entry():
    protocol = course(TABLET | {"start": "1 d", "every": "1 d", "times": 42})
    assert [dose.start for dose in protocol.doses] == [24.0 * day for day in range(1, 43)]
    (entry,) = protocol.stated()["doses"]
    assert entry["every"] == "24.0 h"
    assert entry["times"] == 42


@pytest.mark.parametrize("start", ["0.1 h", "7 min", "0.3 d", "123456 s"])
@pytest.mark.parametrize("every", ["1 d", "7 h", "100 min", "0.1 d"])
def test_an_odd_start_or_interval_stays_one_entry(start, every):
    assert len(course(TABLET | {"start": start, "every": every, "times": 30}).stated()["doses"]) == 1


def test_repeats_written_one_by_one_are_the_same_protocol():
    one_by_one = course(*(TABLET | {"start": f"{day} d"} for day in range(10)))
    assert one_by_one == course(TABLET | {"every": "1 d", "times": 10})
    assert len(one_by_one.stated()["doses"]) == 1


def given_of(protocol):
    return [(dose.start / 24, dose.amount) for dose in protocol.doses]


def test_times_of_a_period_are_entries_of_their_own():
    twice = course(TABLET | {"start": "1 d", "every": "7 d", "times": 4, "at": ["0 d", "3 d"]})
    assert [dose.start / 24 for dose in twice.doses] == [1, 4, 8, 11, 15, 18, 22, 25]
    weekly = {"every": "7 d", "times": 4}
    assert twice == course(TABLET | weekly | {"start": "1 d"}, TABLET | weekly | {"start": "4 d"})
    assert [entry["start"] for entry in twice.stated()["doses"]] == ["24.0 h", "96.0 h"]


def test_evenly_spaced_times_of_a_day_stay_one_entry():
    (entry,) = course(TABLET | {"every": "1 d", "times": 40, "at": ["8 h", "20 h"]}).stated()["doses"]
    assert (entry["start"], entry["every"], entry["times"]) == ("8.0 h", "12.0 h", 80)


@pytest.mark.parametrize("times_of_day", [["8 h", "13 h", "18 h"], ["7 h", "8 h", "12 h", "13 h", "18 h", "19.5 h", "22 h", "23.5 h"]])
def test_uneven_times_of_a_day_are_one_entry_each(times_of_day):
    protocol = course(TABLET | {"every": "1 d", "times": 50, "at": times_of_day})
    assert len(protocol.stated()["doses"]) == len(times_of_day)


def test_a_titration_is_its_steps_one_after_the_other():
    daily = TABLET | {"every": "1 d", "times": 7}
    titrated = course(TABLET | {"amount": "5 mg", "every": "1 d", "times": 35, "titrate": {"by": "5 mg", "every": "7 d", "to": "20 mg"}})
    assert titrated == course(*(daily | {"amount": f"{min(5 + 5 * week, 20)} mg", "start": f"{7 * week} d"} for week in range(5)))
    assert [entry["times"] for entry in titrated.stated()["doses"]] == [7, 7, 7, 14]


def test_a_taper_to_zero_ends_the_doses():
    taper = {"by": "-5 mg", "every": "2 d", "to": "0 mg"}
    protocol = course(TABLET | {"every": "1 d", "times": 30, "titrate": taper})
    assert given_of(protocol) == [(0, 10), (1, 10), (2, 5), (3, 5)]
    assert given_of(course(TABLET | {"every": "1 d", "times": 30, "titrate": taper | {"by": "-4 mg"}}))[-1] == (5, 2)


@pytest.mark.parametrize("unit", ["mg", "g", "mg/kg", "ug/kg"])
def test_steps_add_up_as_decimals(unit):
    rising = {"every": "1 d", "times": 6, "titrate": {"by": f"0.1 {unit}", "every": "1 d", "to": f"0.5 {unit}"}}
    one_by_one = course(
        *(TABLET | {"amount": f"{share} {unit}", "start": f"{day} d"} for day, share in enumerate([0.1, 0.2, 0.3, 0.4, 0.5, 0.5]))
    )
    assert course(TABLET | {"amount": f"0.1 {unit}"} | rising) == one_by_one
    falling = {"every": "1 d", "times": 6, "titrate": {"by": f"-0.1 {unit}", "every": "1 d", "to": f"0 {unit}"}}
    assert len(course(TABLET | {"amount": f"0.3 {unit}"} | falling).doses) == 3


@quick
@given(amount=st.floats(1e-6, 1e6), by=st.floats(1e-9, 1e9), to=st.floats(0, 1e7), step=st.floats(0.001, 1000), start=st.floats(0, 100))
def test_a_titration_begins_as_stated_and_never_turns_or_passes_its_end(amount, by, to, step, start):
    up = to > amount
    assume(to != amount)
    titrate = {"by": f"{by if up else -by!r} mg", "every": f"{step!r} h", "to": f"{to!r} mg"}
    amounts = [
        dose.amount
        for dose in course(
            TABLET | {"amount": f"{amount!r} mg", "start": f"{start!r} h", "every": "1 d", "times": 50, "titrate": titrate}
        ).doses
    ]
    assert amounts[0] == amount
    assert amounts == sorted(amounts, reverse=not up)
    assert max(amounts) <= to if up else min(amounts) >= to
    assert all(each > 0 for each in amounts)


def test_missed_doses_are_left_out_and_the_others_stay_where_they_are():
    every_day = {"every": "1 d", "times": 40, "titrate": {"by": "-1 mg", "every": "10 d", "to": "7 mg"}}
    protocol, whole = course(TABLET | every_day | {"missed": [40, 3, 4]}), course(TABLET | every_day)
    assert given_of(protocol) == [each for number, each in enumerate(given_of(whole), 1) if number not in (3, 4, 40)]


def test_a_missed_dose_does_not_part_the_others():
    entries = course(TABLET | {"every": "1 d", "times": 42, "missed": [3, 4]}).stated()["doses"]
    assert [entry.get("times", 1) for entry in entries] == [1, 1, 38]


def test_doses_missed_are_numbered_in_order_of_time():
    twice = {"every": "1 d", "times": 2, "at": ["8 h", "20 h"]}
    assert [dose.start for dose in course(TABLET | twice | {"missed": [2]}).doses] == [8, 32, 44]


def test_courses_that_interleave_keep_apart():
    ketamine = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "duration": "40 min"}
    protocol = course(
        TABLET | {"every": "1 d", "times": 42}, ketamine | {"start": "2 d", "every": "3 d", "times": 6}, TABLET | {"start": "50 d"}
    )
    assert [dose.drug for dose in protocol.doses[:5]] == ["escitalopram"] * 3 + ["ketamine", "escitalopram"]
    assert len(protocol.stated()["doses"]) == 3
    assert parse(text_of(protocol), "mine.yaml") == protocol


def test_equal_doses_at_one_time_stay_several():
    protocol = course(*[TABLET] * 4)
    assert len(protocol.doses) == 4
    assert parse(text_of(protocol), "mine.yaml") == protocol


def test_a_pair_is_written_one_by_one():
    assert SHORTEST_RUN == 3
    assert len(course(TABLET | {"every": "7 d", "times": 2}).stated()["doses"]) == 2


@pytest.mark.parametrize("name", builtin_names())
def test_what_ships_survives_being_written(name):
    assert parse(text_of(read(name)), "mine.yaml") == read(name)


@quick
@given(valid, patients)
def test_another_patient_changes_nothing_else(data, patient):
    protocol = check(data)
    changed = change(protocol, patient)
    assert changed.model_copy(update={"patient": protocol.patient}) == protocol
    assert changed.patient == check(data | {"patient": data.get("patient", {}) | patient}).patient


@quick
@given(st.lists(st.text(max_size=20) | st.builds("{}={}".format, st.sampled_from(["madrs", "stress", "weight", "condition"]), st.text())))
def test_any_words_about_a_patient_are_a_protocol_or_one_line(words):
    protocol_or_one_line(lambda: change(read("saline"), patient_fields(tuple(words))))


@quick
@given(st.sampled_from([["time"], ["weight"], ["dose per weight", "dose"]]), st.data())
def test_a_quantity_is_read_in_every_spelling_of_its_unit(kinds, data):
    kind = data.draw(st.sampled_from(kinds))
    unit = data.draw(st.sampled_from(sorted(SPELLINGS[kind])))
    number = data.draw(st.floats(-1e9, 1e9))
    for text in (f"{number!r} {unit}", f"{number!r}{unit}", f"  {number!r}   {unit} "):
        assert quantity("field", text, *kinds) == (number * SPELLINGS[kind][unit], kind)


words = st.lists(st.text(st.sampled_from("aé-#:'\"x1"), min_size=1, max_size=40), min_size=2, max_size=12)


@quick
@given(words.map("  ".join).filter(lambda text: len(text) <= 200), st.sampled_from(["title", "source"]))
@example("a   " * 40 + ".", "title")
@example("é  ü" * 40, "source")
def test_spaces_beside_each_other_survive_in_a_line_of_any_length(text, field):
    protocol = check(read("ketamine-iv").stated() | {field: text})
    again = parse(text_of(protocol), "written")
    assert (again, getattr(again, field)) == (protocol, text)
