"""Bad input is one line on standard error, exit code 2 and nothing on disk."""

import json
import time

import pytest

from euthymia.core.errors import InputError
from euthymia.core.units import quantity
from euthymia.protocols.reading import LARGEST_FILE, builtin_names, check, parse, read
from euthymia.simulation.visits import EMPIRICAL
from euthymia.simulation.warnings import warnings_of

DOSE = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. infusion", "start": "0 h", "duration": "40 min"}
BOLUS = {"drug": "ketamine", "amount": "0.5 mg/kg", "route": "i.v. bolus"}
VALID = {"name": "mine", "title": "Mine", "doses": [DOSE], "horizon": "14 d"}


def doses(*changes):
    return VALID | {"doses": [{field: value for field, value in (DOSE | each).items() if value is not None} for each in changes]}


def repeated(**fields):
    return doses({"every": "1 d", "times": 6} | fields)


RISING = {"by": "0.1 mg/kg", "every": "2 d", "to": "1 mg/kg"}


def patient(**fields):
    return VALID | {"patient": fields}


BAD_PROTOCOLS = {
    "unknown field": (VALID | {"horizn": "1 d"}, "horizn", "horizon"),
    "unknown patient field": (patient(wieght="70 kg"), "patient", "wieght", "did you mean weight?"),
    "unknown dose field": (doses({"amont": "1 mg"}), "doses[1]", "amont", "did you mean amount"),
    "derived dose field": (doses({"per_weight": True}), "doses[1]", "per_weight"),
    "missing field": ({"title": "Mine", "doses": [{"drug": "ketamine"}]}, "doses[1].amount", "missing"),
    "missing amount": (doses({"amount": None}), "doses[1].amount", "missing"),
    "unknown drug": (doses({"drug": "ketamin"}), "doses[1].drug", "'ketamin'", "did you mean ketamine?"),
    "unknown route": (doses({"route": "i.v. infusoin"}), "doses[1].route", "did you mean i.v. infusion"),
    "unknown drug that is like none": (
        doses({"drug": "lsd"}),
        "doses[1].drug",
        "'lsd'",
        "allowed: ",
        "escitalopram, esketamine, fluoxetine, ketamine",
    ),
    "misspelt tablet": (doses({"drug": "sertralin", "route": "oral", "duration": None}), "did you mean sertraline?"),
    "tablet into a vein": (
        doses({"drug": "escitalopram"}),
        "doses[1].route",
        "escitalopram is not given as 'i.v. infusion'",
        "allowed: oral",
    ),
    "arketamine by mouth": (
        doses({"drug": "arketamine", "route": "oral", "duration": None}),
        "doses[1].route",
        "allowed: i.v. infusion, i.v. bolus, i.m., s.c.",
    ),
    "tablet over an hour": (doses({"drug": "phenelzine", "route": "oral"}), "doses[1].duration", "only an infusion"),
    "unknown context": (VALID | {"context": "salin"}, "context", "did you mean saline?"),
    "visits that are no list": (VALID | {"visits": "0 d"}, "visits", "'0 d' is not a list", "[0 d, 7 d]"),
    "visit without unit": (VALID | {"visits": ["0 h", 8]}, "visits[2]", "no unit", "h"),
    "visits out of order": (VALID | {"visits": ["7 d", "0 d"]}, "visits[2]", "0 h is not after the 168 h before it"),
    "visit after the end": (VALID | {"visits": ["0 d", "14 d"], "horizon": "14 d"}, "visits[2]", "not before the horizon of 336 h"),
    "too many visits": (VALID | {"visits": [f"{hour} h" for hour in range(401)], "horizon": "30 d"}, "visits", "400"),
    "unknown condition": (patient(condition="depresed"), "patient.condition", "did you mean depressed?"),
    "colons are no pictures": (doses({"drug": ":cat:"}), "':cat:'"),
    "brackets are no colours": (doses({"drug": "[red]"}), "'[red]'"),
    "name with a slash": (VALID | {"name": "../mine"}, "name"),
    "name with a newline": (VALID | {"name": "mine\n"}, "name"),
    "title that is no text": (VALID | {"title": 5}, "title"),
    "doses that are no list": (VALID | {"doses": "0.5 mg/kg"}, "doses", "list"),
    "a dose that is no mapping": (VALID | {"doses": ["0.5 mg/kg"]}, "doses[1]"),
    "too many doses": (doses(*[{}] * 401), "doses", "400"),
    "too many doses with repeats": (doses({"every": "1 h", "times": 300}, {"every": "1 h", "times": 101}), "401", "at most 400"),
    "interval without count": (doses({"every": "1 d"}), "doses[1].times", "missing", "1 to 400"),
    "count without interval": (doses({"times": 3}), "doses[1].every", "missing", "1 d"),
    "interval of zero": (doses({"every": "0 d", "times": 3}), "doses[1].every", "longer than zero"),
    "negative interval": (doses({"every": "-1 d", "times": 3}), "doses[1].every", "0 to"),
    "interval without unit": (doses({"every": 1, "times": 3}), "doses[1].every", "no unit"),
    "nan interval": (doses({"every": "nan d", "times": 3}), "doses[1].every", "finite"),
    "count of zero": (doses({"every": "1 d", "times": 0}), "doses[1].times", "whole number", "1 to 400"),
    "count that is true": (doses({"every": "1 d", "times": True}), "doses[1].times", "whole number"),
    "count that is no whole number": (doses({"every": "1 d", "times": 2.5}), "doses[1].times", "whole number"),
    "count as text": (doses({"every": "1 d", "times": "3"}), "doses[1].times", "whole number"),
    "count of 400 digits": (doses({"every": "1 d", "times": 10**400}), "doses[1].times", "1 to 400"),
    "repeats past the horizon": (doses({"every": "1 d", "times": 15}), "dose 15", "horizon"),
    "misspelt interval": (doses({"evry": "1 d", "times": 3}), "doses[1]", "did you mean every?"),
    "times of a period without interval": (doses({"at": ["8 h"]}), "doses[1].every", "missing beside `at`"),
    "times of a period without count": (doses({"every": "1 d", "at": ["8 h"]}), "doses[1].times", "missing"),
    "time of a period that is no list": (repeated(at="8 h"), "doses[1].at", "'8 h' is not a list", "[8 h, 20 h]"),
    "times of a period by name": (repeated(at={"morning": "8 h"}), "doses[1].at", "is not a list"),
    "no times of a period": (repeated(at=[]), "doses[1].at", "holds no time"),
    "time of a period without unit": (repeated(at=["0 h", 8]), "doses[1].at[2]", "no unit", "h"),
    "time of a period that is nothing": (repeated(at=[None]), "doses[1].at[1]", "None"),
    "time of a period that is nan": (repeated(at=["nan h"]), "doses[1].at[1]", "finite"),
    "time before the period": (repeated(at=["-1 h", "1 h"]), "doses[1].at[1]", "0 to 8760 h"),
    "time beyond the period": (repeated(at=["8 h", "24 h"]), "doses[1].at[2]", "24 h is not within the 24 h of `every`"),
    "times of a period out of order": (repeated(at=["20 h", "8 h"]), "doses[1].at[2]", "8 h is not after the 20 h before it"),
    "times of a period twice": (repeated(at=["8 h", "480 min"]), "doses[1].at[2]", "each time once"),
    "too many doses by times of a period": (repeated(times=201, at=["8 h", "20 h"]), "doses[1].times", "201 periods of 2", "400"),
    "titration of a single dose": (doses({"titrate": RISING}), "doses[1].every", "missing beside `titrate`"),
    "titration of one repeat": (repeated(times=1, titrate=RISING), "doses[1].titrate.every", "48 h is longer than the 0 h"),
    "titration after the last dose": (repeated(titrate=RISING | {"every": "7 d"}), "doses[1].titrate.every", "168 h", "the 120 h until"),
    "titration that is no mapping": (repeated(titrate="up"), "doses[1].titrate", "'up'", "by: 5 mg, every: 7 d, to: 20 mg"),
    "titration that is a list": (repeated(titrate=["1 mg"]), "doses[1].titrate", "holds no fields"),
    "titration without step": (repeated(titrate={"every": "2 d", "to": "1 mg/kg"}), "doses[1].titrate.by", "missing", "by, every, to"),
    "titration without interval": (repeated(titrate={"by": "1 mg/kg", "to": "3 mg/kg"}), "doses[1].titrate.every", "missing"),
    "titration without end": (repeated(titrate={"by": "1 mg/kg", "every": "2 d"}), "doses[1].titrate.to", "missing"),
    "misspelt titration": (repeated(titrat=RISING), "doses[1]", "did you mean titrate?"),
    "misspelt field of a titration": (repeated(titrate=RISING | {"evry": "2 d"}), "doses[1].titrate", "did you mean every?"),
    "titration by zero": (repeated(titrate=RISING | {"by": "0 mg/kg"}), "doses[1].titrate.by", "zero"),
    "titration away from its end": (
        repeated(titrate=RISING | {"by": "-0.1 mg/kg"}),
        "doses[1].titrate.to",
        "do not lead from 0.5 to 1 mg/kg",
    ),
    "titration to where it is": (repeated(titrate=RISING | {"to": "0.5 mg/kg"}), "doses[1].titrate.to", "from 0.5 to 0.5 mg/kg"),
    "titration below zero": (repeated(titrate=RISING | {"by": "-1 mg/kg", "to": "-1 mg/kg"}), "doses[1].titrate.to", "-1 is negative"),
    "titration in another kind of unit": (repeated(titrate=RISING | {"by": "5 mg"}), "doses[1].titrate.by", "'mg'", "mg/kg, ug/kg"),
    "titration to another kind of unit": (repeated(titrate=RISING | {"to": "70 mg"}), "doses[1].titrate.to", "'mg'", "mg/kg, ug/kg"),
    "titration without unit": (repeated(titrate=RISING | {"by": 0.1}), "doses[1].titrate.by", "no unit"),
    "titration by nan": (repeated(titrate=RISING | {"by": "nan mg/kg"}), "doses[1].titrate.by", "finite"),
    "titration by nothing": (repeated(titrate=RISING | {"by": None}), "doses[1].titrate.by", "None"),
    "titration in no time": (repeated(titrate=RISING | {"every": "0 d"}), "doses[1].titrate.every", "at least 1 s"),
    "titration in wrong units of time": (repeated(titrate=RISING | {"every": "2 mg"}), "doses[1].titrate.every", "'mg'", "days"),
    "derived field of a titration": (repeated(titrate=RISING | {"per_weight": True}), "doses[1].titrate", "per_weight"),
    "missed dose of one": (doses({"missed": [1]}), "doses[1].every", "missing beside `missed`"),
    "missed doses that are no list": (repeated(missed=3), "doses[1].missed", "3 is not a list", "[3, 4]"),
    "missed dose of zero": (repeated(missed=[0]), "doses[1].missed[1]", "0 is not a whole number from 1"),
    "missed dose as text": (repeated(missed=[1, "2"]), "doses[1].missed[2]", "'2' is not a whole number"),
    "missed dose that is true": (repeated(missed=[True]), "doses[1].missed[1]", "True"),
    "missed dose beyond the last": (repeated(missed=[6, 7]), "doses[1].missed[2]", "there is no dose 7; this entry gives 6"),
    "missed dose after a taper": (
        repeated(titrate={"by": "-0.5 mg/kg", "every": "2 d", "to": "0 mg/kg"}, missed=[3]),
        "doses[1].missed[1]",
        "there is no dose 3; this entry gives 2",
    ),
    "missed twice": (repeated(missed=[2, 2]), "doses[1].missed[2]", "twice"),
    "all doses missed": (repeated(missed=[1, 2, 3, 4, 5, 6]), "doses[1].missed", "all 6 doses"),
    "doses in an entry that is the second": (doses({}, {"start": "1 d", "missed": [1]}), "doses[2].every"),
    "dose without unit": (doses({"amount": "0.5"}), "doses[1].amount", "no unit", "mg/kg"),
    "dose as a number": (doses({"amount": 0.5}), "doses[1].amount", "no unit", "mg/kg"),
    "dose with a wrong unit": (doses({"amount": "0.5 mL"}), "doses[1].amount", "'mL'", "mg/kg"),
    "dose in inverse unit": (doses({"amount": "0.5 kg/mg"}), "doses[1].amount", "'kg/mg'", "mg/kg"),
    "dose that is true": (doses({"amount": True}), "doses[1].amount"),
    "dose of zero": (doses({"amount": "0 mg/kg"}), "doses[1].amount", "greater than zero"),
    "negative dose": (doses({"amount": "-0.5 mg/kg"}), "doses[1].amount", "greater than zero"),
    "nan dose": (doses({"amount": "nan mg/kg"}), "doses[1].amount", "finite"),
    "infinite dose": (doses({"amount": "inf mg/kg"}), "doses[1].amount", "finite"),
    "dose too large for a number": (doses({"amount": "1e400 mg"}), "doses[1].amount", "finite"),
    "dose infinite in mg": (doses({"amount": "1e306 g"}), "doses[1].amount"),
    "time without unit": (VALID | {"horizon": 14}, "horizon", "no unit", "h"),
    "time with a wrong unit": (VALID | {"horizon": "14 months"}, "horizon", "'months'", "days"),
    "negative start": (doses({"start": "-1 h"}), "doses[1].start", "0 to"),
    "nan duration": (doses({"duration": "nan min"}), "doses[1].duration", "finite"),
    "infusion of no length": (doses({"duration": "0 min"}), "doses[1].duration", "at least 1 s"),
    "infusion without duration": (doses({"duration": None}), "doses[1].duration", "40 min"),
    "bolus with duration": (doses({"route": "i.v. bolus"}), "doses[1].duration", "bolus"),
    "doses out of order": (doses({"start": "2 d"}, {"start": "1 d"}), "dose 2", "before dose 1"),
    "dose past the horizon": (doses({"start": "15 d"}), "dose 1", "horizon"),
    "infusion that ends past the horizon": (doses({"start": "335.9 h"}), "dose 1", "horizon"),
    "bolus past the horizon": (VALID | {"doses": [BOLUS | {"start": "15 d"}]}, "dose 1", "horizon"),
    "horizon of two years": (VALID | {"horizon": "730 d"}, "horizon", "8760"),
    "no horizon": (VALID | {"horizon": None}, "horizon"),
    "weight without unit": (patient(weight=70), "patient.weight", "no unit", "kg"),
    "weight with a wrong unit": (patient(weight="70 m"), "patient.weight", "'m'", "kg"),
    "negative weight": (patient(weight="-70 kg"), "patient.weight", "25 to 300 kg"),
    "nan weight": (patient(weight="nan kg"), "patient.weight", "finite"),
    "infinite weight": (patient(weight="inf kg"), "patient.weight", "finite"),
    "weight of a mouse": (patient(weight="25 g"), "patient.weight", "25 to 300 kg"),
    "age of a child": (patient(age=12), "patient.age", "18 to 100 years"),
    "age as text": (patient(age="old"), "patient.age", "not a number"),
    "unknown sex": (patient(sex="femal"), "patient.sex", "'femal'", "female"),
    "unknown genotype": (patient(cyp2b6="*1/*7"), "patient.cyp2b6", "*1/*6"),
    "unknown liver": (patient(liver="severe impairment"), "patient.liver", "moderate impairment"),
    "half an individual": (patient(individual=1.5), "patient.individual", "whole number"),
    "nobody": (patient(individual=0), "patient.individual", "1 to 1000000"),
    "unknown species": (patient(species="mous"), "patient.species", "mouse"),
    "a mouse's genotype": (patient(species="mouse", cyp2b6="*1/*6"), "patient.cyp2b6", "people", "mouse"),
    "a mouse as heavy as a man": (patient(species="mouse", weight="70 kg"), "patient.weight", "0.01 to 0.06 kg for a mouse"),
    "a mouse's mood": (patient(species="mouse"), "patient.species", "mood", "euthymia exposure"),
    "a person's belly": (doses({"route": "i.p.", "duration": None}), "doses[1].route", "i.p.", "patient.species"),
    "a thousand sprays": (
        doses({"drug": "esketamine", "route": "nasal", "amount": "28 g", "duration": None}),
        "doses[1].amount",
        "above 630 mg",
        "--beyond-evidence",
    ),
    "score above the scale": (patient(madrs=61), "patient.madrs", "0 to 60"),
    "score as text": (patient(madrs="40"), "patient.madrs", "not a number"),
    "score of 400 digits": (patient(madrs=10**400), "patient.madrs", "0 to 60"),
    "stress of 400 digits below zero": (patient(stress=-(10**400)), "patient.stress", "0 to 1"),
}


