"""Way 3: the lateral habenula, dopamine, and the answer to an omitted reward."""

from ...simulation.simulate import Simulation
from .style import COLOURS, FAINT, HEALTHY, UNTREATED, course_clock, legend, panels, room, svg

BURST, TONIC = "#aa3377", "#4477aa"
NUCLEUS_COLOURS = (FAINT, BURST, COLOURS["way 3"])
ANSWERS = (
    ("dopamine_active_share", "cells that fire", COLOURS["way 3"], "-"),
    ("dopamine_rate", "their rate", "#ee6677", "--"),
    ("dopamine_burst_share", "their spikes in bursts", "#ccbb44", ":"),
)


def habenula(simulation: Simulation) -> str:
    """Firing of the nucleus and of its cells, dopamine's three answers, and the tone they make."""
    data, given, untreated = simulation.data, simulation.data.sel(arm="as given"), simulation.data.sel(arm="untreated")
    with panels(5.6, 2, 2) as (figure, [[rates, shares], [answers, tone]]):
        for name, colour, text in (("tonic", TONIC, "spikes outside bursts"), ("burst", BURST, "spikes in bursts")):
            rates.plot(data.time, untreated[f"habenula_{name}_rate"], color=colour, ls="--", lw=1)
            rates.plot(data.time, given[f"habenula_{name}_rate"], color=colour, label=text)
        rates.set_title("Habenula, Hz per cell (dashed: untreated)")
        rates.set_ylim(bottom=0)
        spikes = given.habenula_tonic_rate + given.habenula_burst_rate
        for name, style, text in (("burst_rate", "-", "intervals up to 20 ms"), ("burst_rate_strict", ":", "up to 10 ms")):
            shares.plot(data.time, 100 * given[f"habenula_{name}"] / spikes, color=BURST, ls=style, label=text)
        shares.set_title("Habenula spikes in bursts, %")
        shares.set_ylim(bottom=0)
        for name, text, colour, style in ANSWERS:
            answers.plot(data.time, 100 * (given[name] / given[name][0] - 1), color=colour, ls=style, label=text)
        room(answers, 4.0, [0.0], *(line.get_ydata() for line in answers.lines))
        answers.set_title("Dopamine’s three answers, change in %")
        tone.axhline(float(data.healthy_reward), **HEALTHY)
        tone.plot(data.time, untreated.dopamine, **UNTREATED)
        tone.plot(data.time, given.dopamine, color=COLOURS["way 3"], label="this course")
        tone.set_title("Dopamine tone")
        tone.set_ylim(bottom=0)
        for axes in (rates, shares, answers, tone):
            course_clock(axes, simulation, 2)
        rates.legend(loc="best")
        shares.legend(loc="best")
        answers.legend(loc="best")
        tone.legend(loc="lower left")
        return svg(figure, "Way 3: habenula and dopamine")


def disappointment(simulation: Simulation) -> str:
    """One synchronous excitation of the nucleus, as after an omitted reward, and how long it silences dopamine cells."""
    data = simulation.data
    with panels(3.1, 1, 2, width_ratios=(1.6, 1)) as (figure, [[volley, pause]]):
        for name, colour in zip(data.nucleus.values, NUCLEUS_COLOURS, strict=True):
            one = data.sel(nucleus=name)
            volley.plot(data.volley_time, one.volley, color=colour, lw=1.6, label=f"{name}: {float(one.volley_spikes):+.1f} spikes a cell")
        volley.set(
            title="Habenula, Hz per cell", xlabel="ms since the excitation", xlim=(float(data.volley_time[0]), float(data.volley_time[-1]))
        )
        volley.set_ylim(bottom=0)
        pause.bar([str(n) for n in data.spikes.values], data.pause, color=COLOURS["way 3"], width=0.55)
        for place, length in enumerate(data.pause.values):
            pause.text(place, length, f"{length:.0f}", ha="center", va="bottom")
        pause.set(title="Dopamine pauses for, ms", xlabel="spikes of every habenula cell")
        pause.margins(y=0.15)
        pause.grid(visible=False, axis="x")
        legend(figure, [volley], 3)
        return svg(figure, "Way 3: the answer to an omitted reward")
