"""Way 1: the prefrontal circuit under the drug."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from ...simulation.simulate import Simulation
from ..words import SHORT_CLASS
from .clock import course_clock
from .mood import is_the_trial, observed
from .style import CLASS_COLOURS, COLOURS, FAINT, HEALTHY, UNTREATED, legend, panels, room, svg, way_text

FREQUENCIES = (1, 3, 10, 30, 80)
"""Hz; ticks."""
CURVE = way_text("way 1")
"""Of way 1's curves, whose own hue is too pale for a line."""
CHECKPOINT_LINES = {
    "before": {"color": FAINT, "lw": 1.2},
    "at the peak loss": {"color": CURVE, "lw": 2},
    "24 h": {"color": CURVE, "lw": 2, "ls": "--"},
}
BAND = 0.18
"""Opacity."""
LEAST = 0.02
"""Relative change that fills a panel, at least."""


def surge(simulation: Simulation, circuits: xr.Dataset | None) -> str:
    """Rates by class, the glutamate they release, and gamma power, each against before."""
    data, dosed = simulation.data, simulation.data.sel(arm="as given")
    with panels(3.9, 1, 3) as (figure, [[rates, glutamate, gamma]]):
        time = data.time
        for name in data.cortical_class.values:
            rate = dosed.prefrontal_rates.sel(cortical_class=name)
            rates.plot(time, 100 * (rate / rate[0] - 1), color=CLASS_COLOURS[name], label=SHORT_CLASS.get(name, name))
        if circuits is not None and "ensemble_firing" in circuits:
            _band(rates, circuits.ensemble_firing.sel(cortical_class="pyramidal"), CLASS_COLOURS["pyramidal"])
            _band(glutamate, circuits.ensemble_glutamate, COLOURS["way 1"], "ensemble of circuits, 5 to 95 %")
        rates.set_title("Firing, change in %")
        glutamate.plot(time, 100 * dosed.glutamate, color=CURVE, label="glutamate in tissue")
        glutamate.plot(time, 100 * dosed.measured_glutamate, color=CURVE, ls=":", label="as an instrument shows it")
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
        if circuits is not None and "gamma_power" in circuits:
            gamma.plot(circuits.gamma_time, circuits.gamma_power, color=CURVE)
            room(gamma, LEAST, circuits.gamma_power)
            gamma.set_title("Gamma power, before = 1")
        else:
            gamma.set_visible(False)
        for axes, values in ((rates, dosed.prefrontal_rates / dosed.prefrontal_rates[0] - 1), (glutamate, dosed.glutamate)):
            if float(abs(values).max()) < LEAST / 2:
                axes.set_ylim(-50 * LEAST, 50 * LEAST)
        course_clock([rates, glutamate, gamma], simulation)
        legend(figure, [rates, glutamate], 4)
        return svg(figure, "Way 1: prefrontal firing, glutamate and gamma power")


def _band(axes: Axes, quantiles: xr.DataArray, colour: str, label: str | None = None) -> None:
    """What most circuits of the ensemble do, in per cent."""
    low, high = (100 * quantiles.isel(quantile=which) for which in (0, -1))
    axes.fill_between(quantiles.gamma_time, low, high, color=colour, alpha=BAND, lw=0, label=label)


def spectrum(circuits: xr.Dataset) -> str:
    """Power of pyramidal activity by frequency at the checkpoints, and what it is over that before."""
    with panels(3.1, 1, 2) as (figure, [[power, ratio]]):
        for name in circuits.checkpoint.values:
            values = circuits.prefrontal_spectrum.sel(checkpoint=name)
            style = CHECKPOINT_LINES[name] | {"label": name}
            power.plot(circuits.frequency, values, **style)
            ratio.plot(circuits.frequency, values / circuits.prefrontal_spectrum.sel(checkpoint="before"), **style)
        for axes in (power, ratio):
            axes.axvspan(*circuits.gamma_band.values, color=COLOURS["way 1"], alpha=0.08, lw=0, label="gamma band")
            axes.set(xscale="log", xlim=(float(circuits.frequency[0]), float(circuits.frequency[-1])), xlabel="Hz")
            axes.set_xticks(list(FREQUENCIES), [str(frequency) for frequency in FREQUENCIES])
            axes.minorticks_off()
        power.set(yscale="log", title="Power of pyramidal activity, (Hz/pA)²")
        power.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        power.yaxis.set_major_formatter("{x:g}")
        power.yaxis.set_minor_locator(NullLocator())
        ratio.set_title("Against before")
        room(ratio, LEAST, *(line.get_ydata() for line in ratio.lines))
        legend(figure, [power], 4)
        return svg(figure, "Way 1: power spectrum of the prefrontal circuit")


def control(simulation: Simulation) -> str:
    """Executive function: how long the circuit holds on to something, and how well against a distraction."""
    data = simulation.data
    with panels(3.1, 1, 2) as (figure, [[focus, impulse]]):
        focus.axhline(float(data.healthy_focus), **HEALTHY)
        focus.plot(data.time, data.focus.sel(arm="untreated"), **UNTREATED)
        focus.plot(data.time, data.focus.sel(arm="as given"), color=CURVE, label="this course")
        focus.set(title="Focus: activity is held for, ms")
        impulse.axhline(float(data.impulse_control[0]), **UNTREATED)
        impulse.plot(data.time, data.impulse_control, color=CURVE)
        impulse.set(title="Impulse control: goal over distraction")
        room(focus, 5.0, data.focus.sel(arm=["as given", "untreated"]), data.healthy_focus)
        room(impulse, 1.0, data.impulse_control)
        course_clock([focus, impulse], simulation)
        legend(figure, [focus])
        return svg(figure, "Way 1: focus and impulse control")
