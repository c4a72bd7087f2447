"""The command that shows which prefrontal circuits evidence leaves."""

from ..inference.sizes import DRAWS_OF_CIRCUITS as DRAWS
from ..inference.sizes import SEED_OF_CIRCUITS as SEED
from .console import output, show_warnings, stages
from .options import Settings, Whole


def circuits(*, draws: Whole = DRAWS, seed: Whole = SEED, settings: Settings = ()) -> None:
    """Which prefrontal circuits evidence leaves: conditions, priors and posteriors, and what each way does over them.

    Without options it shows what ships. With one of them it draws circuits again, in half a minute, and stores nothing.

    Parameters
    ----------
    draws
        Circuits to draw from the priors dose_curve.*, 100 to 1000000.
    seed
        Of the draws, from 0.
    """
    from ..report.terminal.circuits import show_conditioning, show_relief

    console = output()
    if (draws, seed) == (DRAWS, SEED) and not settings:
        from ..evidence.circuit_ensemble import conditioning
        from ..evidence.over_circuits import shipped_over_circuits

        show_conditioning(conditioning(), console)
        show_relief(shipped_over_circuits(), console)
        return
    from ..inference.sizes import check_circuit_draws
    from .options import Changes

    changes = Changes(settings=settings)
    changes.check()
    check_circuit_draws(draws, seed)
    with stages() as at:
        model = changes.model()
        from ..api import studies

        at.say("Drawing circuits")
        summary = studies.condition_circuits(draws, seed, model)
    show_warnings(model.warnings)
    show_conditioning(summary, console)
