"""Drugs in plasma and brain."""

from ...core.constants import DAY
from ...evidence.registry import evidence
from ...pharmacology.comparators import FORMED
from ...simulation.simulate import Simulation
from .mood import is_the_trial
from .style import BLUE, COLOURS, FIRST_HOURS, MOLECULE_COLOURS, RED, end, hours_or_days, legend, panels, svg

SHOWN_MASSES = {
    "ketamine, venous": "venous_ketamine_mass",
    "norketamine": "norketamine_mass",
    "hydroxynorketamine": "hydroxynorketamine_mass",
    "dehydronorketamine": "dehydronorketamine_mass",
}
ENANTIOMER_LINES = {"S": (BLUE, "-"), "R": (RED, (0, (4, 4)))}
PLASMA_HOURS = DAY
"""What is shown of a single infusion, h."""


def ketamine(simulation: Simulation) -> str:
    """Ketamine and metabolites in plasma, and what reaches the brain unbound."""
    data, repeated = simulation.data, len(simulation.protocol.doses) > 1
    with panels(3.6, 1, 2) as (figure, [[plasma, brain]]):
        unit = DAY if repeated else 1.0
        last = end(simulation) if repeated else min(end(simulation), PLASMA_HOURS)
        for label, name in SHOWN_MASSES.items():
            plasma.plot(data.time / unit, data[name], color=MOLECULE_COLOURS[label.removesuffix(", venous")], label=label)
        if is_the_trial(simulation):
            target = evidence().target("zarate2006.venous_peak")
            infused = simulation.protocol.doses[0].duration
            plasma.plot(infused, target.value, "o", color=COLOURS["observed"], mfc="white", label="observed (sets the venous lag)")
        plasma.set(title="Plasma, total", ylabel="ng/mL", xlabel="days" if repeated else "hours", xlim=(0, last / unit))
        plasma.set_yscale("log")
        plasma.set_ylim(1, max(400.0, 2 * float(data.venous_ketamine_mass.max())))
        plasma.yaxis.set_major_formatter("{x:g}")
        for enantiomer, (colour, style) in ENANTIOMER_LINES.items():
            brain.plot(
                data.time, data.free_brain_ketamine.sel(enantiomer=enantiomer), color=colour, ls=style, label=f"{enantiomer}-ketamine"
            )
        brain.plot(data.time, data.free_brain_norketamine.sum("enantiomer"), color=MOLECULE_COLOURS["norketamine"])
        brain.set(title="Brain, unbound", ylabel="µM", xlabel="hours", xlim=(0, min(last, FIRST_HOURS)))
        brain.set_ylim(bottom=0)
        legend(figure, [plasma, brain], 4)
        return svg(figure, "Ketamine in plasma and brain")


def watched(simulation: Simulation) -> str:
    """Dissociation, nearness to anaesthesia and blood pressure."""
    data = simulation.data
    with panels(2.8, 1, 2) as (figure, [[mind, pressure]]):
        for axes in (mind, pressure):
            unit = hours_or_days(axes, simulation)
        mind.plot(data.time / unit, 100 * data.dissociation, color=ENANTIOMER_LINES["S"][0], label="dissociation")
        mind.plot(data.time / unit, 100 * data.anaesthesia, color=COLOURS["drug"], ls="--", label="of the concentration on awakening")
        mind.set(title="Mind", ylabel="%")
        mind.set_ylim(0, max(100.0, 110 * float(data.anaesthesia.max())))
        pressure.plot(data.time / unit, data.systolic_rise, color=ENANTIOMER_LINES["R"][0], label="systolic")
        pressure.plot(data.time / unit, data.diastolic_rise, color=ENANTIOMER_LINES["R"][0], ls="--", label="diastolic")
        pressure.set(title="Blood pressure, rise", ylabel="mmHg")
        pressure.set_ylim(0, max(20.0, 1.15 * float(data.systolic_rise.max())))
        legend(figure, [mind, pressure], 4)
        return svg(figure, "Dissociation and blood pressure")


def comparators(simulation: Simulation) -> str:
    """Each other drug of the course, and what it turns into, in plasma."""
    data = simulation.data
    with panels(2.6) as (figure, [[axes]]):
        unit = hours_or_days(axes, simulation)
        doses = {dose.drug for dose in simulation.protocol.doses}
        for drug in (str(name) for name in data.molecule.values if FORMED.get(str(name), str(name)) in doses):
            axes.plot(data.time / unit, data.comparator_mass.sel(molecule=drug), color=MOLECULE_COLOURS[drug], lw=1.4, label=drug)
        axes.set_ylabel("plasma, total, ng/mL")
        axes.set_ylim(bottom=0)
        legend(figure, [axes])
        return svg(figure, "Other drugs in plasma")
