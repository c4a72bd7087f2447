"""Draw the forest plots of trials, of those of the fit, each predicted from all others, and of those kept aside: seconds of work."""

from typing import Any

import numpy as np

from euthymia.core.runtime import configure

from . import ROOT, stored

PICTURES = {
    "trials-left-out.svg": (stored.LEFT_OUT, "Trials of the fit, each predicted from all others"),
    "trials-kept-aside.svg": (stored.TRIALS, "Trials that were kept aside, as predicted"),
}
"""Pictures of the documentation, the results that they draw, and titles."""


def main() -> None:
    """Write the pictures."""
    configure()
    from euthymia.report.figures.trials import predicted_numbers

    for file, (results, title) in PICTURES.items():
        head, tail = predicted_numbers(rows_of(results), title).split("</title>", 1)
        # The ground is white, for the pictures stand on light and on dark pages.
        (ROOT / "docs" / file).write_text(f'{head}</title><rect width="100%" height="100%" fill="white"/>{tail}', "utf-8")


def rows_of(results: str) -> list[Any]:
    """Stored predictions beside those of a meta-analysis, which never saw the trial either."""
    from euthymia.inference.prediction import PosteriorPrediction
    from euthymia.trials.meta_analysis import meta_analyses
    from euthymia.trials.published import published_trials

    stored_rows = stored.read(results)["predictions"]
    return [
        PosteriorPrediction(
            trial,
            observation,
            *(stored_rows[observation.target][name] for name in ("median", "low", "high")),
            np.empty(0),
            meta_analyses(without=trial.name).prediction_interval(trial, observation),
        )
        for trial in published_trials().trials
        for observation in trial.observations
        if observation.target in stored_rows
    ]


if __name__ == "__main__":
    main()
