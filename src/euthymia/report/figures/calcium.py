"""Way 2: load, damage, gain."""

from ...simulation.simulate import Simulation
from .clock import course_clock
from .style import COLOURS, UNTREATED, legend, panels, room, svg

PANELS = (
    ("calcium_load", "Calcium load", "healthy = 1"),
    ("damage", "Damage", "healthy = 0, stress 1 = 1"),
    ("excitatory_gain", "Excitatory gain", "healthy = 1"),
)


def calcium(simulation: Simulation) -> str:
    """Load, damage and gain against the untreated course."""
    data = simulation.data
    with panels(3.1, 1, len(PANELS)) as (figure, [row]):
        for axes, (name, title, unit) in zip(row, PANELS, strict=True):
            axes.plot(data.time, data[name].sel(arm="untreated"), **UNTREATED)
            axes.plot(data.time, data[name].sel(arm="as given"), color=COLOURS["way 2"], label="this course")
            course_clock(axes, simulation)
            room(axes, 0.1, data[name].sel(arm=["untreated", "as given"]))
            axes.set(title=title, ylabel=unit)
        legend(figure, row[:1])
        return svg(figure, "Way 2: calcium load, damage and excitatory gain")
