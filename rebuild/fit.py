"""Fit to trials, take the fit into the package, and predict each trial from all others: `python -m rebuild.fit`; an hour of work."""

from typing import TYPE_CHECKING, Any

from euthymia.core.files import atomic_write
from euthymia.core.runtime import configure

from . import say, stored
from .inputs import DATA

if TYPE_CHECKING:
    from euthymia.inference.calibration import Calibration, Posterior

FITTED = DATA / "fitted.yaml"
ABOUT = "Each trial of the fit predicted from all others, beside a meta-analysis without it. Written by `make rebuild`."
PREDICTIVE_DRAWS = 300


def main() -> None:
    """Fit and store."""
    configure()
    from euthymia.inference.calibration import calibrate
    from euthymia.inference.fitted import fitted_set, text_of

    fit = calibrate(progress=say)
    atomic_write(FITTED, text_of(fitted_set(fit, None)))
    stored.write(stored.LEFT_OUT, ABOUT, left_out(fit))


def left_out(fit: "Calibration") -> dict[str, Any]:
    """Scores and predictions of each trial from all others, and how far the spreads move without it."""
    from euthymia.inference.coordinates import FITTED as ROWS
    from euthymia.inference.fitted import SPREADS
    from euthymia.validation.leave_one_out import leave_one_out
    from euthymia.validation.scores import bias

    from .trials import comparisons_of, predictions_of, scores_of

    whole, at = fit.posterior, [ROWS.index(row) for row in SPREADS]
    found = leave_one_out(fit, PREDICTIVE_DRAWS, say)
    rows = [row for one in found.values() for row in one.rows]
    off = (whole.draws[:, at] - whole.mean[at]) / whole.sd[at]

    def moved(posterior: "Posterior") -> dict[str, float]:
        return dict(zip(SPREADS, ((posterior.mean - whole.mean) / whole.sd)[at].tolist(), strict=True))

    trials = {
        name: {
            "effective_draws": one.posterior.effective,
            "inside": sum(row.inside for row in one.rows),
            "numbers": len(one.rows),
            "moved": moved(one.posterior),
        }
        for name, one in found.items()
    }
    return {
        **scores_of(rows),
        "bias": bias(rows),
        "correlation_of_spreads": float(whole.weights @ off.prod(1)),
        "trials": trials,
        "comparisons": comparisons_of([comparison for one in found.values() for comparison in one.comparisons]),
        "predictions": predictions_of(rows),
    }


if __name__ == "__main__":
    main()