@pytest.mark.parametrize("case", BAD_PROTOCOLS)
def test_a_protocol_that_cannot_be_meant_is_refused(case, here, refused):
    protocol, *words = BAD_PROTOCOLS[case]
    (here / "mine.yaml").write_text(json.dumps(protocol))
    line = refused("simulate", "mine.yaml")
    assert all(word in line for word in words), line
    assert "value error" not in line.lower(), line


BAD_TEXTS = {
    "empty": ("", "no fields"),
    "only a byte order mark": ("\ufeff", "no fields"),
    "only a comment": ("# nothing\n", "no fields"),
    "a list": ("- name: mine\n", "no fields"),
    "two documents": ("name: mine\n---\nname: mine\n", "another document"),
    "duplicate key": ("name: mine\ntitle: Mine\nname: yours\n", "line 3", "duplicate key", "name"),
    "duplicate key with a long value": (f"name: mine\ntitle: Mine\ntitle: {'long ' * 400}\n", "line 3", "duplicate key"),
    "unclosed quote": ("name: 'mine\n", "not valid YAML"),
    "tab as indent": ("patient:\n\tmadrs: 30\n", "line 2"),
    "control characters": ('name: mine\ntitle: "a\\x1b[2J"\n', "title", "control characters"),
    "alias": ("name: &a mine\ntitle: *a\n", "aliases"),
    "anchor given twice": ("name: &a mine\ntitle: &a Mine\nhorizn: 1 d\n", "horizn"),
    "nested too deeply": (f"name: {'[' * 600}{']' * 600}\n", "levels deep"),
    "deep as block": ("- " * 3000, "levels deep"),
    "long unknown tag": (f"name: !{'a' * 3000} mine\n", "line 1", "tag"),
    "tag int on nothing": ("name: mine\ntitle: Mine\nsource: !!int ''\n", "not valid YAML"),
    "tag float on nothing": ("name: mine\ntitle: Mine\nsource: !!float ''\n", "not valid YAML"),
    "tag bool on text": ("name: mine\ntitle: Mine\nsource: !!bool perhaps\n", "not valid YAML"),
    "tag timestamp on text": ("name: mine\ntitle: Mine\nsource: !!timestamp now\n", "not valid YAML"),
    "impossible date": ("name: mine\ntitle: Mine\nsource: 2020-13-45\n", "not valid YAML"),
    "impossible character": ('name: mine\ntitle: "\\UFFFFFFFF"\n', "not valid YAML"),
    "half a surrogate pair": ('name: mine\ntitle: "\\ud800"\n', "title"),
    "half a surrogate pair as field": ('name: mine\ntitle: Mine\n"\\ud800": 1\n', "protocol field: ", "given: '\\ud800'"),
    "YAML of the future": ("%YAML 1.3\n---\nname: mine\ntitle: Mine\n", "not valid YAML"),
    "YAML of the past": ("%YAML 1.1\n---\nname: mine\ntitle: 1e5\n", "title"),
    "number of many digits": (f"name: mine\ntitle: Mine\nhorizon: 1{'0' * 5000}\n", "mine.yaml"),
    "hexadecimal number of many digits": (f"name: mine\ntitle: Mine\nhorizon: 0x{'f' * 5000}\n", "horizon", "no unit"),
    "a number as field": ("name: mine\ntitle: Mine\n2020: 2\n", "2020"),
    "a list as field": ("name: mine\ntitle: Mine\n? [a, b]\n: 2\n", "('a', 'b')"),
    "a mapping as field": ("name: mine\ntitle: Mine\n? {a: b}\n: 2\n", "line 3"),
    "control character": ("name: mine\ntitle: a\x1b[2J\n", "not valid YAML"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_text_that_is_no_protocol_is_refused(case, here, refused):
    text, *words = BAD_TEXTS[case]
    (here / "mine.yaml").write_text(text, "utf-8")
    line = refused("simulate", "mine.yaml")
    assert all(word in line for word in words), line


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.mkdir [made]",
        "!!python/object/apply:os.system ['touch made']",
        "!!python/object/new:os.system ['touch made']",
        "!!python/object:pathlib.Path {}",
        "!!python/name:os.system ''",
        "!!python/module:antigravity ''",
        "!!python/tuple [1, 2]",
    ],
)
def test_no_object_is_made_from_a_tag(value, here, refused):
    (here / "mine.yaml").write_text(f"name: mine\ntitle: {value}\n")
    assert "line 2" in refused("simulate", "mine.yaml")
    assert [path.name for path in here.iterdir()] == ["mine.yaml"]


