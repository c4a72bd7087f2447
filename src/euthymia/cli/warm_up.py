"""The command that fills the cache of programs: warm-up."""

from .console import errors, output, stages
from .run import COMPARED


def warm_up() -> None:
    """Compile what `simulate`, `compare` and `population` run and keep it, so that the first of them answers as fast as the second.

    Some minutes of work, once for each version of Euthymia and each kind of processor.
    """
    with stages() as at:
        from ..api import courses
        from ..api.people import Population
        from ..core.exported_programs import kept_programs
        from ..population.memory import CHUNK_SIZES

        programs = 1 + len(COMPARED) + len(CHUNK_SIZES)
        at.say(f"Compiling simulate (1 of {programs})")
        courses.simulate(COMPARED[0], complete=True)

        def solving(number: int, name: str) -> None:
            at.say(f"Compiling compare, {name} ({number + 1} of {programs})")

        courses.compare(*COMPARED, progress=solving)
        for number, people in enumerate(CHUNK_SIZES, 2 + len(COMPARED)):
            at.say(f"Compiling population, {people} people together ({number} of {programs})")
            Population().simulate(COMPARED[0], people)
        kept = kept_programs()
    if kept is None:
        errors.print("[yellow]warning[/yellow] nothing is kept: the folder of the cache cannot be written, or this process has another")
        return
    files = [file.stat().st_size for file in kept.folder.iterdir()]
    output().print(f"Kept: {len(files)} files, {sum(files) / 1e6:.0f} MB in {kept.folder}", soft_wrap=True)
