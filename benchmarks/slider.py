"""What a changed number costs while somebody looks on: four arms of one patient in a warm process, and eight.

The arms differ in drug, dose and course: one infusion of ketamine, escitalopram, six infusions without a link, and the esketamine spray
without a way. Each time something is set to a value at which it has not been, and the course of all arms is solved. Times are processor
times of all threads, in ms, from the change to the data set; what was traced and compiled meanwhile is counted and has to be nothing.
"""

import statistics
import time
from collections.abc import Callable

import jax

import euthymia as eu

BAR = 60
"""ms, for a changed dose."""
REPEATS = 30
TRACED, COMPILED = "/jax/core/compile/jaxpr_trace_duration", "/jax/core/compile/backend_compile_duration"
LINKS = ("trapping", "mtor", "potentiation", "regrowth", "surge", "adaptation", "habenula", "dopamine")


def infusion(amount: float, minutes: float) -> eu.Protocol:
    """Ketamine, mg/kg."""
    dose = eu.Dose("ketamine", f"{amount} mg/kg", "i.v. infusion", duration=f"{minutes} min")
    return eu.Protocol([dose], context="saline")


def bench(arms: int) -> eu.Bench:
    four = {"A": infusion(0.5, 40), "B": "escitalopram", "C": "ketamine-iv-six", "D": "esketamine-spray"}
    others = {"E": "saline", "F": "phenelzine", "G": "midazolam", "H": infusion(1.0, 60)}
    return eu.Bench(dict([*four.items(), *others.items()][:arms]), without={"C": "trapping", "D": "way 4"})


def measured(change: Callable[[int], object]) -> tuple[float, int, int]:
    """Median ms of a change, and what was traced and compiled in all of them but the first."""
    change(0)
    events, took = [], []
    listen = lambda event, seconds, **_: events.append(event)  # noqa: E731
    jax.monitoring.register_event_duration_secs_listener(listen)
    for number in range(1, REPEATS + 1):
        start = time.process_time()
        change(number)
        took.append(1e3 * (time.process_time() - start))
    jax.monitoring.unregister_event_duration_listener(listen)
    return statistics.median(took), events.count(TRACED), events.count(COMPILED)


def main() -> None:
    four, eight = bench(4), bench(8)
    six = eu.Protocol.read("ketamine-iv-six")
    changes = {
        "dose": lambda n: four.with_arm("A", infusion(0.4 + 0.01 * n, 40)).course(),
        "duration": lambda n: four.with_arm("A", infusion(0.5, 20 + n)).course(),
        "patient": lambda n: four.with_patient(weight=f"{60 + n} kg", stress=0.6 + 0.01 * n).course(),
        "link": lambda n: four.with_arm("C", six, LINKS[n % len(LINKS)]).course(),
        "attribution after a dose": lambda n: four.with_arm("A", infusion(0.401 + 0.01 * n, 40)).attribution(),
        "dose, eight arms": lambda n: eight.with_arm("A", infusion(0.4 + 0.01 * n, 40)).course(),
    }
    print(f"{'changed':<26}{'ms':>6}{'traced':>8}{'compiled':>10}")
    for name, change in changes.items():
        took, traced, compiled = measured(change)
        print(f"{name:<26}{took:>6.0f}{traced:>8}{compiled:>10}{f'   at most {BAR}' if name == 'dose' else ''}", flush=True)


if __name__ == "__main__":
    main()