REPEATED = "- {drug: memantine, amount: 1 g, route: oral, every: 1 h, times: 400, titrate: {by: 1 g, every: 1 h, to: 900 g}}\n"
TIME_BOMBS = {
    "aliases": "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefghijk", "bcdefghijkl", strict=True)),
    "merges": "a: &a {x: 1}\nb: {<<: [" + ", ".join(["*a"] * 5000) + "]}\n",
    "opening brackets": "name: " + "[" * 3000,
    "nested brackets": "name: " + "[" * 2000 + "]" * 2000,
    "nested dashes": "- " * 10_000,
    "entries": f"name: mine\ntitle: Mine\ndoses:\n{REPEATED * 400}",
    "repeats": f"name: mine\ntitle: Mine\ndoses:\n{REPEATED * 200}",
    "times of a period": "name: mine\ntitle: Mine\ndoses:\n- {drug: memantine, amount: 1 g, route: oral, every: 1 d, times: 400, at: ["
    + ", ".join(f"{second} s" for second in range(6000))
    + "]}\n",
    "keys": "".join(f"k{number}: 1\n" for number in range(2000)),
}


@pytest.mark.parametrize("case", TIME_BOMBS)
def test_a_file_built_to_take_long_is_refused_within_a_second(case):
    # Time of this thread alone: the machine may be busy with other tests, the process with compiling.
    begin = time.thread_time()
    with pytest.raises(InputError):
        parse(TIME_BOMBS[case], "mine.yaml")
    assert time.thread_time() - begin < 1


