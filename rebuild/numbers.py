"""Run every protocol that ships, people and animals, and store the numbers that README states: `python -m rebuild.numbers`; minutes."""

from euthymia.core.runtime import configure
from euthymia.model.parameters import Euthymia
from euthymia.simulation.simulate import Simulation

from . import stored

ABOUT = "Numbers of the model that README states, and MADRS under every protocol that ships. Written by `make rebuild`."
ARMS_OF_PROTOCOLS = ("as given", "context")
DECIMALS = 3
"""Of points of MADRS: what lies beyond is the computer's."""
Numbers = dict[str, float]


def main() -> None:
    """Compute and store."""
    configure()
    from euthymia.model.default import default_model
    from euthymia.protocols.reading import DEFAULT, read
    from euthymia.simulation.interventions import ARMS
    from euthymia.simulation.simulate import simulate

    reference_run = simulate(read(DEFAULT), arms=tuple(ARMS), coalitions=True)
    numbers = {"reference": of_reference_run(reference_run), "pharmacology": of_pharmacology(default_model()), "animals": of_animals()}
    stored.write(stored.NUMBERS, ABOUT, {**numbers, "madrs": of_protocols()})


def of_reference_run(run: Simulation) -> Numbers:
    """Of one infusion of ketamine in the typical patient."""
    from euthymia.analysis.attribution import attributed_at

    return {
        "madrs_2h": run.at(2.0) - run.at(0.0),
        "madrs_24h": run.at(24.0) - run.at(0.0),
        "way_2_at_24h": float(attributed_at(run, {"24 h": 24.0})["24 h"]["way 2"]),
        "pyramidal_block": float(run.data.pore_block.sel(cell_class="pyramidal").max()),
    }


def of_pharmacology(model: Euthymia) -> Numbers:
    """Of studies left out of the fit of the disposition or kept aside, and of a published model that is coded here."""
    from euthymia.validation.pharmacology import KEPT_ASIDE, MOLECULES, VERIFICATION, of_role, pharmacology, score

    rows = pharmacology(model)
    of_studies = of_role(rows, "calibrate", KEPT_ASIDE)
    scores = {molecule: score(group) for molecule in MOLECULES if (group := [row for row in of_studies if row.molecule == molecule])}
    total = score(of_studies)
    biases = [
        score([row for row in of_studies if (row.molecule, row.study, row.route) == ("hydroxynorketamine", study, "vein")], "fitted").bias
        for study in ("kamp2020bja", "hasan2021")
    ]
    return {
        "numbers": total.count,
        "median_error": total.median_error,
        "within_two_fold": total.within_two_fold,
        **{f"{molecule}_median_error": each.median_error for molecule, each in scores.items()},
        **{f"{molecule}_within_two_fold": each.within_two_fold for molecule, each in scores.items()},
        "hydroxynorketamine_conflict": biases[0] / biases[1],
        "largest_error_of_verification": max(row.error for row in of_role(rows, VERIFICATION) if row.molecule == "ketamine"),
    }


def of_animals() -> Numbers:
    """Of 10 mg/kg of ketamine i.p. in a mouse: the peak of free drug in brain, µM, and over that in a person after the default protocol."""
    from euthymia.protocols.reading import DEFAULT, check, read
    from euthymia.simulation.exposure import exposures

    dose = {"drug": "ketamine", "amount": "10 mg/kg", "route": "i.p."}
    mouse = check({"name": "mouse", "title": "Mouse", "patient": {"species": "mouse"}, "doses": [dose], "horizon": "1 d"})
    in_mouse, in_person = (
        float(exposures(protocol).peak.free_brain_ketamine.sel(enantiomer="both", patient=0)) for protocol in (mouse, read(DEFAULT))
    )
    return {"mouse_peak": in_mouse, "mouse_over_person": in_mouse / in_person}


def of_protocols() -> dict[str, dict[str, Numbers]]:
    """Change of MADRS since the first dose under every protocol that ships, and with the context of the treatment alone."""
    from euthymia.protocols.reading import builtin_names, read
    from euthymia.simulation.simulate import simulate

    changes = {}
    for name in builtin_names():
        print(f"  {name}", flush=True)
        run = simulate(read(name), arms=ARMS_OF_PROTOCOLS)
        times = {said: hours for said, hours in run.checkpoints().items() if hours > 0}
        changes[name] = {
            arm: {said: round(run.at(hours, arm) - run.at(0.0, arm), DECIMALS) + 0.0 for said, hours in times.items()}
            for arm in ARMS_OF_PROTOCOLS
        }
    return changes


if __name__ == "__main__":
    main()
