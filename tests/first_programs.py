"""Compiles what most tests share, side by side, before workers start, which then find it in the cache of compiled programs."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from euthymia.core.runtime import configure, set_environment


def every_arm() -> None:
    from euthymia.protocols.reading import DEFAULT, read
    from euthymia.simulation.interventions import ARMS
    from euthymia.simulation.simulate import simulate

    simulate(read(DEFAULT), arms=tuple(ARMS), coalitions=True)


def few_arms() -> None:
    from euthymia.protocols.reading import DEFAULT, read
    from euthymia.simulation.simulate import simulate

    simulate(read(DEFAULT))


def patients() -> None:
    from euthymia.population.cohort import cohort
    from euthymia.protocols.reading import DEFAULT, read

    cohort(read(DEFAULT), 1)


def patients_on_other_drugs() -> None:
    from euthymia.population.cohort import cohort
    from euthymia.protocols.reading import read

    for name in ("esketamine-spray", "escitalopram"):
        cohort(read(name), 1)


PROGRAMS = (patients_on_other_drugs, few_arms, patients, every_arm)
"""Each in a process of its own, those that take longest first."""


def main(names: list[str]) -> None:
    """Compile the programs of these names, or all."""
    if names:
        set_environment()
        configure()
        for program in PROGRAMS:
            if program.__name__ in names:
                program()
        return
    commands = [[sys.executable, __file__, program.__name__] for program in PROGRAMS]
    # Each takes a core and 2 GB.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ended = list(pool.map(subprocess.run, commands))
    failed = [program.__name__ for program, process in zip(PROGRAMS, ended, strict=True) if process.returncode]
    if failed:
        sys.exit(f"not compiled: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