MOST_DIGITS = 100_000
LONG_QUANTITIES = (
    "1" * MOST_DIGITS + "x mg",
    "1" * 1000 + "x",
    "1." * 1000,
    " " * MOST_DIGITS + "mg",
    "1" + " " * MOST_DIGITS + "\n-",
)


@pytest.mark.parametrize("text", LONG_QUANTITIES, ids=range(len(LONG_QUANTITIES)))
def test_a_quantity_of_any_length_is_refused_within_a_second(text):
    begin = time.thread_time()
    with pytest.raises(InputError, match="not a number with a unit"):
        quantity("amount", text, "dose")
    assert time.thread_time() - begin < 1


@pytest.mark.parametrize("length", [50, 100, 190])
def test_time_to_read_a_quantity_grows_with_its_length_alone(length):
    begin = time.thread_time()
    for _ in range(200):
        for text in ("1" * length + "x", "1" * (length // 2) + " " * (length // 2) + "x", "1e" + "1" * length, " " * length + "x"):
            with pytest.raises(InputError):
                quantity("amount", text, "dose")
    assert time.thread_time() - begin < 1


@pytest.mark.parametrize("text", ['"\\e[31mname": 1\n"\\e[31mname": 2\n', "name: \x1b[31m\n", "\u202ename: 1\n\u202ename: 2\n"])
def test_what_the_yaml_reader_says_is_printable(text, here, refused):
    (here / "mine.yaml").write_text(text)
    assert refused("simulate", "mine.yaml").strip().isprintable()


def test_the_name_of_a_file_is_printed_as_letters_alone(here, refused):
    assert "\\x1b[31mmine.yaml" in refused("simulate", "./\x1b[31mmine.yaml")


BAD_FILES = {
    "binary": (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "not UTF-8"),
    "zeros": (b"\0" * 100, "not valid YAML"),
    "UTF-16": ("name: mine\n".encode("utf-16"), "not UTF-8"),
    "too large": (b"#" * (LARGEST_FILE + 1), "larger than 100 kB"),
    "too large, cut within a character": (b"#" + "é".encode() * LARGEST_FILE, "larger than 100 kB"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_no_text_is_refused(case, here, refused):
    content, words = BAD_FILES[case]
    (here / "mine.yaml").write_bytes(content)
    assert words in refused("simulate", "mine.yaml")


def test_what_is_no_file_is_refused(here, refused):
    (here / "folder.yaml").mkdir()
    assert "cannot read folder.yaml" in refused("simulate", "folder.yaml")
    assert "cannot read missing.yaml" in refused("simulate", "missing.yaml")
    assert "cannot read ./folder.yaml/mine" in refused("simulate", "./folder.yaml/mine")
    assert "cannot read" in refused("simulate", f"{'x' * 300}.yaml")


def test_a_file_of_the_largest_size_and_one_with_a_byte_order_mark_are_read(here):
    text = (json.dumps(VALID) + "\n").encode()
    plain, marked, large = (here / f"{name}.yaml" for name in ("plain", "marked", "large"))
    plain.write_bytes(text)
    marked.write_bytes(b"\xef\xbb\xbf" + text)
    large.write_bytes(text + b"#" * (LARGEST_FILE - len(text)))
    assert read(str(plain)) == read(str(marked)) == read(str(large))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["simulate", "ketamine"], "or ketamine-iv or"),
        (["simulate", "salin"], "did you mean saline?"),
        (["simulate", "zzz"], "allowed: bupropion, citalopram, "),
        (["simulate", ""], "allowed: bupropion, citalopram, "),
        (["simulate", ":cat:"], "':cat:'"),
        (["simulate", "[bold]"], "'[bold]'"),
        (["simulate", "saline", "untreated"], "untreated"),
        (["compare", "ketamine-iv", "escitalopran"], "did you mean escitalopram"),
        (["compare", "ketamine-iv", "lsd"], "'lsd'"),
        (["compare", "ketamine-iv"], "1 given; a comparison takes 2 to 8"),
        (["compare", *["saline"] * 9], "9 given"),
        (["compare", "saline", "ketamine-iv", "saline"], "saline stands 2 times"),
        (["compare", "saline", "untreated", "--patient", "wieght=70 kg"], "did you mean weight?"),
        (["compare", "saline", "untreated", "--arms", "3"], "--arms"),
        (["bridge", "ketamine"], "or ketamine-iv or"),
        (["simulate", "--patient", "wieght=70 kg"], "did you mean weight?"),
        (["simulate", "--patient", "depresed"], "did you mean depressed?"),
        (["simulate", "--patient", "=40"], "patient field"),
        (["simulate", "--patient", "madrs"], "patient.condition"),
        (["simulate", "--patient", "madrs="], "patient.madrs"),
        (["simulate", "--patient", "madrs=high"], "patient.madrs"),
        (["simulate", "--patient", "madrs=nan"], "patient.madrs"),
        (["simulate", "--patient", "madrs=inf"], "patient.madrs"),
        (["simulate", "--patient", "madrs=-1"], "patient.madrs"),
        (["simulate", "--patient", f"madrs={'9' * 2000}x"], "patient.madrs"),
        (["simulate", "--patient", "stress=1.5"], "patient.stress"),
        (["simulate", "--patient", "weight=82"], "no unit"),
        (["simulate", "--weight", "82"], "no unit"),
        (["simulate", "--weight", "82 stone"], "'stone'"),
        (["simulate", "--weight", "-82 kg"], "--weight"),
        (["simulate", "--weight", "nan kg"], "finite"),
        (["simulate", "--weight", "inf kg"], "finite"),
        (["simulate", "--weight", "0 kg"], "25 to 300 kg"),
        (["simulate", "--weight", "heavy"], "not a number"),
        (["simulate", "--weight"], "--weight"),
        (["simulate", "--dose", "1 mg"], "--dose"),
        (["simulate", "--no-overwrite"], "--no-overwrite"),
        (["simulat"], "simulate"),
        (["--frobnicate"], "--frobnicate"),
        (["protocols", "zzz"], "zzz"),
        (["evidence", "ketamine.clearence"], "did you mean ketamine.clearance"),
        (["evidence", "ketamine.clear"], "did you mean ketamine.clearance"),
        (["evidence", "zzz"], "zzz"),
        (["evidence", ""], "evidence"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else None,
)
def test_words_that_cannot_be_meant_are_refused(words, said, refused):
    assert said in refused(*words)


def test_arms_that_treat_different_patients_are_refused(here, refused):
    (here / "mine.yaml").write_text(json.dumps(patient(weight="82 kg")))
    assert "ketamine-iv and mine treat different patients" in refused("compare", "ketamine-iv", "mine.yaml")


HEADER = "ID,TIME,AMT,RATE,EVID,CMT,ADDL,II,DV,MDV"
BAD_TABLES = {
    "unsorted times": (["1,2,40,60,1,1,.,.,.,.", "1,1,40,60,1,1,.,.,.,."], "line 3, column TIME: '1'"),
    "unknown compartment": (["1,0,40,60,1,1,.,.,.,.", "1,1,40,60,1,90,.,.,.,."], "line 3, column CMT: '90'"),
    "negative amount": (["1,0,-40,60,1,1,.,.,.,."], "line 2, column AMT: '-40'"),
    "text for an amount": (["1,0,forty,60,1,1,.,.,.,."], "line 2, column AMT: 'forty'"),
    "ID that comes back": ([f"{name},0,40,60,1,1,.,.,.,." for name in "121"], "line 4, column ID: '1'"),
}


@pytest.mark.parametrize("words", [("simulate", "table.csv"), ("fit-pk", "table.csv"), ("compare", "saline", "table.csv")], ids=" ".join)
@pytest.mark.parametrize("case", BAD_TABLES)
def test_an_event_table_that_cannot_be_meant_is_refused(case, words, here, refused):
    lines, said = BAD_TABLES[case]
    (here / "table.csv").write_text("\n".join([HEADER, *lines, ""]))
    assert said in refused(*words)


@pytest.mark.parametrize("command", ["simulate", "fit-pk"])
def test_a_huge_event_table_is_refused(command, tmp_path, refused):
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(10**9)
    assert "larger than 50 MB" in refused(command, tmp_path / "huge.csv")


def test_an_event_table_with_a_byte_order_mark_is_the_same_table(here, euthymia):
    text = f"{HEADER}\n1,0,40,60,1,1,.,.,.,.\n"
    for name, encoding in (("plain", "utf-8"), ("marked", "utf-8-sig")):
        (here / f"{name}.csv").write_text(text, encoding)
        assert euthymia("events", f"{name}.csv", "--out", f"{name}-again.csv").code == 0
    assert (here / "plain-again.csv").read_bytes() == (here / "marked-again.csv").read_bytes()


TABLET = {"drug": "escitalopram", "amount": "10 mg", "route": "oral", "start": "0 h"}
DAILY = {"every": "1 d", "times": 42}
UNUSUAL = {
    "a dose that no trial gave": ([DOSE | {"amount": "5 mg/kg"}], ["dose 1: 5 mg/kg", "0.1 to 1 mg/kg"]),
    "the second of two": ([DOSE, DOSE | {"amount": "1 ug/kg", "start": "2 d"}], ["dose 2: 0.001 mg/kg"]),
    "a bolus": ([BOLUS], ["dose 1: given faster"]),
    "a tablet far too strong": ([TABLET | {"amount": "200 mg"} | DAILY], ["200 mg of escitalopram a day", "outside what evidence covers"]),
    "a tablet far too weak": ([TABLET | {"drug": "sertraline", "amount": "1 mg"} | DAILY], ["1 mg of sertraline a day"]),
    "tablets too often": ([TABLET | {"drug": "phenelzine", "amount": "60 mg", "every": "1 h", "times": 100}], ["of phenelzine a day"]),
    "a strong sedative": ([DOSE | {"drug": "midazolam", "amount": "5 mg/kg"}], ["mg of midazolam a day"]),
}


@pytest.mark.parametrize("case", UNUSUAL)
def test_a_dose_outside_evidence_is_taken_with_a_warning(case, model):
    stated, words = UNUSUAL[case]
    found = warnings_of(check(VALID | {"doses": stated, "horizon": "60 d"}), model)
    assert any(all(word in warning for word in words) for warning in found), found
    assert all(len(warning.splitlines()) == 1 for warning in found)


@pytest.mark.parametrize("name", builtin_names())
def test_what_ships_warns_of_nothing_but_that_a_curve_has_no_mechanism(name, model):
    assert [EMPIRICAL in warning for warning in warnings_of(read(name), model)] == [True] * (name == "electroconvulsive-therapy")


@pytest.mark.parametrize("content", ["run", "file", "notes", "web", "empty"])
def test_without_overwrite_whatever_stands_in_the_place_stays(content, here, refused):
    place(here / "out", content)
    said = refused("simulate", "--out", "out")
    # Only what may be replaced is said to be.
    assert ("add --overwrite" in said) == (content == "empty")
    assert "choose another folder with --out" in said


@pytest.mark.parametrize("content", ["file", "notes", "web"])
def test_overwrite_never_replaces_what_is_not_a_run(content, here, refused, solved):
    place(here / "out", content)
    assert "not a run folder" in refused("simulate", "--out", "out", "--overwrite")


def place(out, content):
    if content == "file":
        return out.write_text("mine")
    out.mkdir()
    if content == "run":
        (out / "manifest.json").write_text(json.dumps({"euthymia": "0.1.0", "artefacts_sha256": {}}))
        (out / "results.nc").write_bytes(b"\x89HDF")
    if content == "notes":
        (out / "notes.txt").write_text("years of work")
    if content == "web":
        (out / "manifest.json").write_text('{"name": "My web app", "icons": []}')
        (out / "thesis.tex").write_text("years of work")
    return None


def test_a_dangling_link_in_the_place_stays(here, refused):
    (here / "out").symlink_to("nowhere")
    assert "choose another folder with --out" in refused("simulate", "--out", "out")
    assert "not a run folder" in refused("simulate", "--out", "out", "--overwrite")
    assert (here / "out").is_symlink()


@pytest.mark.parametrize("out", ["file/out", "file/deep/out", "x" * 300, "x" * 300 + "/out"], ids=lambda out: out[:12])
def test_a_place_that_cannot_be_written_is_refused(out, here, refused):
    (here / "file").write_text("mine")
    assert refused("simulate", "--out", out).startswith("error out")


def test_a_dose_without_finite_answer_is_refused_and_leaves_no_folders(here, refused):
    overdose = doses({"drug": "phenelzine", "amount": "1e308 mg", "route": "oral", "duration": None})
    (here / "mine.yaml").write_text(json.dumps(overdose))
    assert "no finite answer" in refused("simulate", "mine.yaml", "--beyond-evidence", "--out", "new/deep/out")
