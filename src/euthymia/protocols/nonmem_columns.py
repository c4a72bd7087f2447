"""Columns of an event table: which are read, what each means, and which cannot be left out unread."""

from typing import NamedTuple

from ..core.errors import InputError, short


class Column(NamedTuple):
    """What a column means, its unit, and what a cell without value stands for."""

    meaning: str
    unit: str = ""
    missing: str = ""


COLUMNS = {
    "ID": Column("person, any one line of text; 1 and 1.0 are one person", missing="refused"),
    "TIME": Column("time of the event, in order within a person", "h", "refused"),
    "AMT": Column("amount of a dose", "mg"),
    "RATE": Column("rate of an infusion", "mg/h", "a dose at once"),
    "DUR": Column("duration of an infusion, instead of RATE", "h", "a dose at once"),
    "EVID": Column(
        "0 observation, 1 dose, 2 other (not used), 3 reset, 4 reset and dose; a reset leaves no drug in the body",
        missing="1 with an amount, else 0",
    ),
    "CMT": Column("drug and route of a dose, or molecule and vessel of an observation, by number", missing="from --drug and --measured"),
    "DRUG": Column("drug of a dose by name, before CMT", missing="by CMT"),
    "ROUTE": Column("route of a dose by name, beside DRUG", missing="by CMT"),
    "ADDL": Column("number of further equal doses", missing="none"),
    "II": Column("interval between doses of ADDL or SS", "h"),
    "SS": Column("1: the dose is one of a long series every II h, and nothing earlier is left", missing="0"),
    "DV": Column("measured concentration; a negative one is kept as noise of the assay", "ng/mL, or --dv-unit, or a column DVU"),
    "DVU": Column("unit of DV", missing="refused on an observation"),
    "DVID": Column("molecule of an observation by name, by CMT number, or as --measured says; before CMT", missing="by CMT"),
    "MDV": Column("1 if the row holds no measured value", missing="0 where there is a DV"),
    "CENS": Column("1: below the limit in DV (or LLOQ), and above LIMIT if there is one; -1: above the limit in DV", missing="0"),
    "LIMIT": Column("the other limit of a censored value", "as DV", "none"),
    "LLOQ": Column("lowest concentration that the assay tells; a DV below it is a limit, not a value", "as DV", "none"),
    "BLQ": Column("1: below the LLOQ of the row, as CENS", missing="0"),
    "WT": Column("body weight, one for a person", "kg", "the typical"),
    "AGE": Column("age, one for a person", "years", "the typical"),
    "SEX": Column("male or female, or 0 and 1 (or as --sex says)", missing="the typical"),
    "CYP2B6": Column("genotype: *1/*1, *1/*6 or *6/*6", missing="the typical"),
    "LIVER": Column("normal, mild impairment or moderate impairment", missing="the typical"),
    "C": Column("any mark, such as C, takes the row out, as does # at the beginning of a line", missing="the row is used"),
}
"""Columns that are read, in any order and in small or large letters."""
ALIASES = {
    **dict.fromkeys(("TINF", "DURATION", "INFDUR", "INF_DUR", "TINFUSION", "INFUSION DURATION"), "DUR"),
    **dict.fromkeys(("YTYPE", "OBSERVATION ID", "ANALYTE", "MOLECULE", "COMPOUND"), "DVID"),
    **dict.fromkeys(("BQL", "BLOQ"), "BLQ"),
    **dict.fromkeys(("DVUNIT", "DVUNITS", "DV_UNIT", "DV_UNITS", "UNIT", "UNITS"), "DVU"),
    **dict.fromkeys(("IGNORE", "EXCL", "EXCLUDE", "OMIT", "IGNORED LINE"), "C"),
    "ADDITIONAL DOSES": "ADDL",
    "ADMINISTRATION ID": "ADM",
    "AMOUNT": "AMT",
    "CENSORING": "CENS",
    "EVENT ID": "EVID",
    "GENDER": "SEX",
    "IGNORED OBSERVATION": "MDV",
    "INFUSION RATE": "RATE",
    "INTERDOSE INTERVAL": "II",
    "LOQ": "LLOQ",
    "OBSERVATION": "DV",
    "STEADY STATE": "SS",
    "TAU": "II",
    "WEIGHT": "WT",
}
"""Other names of columns, some of them Monolix's."""
NEEDED = ("ID", "TIME")
WRITTEN = ("ID", "TIME", "AMT", "RATE", "EVID", "CMT", "ADDL", "II", "DV", "MDV", "WT")
"""Columns of every table that is written; others where something stands in them."""
REFUSED = dict.fromkeys(("DATE", "DAT1", "DAT2", "DAT3"), "calendar dates are not supported; write hours in TIME and take the column out")
"""Columns that would change what the others mean, and what a refusal says."""
_MEASURES = {
    ("TIME", "T"): ("h", "hr", "hrs", "hour", "hours"),
    ("AMT", "AMOUNT", "DOSE"): ("mg",),
    ("RATE",): ("mg/h", "mg/hr"),
    ("DUR", "DURATION", "TINF", "II", "TAU"): ("h", "hr", "hrs", "hour", "hours"),
    ("WT", "WEIGHT"): ("kg",),
    ("AGE",): ("y", "yr", "yrs", "year", "years"),
}
UNITS = {
    f"{column}{ending}": spellings
    for columns, spellings in _MEASURES.items()
    for column in columns
    for ending in ("U", "_U", "UNIT", "UNITS", "_UNIT", "_UNITS")
}
"""Columns of units beside DV's, and the spellings of the one unit each may state."""
TAKES_EFFECT = "would change a dose; take the column out, or write the dose that takes effect"
UNSUPPORTED = {
    **dict.fromkeys(("CALL", "CONT", "PCMT"), "is not supported; take the column out if it says nothing"),
    **dict.fromkeys((f"{name}{number}" for name in ("ALAG", "D", "R") for number in range(1, 10)), TAKES_EFFECT),
    **dict.fromkeys(("LAG", "LAGTIME", "TLAG"), TAKES_EFFECT),
    "NDOSES": "is not supported; write the number of further doses in ADDL",
}
"""Columns that may say nothing but zero, and why not."""
BIOAVAILABILITY = ("F", "FBIO", "BIO", *(f"F{number}" for number in range(1, 10)))
"""Columns that may say nothing but one."""
ONE_VALUE = {
    "ADM": "tells ways to give a drug apart; name them in CMT, or in DRUG and ROUTE",
    **dict.fromkeys(("REP", "IREP", "SIM", "REPLICATE"), "tells several data sets apart; split the table"),
    **dict.fromkeys(("MATRIX", "SPECIMEN", "SITE"), "tells kinds of samples apart; name them in DVID, such as 'ketamine, arterial'"),
}
"""Columns that may hold one value, and why no more."""
MISSING = frozenset(("", ".", "NA"))
NOTHING = MISSING | {"0", "0.0", "N", "NO", "NONE", "F", "FALSE"}
"""What leaves a row in that a column of marks could take out, in capitals."""
MOST_COLUMNS = 1000


