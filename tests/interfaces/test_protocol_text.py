"""Any text or data becomes a protocol or one short line; every protocol survives being written."""

import datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from euthymia.core.errors import InputError
from euthymia.core.units import SPELLINGS, quantity
from euthymia.protocols.protocol import CONDITIONS, CONTEXTS, DOSE_FIELDS, ROUTES, ROUTES_OF, SHORTEST_RUN, Patient, Protocol
from euthymia.protocols.reading import builtin_names, change, check, parse, patient_fields, read, text_of, written

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
repeated = st.just({}) | st.fixed_dictionaries({"every": spelled("time", 0.01, 30), "times": st.integers(1, 12)})


def entries(**fields):
    return st.builds(
        lambda dose, repeat: dose | repeat, st.fixed_dictionaries({"amount": amounts, "start": spelled("time", 0, 200)} | fields), repeated
    )


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
        "horizon": spelled("time", 950, HORIZON),
    },
    optional={
        "source": printable,
        "context": st.sampled_from(CONTEXTS),
        "patient": patients,
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
keys = st.sampled_from([*Protocol.model_fields, *Patient.model_fields, *DOSE_FIELDS, "per_weight"]) | st.text(max_size=20) | scalars
anything = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=8)


@st.composite
def nearly_valid(draw):
    """A valid protocol with a few parts replaced, added or taken away."""
    data = draw(valid)
    for _ in range(draw(st.integers(1, 3))):
        inner = [data, data.get("patient"), *(data["doses"] if isinstance(data.get("doses"), list) else ())]
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


@st.composite
def broken_text(draw):
    """The text of a valid protocol with pieces put in, doubled and cut out."""
    text = text_of(check(draw(valid)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 5, 40])))
        text = text[:start] + draw(st.sampled_from(SNIPPETS) | st.text(max_size=5)) + text[end:]
    return text


@quick
@given(broken_text() | st.lists(st.sampled_from(SNIPPETS) | st.sampled_from(["name", "a", "1"]), max_size=20).map("".join))
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
    assert len(protocol.doses) == sum(each.get("times", 1) for each in data.get("doses", ()))
    assert all(dose.every is None and dose.times is None for dose in protocol.doses)
    assert all(first.start <= second.start for first, second in zip(protocol.doses, protocol.doses[1:], strict=False))


TABLET = {"drug": "escitalopram", "amount": "10 mg", "route": "oral"}


def course(*doses):
    return check({"name": "a", "title": "t", "horizon": "60 d", "doses": list(doses)})


def test_repeats_are_evenly_spaced_and_written_back_as_one_entry():
    protocol = course(TABLET | {"start": "1 d", "every": "1 d", "times": 42})
    assert [dose.start for dose in protocol.doses] == [24.0 * day for day in range(1, 43)]
    (entry,) = written(protocol)["doses"]
    assert entry["every"] == "24.0 h"
    assert entry["times"] == 42


@pytest.mark.parametrize("start", ["0.1 h", "7 min", "0.3 d", "123456 s"])
@pytest.mark.parametrize("every", ["1 d", "7 h", "100 min", "0.1 d"])
def test_an_odd_start_or_interval_stays_one_entry(start, every):
    assert len(written(course(TABLET | {"start": start, "every": every, "times": 30}))["doses"]) == 1


def test_repeats_written_one_by_one_are_the_same_protocol():
    one_by_one = course(*(TABLET | {"start": f"{day} d"} for day in range(10)))
    assert one_by_one == course(TABLET | {"every": "1 d", "times": 10})
    assert len(written(one_by_one)["doses"]) == 1


def test_courses_that_interleave_keep_apart():
    ketamine = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "duration": "40 min"}
    protocol = course(
        TABLET | {"every": "1 d", "times": 42}, ketamine | {"start": "2 d", "every": "3 d", "times": 6}, TABLET | {"start": "50 d"}
    )
    assert [dose.drug for dose in protocol.doses[:5]] == ["escitalopram"] * 3 + ["ketamine", "escitalopram"]
    assert len(written(protocol)["doses"]) == 3
    assert parse(text_of(protocol), "mine.yaml") == protocol


def test_equal_doses_at_one_time_stay_several():
    protocol = course(*[TABLET] * 4)
    assert len(protocol.doses) == 4
    assert parse(text_of(protocol), "mine.yaml") == protocol


def test_a_pair_is_written_one_by_one():
    assert SHORTEST_RUN == 3
    assert len(written(course(TABLET | {"every": "7 d", "times": 2}))["doses"]) == 2


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
