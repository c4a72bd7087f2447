"""Predict the trials that were kept aside, and store the predictions: `python -m rebuild.trials`; minutes of work."""

from statistics import median
from typing import Any

from euthymia.core.runtime import configure
from euthymia.inference.prediction import PosteriorPrediction
from euthymia.validation.significance import Significance

from . import say, stored

ABOUT = "Numbers of trials that were kept aside, and of those that were fitted, beside their predictions. Written by `make rebuild`."


def main() -> None:
    """Predict and store."""
    configure()
    from euthymia.inference.fitted import shipped
    from euthymia.inference.prediction import predict
    from euthymia.trials.published import calibration_numbers
    from euthymia.validation.scores import bias
    from euthymia.validation.trials import predict_held_out

    rows, _, compared = predict_held_out(shipped(), progress=say)
    fitted = predict(calibration_numbers(), shipped(), progress=say)
    of_fit = {"numbers": len(fitted), "inside": sum(row.inside for row in fitted), "predictions": predictions_of(fitted)}
    data = {**scores_of(rows), "bias": bias(rows), "comparisons": comparisons_of(compared), "predictions": predictions_of(rows)}
    stored.write(stored.TRIALS, ABOUT, {**data, "fitted": of_fit})


def comparisons_of(compared: list[Significance]) -> list[dict[str, Any]]:
    """Comparisons of drugs with controls, as they are predicted."""
    return [
        {**one.comparison._asdict(), "arms": list(one.comparison.arms), "probability": one.probability}
        | {"low": one.low, "median": one.median, "high": one.high}
        for one in compared
    ]


def predictions_of(rows: list[PosteriorPrediction]) -> dict[str, dict[str, float]]:
    """Published numbers beside their posterior predictions."""
    return {
        row.observation.target: {"observed": float(row.observation.observed), "median": row.median, "low": row.low, "high": row.high}
        for row in rows
    }


def scores_of(rows: list[PosteriorPrediction]) -> dict[str, Any]:
    """Coverage, interval scores and signs, beside a meta-analysis of the calibration trials."""
    from euthymia.validation.scores import UNITS, sign_tests, summarise

    found, signs = summarise(rows), sign_tests(rows)
    compared = [row for row in rows if row.meta_analysis is not None]
    in_points = [row for row in compared if row.observation.statistic in UNITS["points of MADRS"]]
    return {
        "coverage": {
            "numbers": found.count,
            "inside": round(found.inside * found.count),
            "inside_by_trial": found.inside_by_trial,
            "width": found.width,
            "compared": found.compared,
            "inside_meta_analysis": sum(bool(row.inside_meta_analysis) for row in compared),
            "width_of_meta_analysis": float(
                median((row.meta_analysis[1] - row.meta_analysis[0]) / (row.high - row.low) for row in in_points)
            ),
        },
        "interval_scores": {unit: {"model": score.model, "meta_analysis": score.meta_analysis} for unit, score in found.scores.items()},
        "signs": {
            kind: {"as_observed": sum(test.agrees for test in tests), "of": len(tests)}
            for kind, tests in (
                ("drug over control", [test for test in signs if test.kind != "dose"]),
                ("between doses", [test for test in signs if test.kind == "dose"]),
            )
        },
    }


if __name__ == "__main__":
    main()
