"""The command that fills the cache of programs: warm-up."""

from .console import errors, output, stages
from .run import COMPARED


def warm_up() -> None:
    """Compile what `simulate`, `compare`, `population` and a bench run, so that the first of them answers as fast as the second.

    Some minutes of work, once for each version of Euthymia and each kind of processor.
    """
    with stages() as at:
        from ..api import courses
        from ..api.bench import Bench
        from ..api.people import Population
        from ..core.exported_programs import kept_programs
        from ..population.memory import CHUNK_SIZES
        from ..simulation.bench import ARMS_AT_ONCE

        programs = 1 + len(COMPARED) + len(CHUNK_SIZES) + len(ARMS_AT_ONCE)
        at.say(f"Compiling simulate (1 of {programs})")
        courses.simulate(COMPARED[0], complete=True)

        def solving(number: int, name: str) -> None:
            at.say(f"Compiling compare, {name} ({number + 1} of {programs})")

        courses.compare(*COMPARED, progress=solving)
        for number, people in enumerate(CHUNK_SIZES, 2 + len(COMPARED)):
            at.say(f"Compiling population, {people} people together ({number} of {programs})")
            Population().simulate(COMPARED[0], people)
        for number, arms in enumerate(ARMS_AT_ONCE, programs - len(ARMS_AT_ONCE) + 1):
            at.say(f"Compiling a bench of {arms} arms ({number} of {programs})")
            bench = Bench({str(arm): COMPARED[0] for arm in range(arms)})
            bench.course(), bench.attribution()
        kept = kept_programs()
    if kept is None:
        errors.print("[yellow]warning[/yellow] nothing is kept: the folder of the cache cannot be written, or this process has another")
        return
    files = [file.stat().st_size for file in kept.folder.iterdir()]
    output().print(f"Kept: {len(files)} files, {sum(files) / 1e6:.0f} MB in {kept.folder}", soft_wrap=True)
