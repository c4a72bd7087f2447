"""Comparators: what they occupy, serotonin, and the feedback that adapts."""

from ...simulation.simulate import Simulation
from .style import COLOURS, course_clock, legend, panels, svg


def serotonin(simulation: Simulation) -> str:
    """Transporter and enzyme, serotonin and autoreceptors over the logarithmic clock."""
    given = simulation.data.sel(arm="as given")
    with panels(3.3, 1, 2) as (figure, [[target, level]]):
        target.plot(given.time, 100 * given.sert_occupancy, color=COLOURS["serotonin"], lw=1.4, label="serotonin transporter, occupied")
        if float(given.dat_occupancy.max()) > 0:
            target.plot(given.time, 100 * given.dat_occupancy, color=COLOURS["way 3"], lw=1.4, label="dopamine transporter, occupied")
        target.plot(given.time, 100 * given.mao_block, color="#ee6677", lw=1.4, label="MAO-A, lost")
        target.set(title="Targets, %", ylim=(0, 100))
        level.plot(given.time, given.serotonin, color=COLOURS["serotonin"], lw=2.4, label="serotonin, healthy = 1")
        level.plot(given.time, given.autoreceptor, color="#aa3377", ls="--", label="autoreceptor sensitivity, naive = 1")
        level.set_title("Serotonin and its feedback")
        level.set_ylim(bottom=0)
        for axes in (target, level):
            course_clock(axes, simulation, 2)
        legend(figure, [target, level], 4)
        return svg(figure, "Transporter, monoamine oxidase, serotonin and autoreceptors")
