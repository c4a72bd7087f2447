"""What an event table may hold: its columns and their units, and the numbers in CMT."""

from rich.console import Console

from ...protocols.compartments import DOSE_COMPARTMENTS, OBSERVED_COMPARTMENTS
from ...protocols.nonmem_columns import ALIASES, COLUMNS, NEEDED
from .listing import print_hanging, print_paragraph

LABEL = 8
"""Width of the names of columns."""


def show_columns(console: Console) -> None:
    """Print every column with its meaning, unit, and what a missing value stands for, a line for each in a file or a pipe."""
    for name, column in COLUMNS.items():
        unit = f"{column.unit}; " if column.unit else ""
        missing = f" (missing: {column.missing})" if column.missing else ""
        print_hanging(console, f"{name:{LABEL}}", f"{unit}{column.meaning}{missing}")
    by_name = {name: [other for other, of in ALIASES.items() if of == name] for name in COLUMNS}
    others = "; ".join(f"{' or '.join(others)} for {name}" for name, others in by_name.items() if others)
    console.print()
    print_paragraph(
        console,
        f"{' and '.join(NEEDED)} are needed, and AMT, DV or both. A missing value is empty, '.' or NA. Other names: {others}. "
        "Other columns are named once and not used; those that would change what the rest means are refused.",
    )


def show_compartments(console: Console) -> None:
    """Print every number of CMT: drug and route of a dose, or molecule and vessel of an observation."""
    for number, (what, where) in (DOSE_COMPARTMENTS | OBSERVED_COMPARTMENTS).items():
        console.print(f"{number:4d}  {what}, {where}", markup=False, soft_wrap=True)