def column_names(cells: list[str], origin: str) -> list[str]:
    """Names by which the columns of a header are known: in capitals, without other names; empty for a column without one.

    Raises
    ------
    InputError
        If a column is missing, stands there twice, or cannot be left unread.
    """
    columns = [cell.upper() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if len(columns) > MOST_COLUMNS:
        raise InputError(f"events: {origin} line 1 names {len(columns)} columns; at most {MOST_COLUMNS} are allowed")
    columns = [ALIASES.get(column, column) for column in columns]
    if absent := [column for column in NEEDED if column not in columns]:
        raise InputError(f"events: {origin} lacks column {', '.join(absent)}; needed are {', '.join(NEEDED)}, and AMT or DV")
    if not {"AMT", "DV"} & set(columns):
        raise InputError(f"events: {origin} lacks column AMT, DV; a table has doses (AMT, mg), observations (DV), or both")
    known: set[str] = set()
    for number, column in enumerate(columns, 1):
        if column in known:
            also = "" if cells[number - 1].upper() == column else f" (as {short(cells[number - 1])})"
            raise InputError(f"events: {origin} line 1, column {short(column)} stands there twice{also}")
        if column in REFUSED:
            raise InputError(f"events: {origin} line 1, column {column}: {REFUSED[column]}")
        # The first column of what R writes holds numbers of rows.
        if not column and number > 1:
            raise InputError(f"events: {origin} line 1, column {number} has no name")
        known |= {column} - {""}
    return columns
