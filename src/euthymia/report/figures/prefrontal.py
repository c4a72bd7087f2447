"""Way 1: the prefrontal circuit under the drug."""

from ...simulation.simulate import Simulation
from .mood import is_the_trial, observed
from .style import CLASS_COLOURS, CLOCK, COLOURS, HEALTHY, SHORT_CLASS, UNTREATED, course_clock, hours_or_days, legend, panels, room, svg

LEAST = 0.02
"""Relative change that fills a panel, at least."""


def surge(simulation: Simulation) -> str:
    """Rates by class, the glutamate they release, and gamma power, each against before."""
    data, given = simulation.data, simulation.data.sel(arm="as given")
    with panels(3.7, 1, 3) as (figure, [[rates, glutamate, gamma]]):
        for axes in (rates, glutamate, gamma):
            unit = hours_or_days(axes, simulation)
        time = data.time / unit
        for name in data.cortical_class.values:
            rate = given.prefrontal_rates.sel(cortical_class=name)
            rates.plot(time, 100 * (rate / rate[0] - 1), color=CLASS_COLOURS[name], label=SHORT_CLASS.get(name, name))
        rates.set_title("Firing, change in %")
        glutamate.plot(time, 100 * given.glutamate, color=COLOURS["way 1"], label="glutamate in tissue")
        glutamate.plot(time, 100 * given.measured_glutamate, color=COLOURS["way 1"], ls=":", label="as an instrument shows it")
        if is_the_trial(simulation):
            observed(
                glutamate,
                "abdallah2018.glutamine",
                simulation.protocol.doses[0].duration or 0.0,
                0.0,
                100.0,
                fmt="o",
                label="observed, ¹³C (95 %)",
            )
        glutamate.set_title("Glutamate, change in %")
        if "gamma" in data:
            gamma.plot(data.gamma_hours / unit, data.gamma, color=COLOURS["way 1"])
            room(gamma, LEAST, data.gamma)
            gamma.set_title("Gamma power, before = 1")
        else:
            gamma.set_visible(False)
        for axes, values in ((rates, given.prefrontal_rates / given.prefrontal_rates[0] - 1), (glutamate, given.glutamate)):
            if float(abs(values).max()) < LEAST / 2:
                axes.set_ylim(-50 * LEAST, 50 * LEAST)
        legend(figure, [rates, glutamate], 4)
        return svg(figure, "Way 1: prefrontal firing, glutamate and gamma power")


def control(simulation: Simulation) -> str:
    """Executive function: how long the circuit holds on to something, and how well against a distraction."""
    data = simulation.data
    with panels(3.1, 1, 2) as (figure, [[focus, impulse]]):
        focus.axhline(float(data.healthy_focus), **HEALTHY)
        focus.plot(data.time, data.focus.sel(arm="untreated"), **UNTREATED)
        focus.plot(data.time, data.focus.sel(arm="as given"), color=COLOURS["way 1"], label="this course")
        focus.set(title="Focus: activity is held for, ms", xlabel=CLOCK)
        impulse.axhline(float(data.impulse_control[0]), **UNTREATED)
        impulse.plot(data.time, data.impulse_control, color=COLOURS["way 1"])
        impulse.set(title="Impulse control: goal over distraction", xlabel=CLOCK)
        room(focus, 5.0, data.focus.sel(arm=["as given", "untreated"]), data.healthy_focus)
        room(impulse, 1.0, data.impulse_control)
        for axes in (focus, impulse):
            course_clock(axes, simulation, 2)
        legend(figure, [focus])
        return svg(figure, "Way 1: focus and impulse control")
