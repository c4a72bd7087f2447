"""Trials that are left out: what is predicted of them, and how predictions are scored."""

import numpy as np
import pytest

from euthymia.inference.prediction import PosteriorPrediction
from euthymia.trials.meta_analysis import meta_analyses
from euthymia.trials.published import published_trials
from euthymia.validation.scores import bias, by_trial, summarise


def rows_of(name, median=lambda observed: observed, half=2.0):
    trial = next(trial for trial in published_trials().trials if trial.name == name)
    predictions = [(observation, median(observation.observed)) for observation in trial.observations]
    return [PosteriorPrediction(trial, one, middle, middle - half, middle + half, np.full(3, middle), None) for one, middle in predictions]


def test_every_trial_counts_once():
    rows = [*rows_of("Takahashi 2021"), *rows_of("Fava 2018", lambda observed: observed + 5)]
    total = summarise(rows)
    assert total.count == 5
    assert total.inside == pytest.approx(4 / 5)
    assert total.inside_by_trial == pytest.approx(1 / 2)
    # Four points of MADRS wide in one, four SDs in the other, of which a tenth is a point.
    assert total.width == pytest.approx((4 + 40) / 2)
    assert by_trial(rows, lambda row: row.inside) == total.inside_by_trial
    assert np.isnan(total.inside_meta_analysis)


def test_bias_is_that_of_drug_less_control():
    assert bias(rows_of("Takahashi 2021")) == pytest.approx(0)
    # Two points more in every arm are no bias of their difference.
    assert bias(rows_of("Takahashi 2021", lambda observed: observed - 2)) == pytest.approx(0)
    # Three of the sprays fall short of placebo by 0.1, 0.8 and 0.2; twice as far they fall short by twice as much.
    differences = np.array([-15.2, -14.5, -15.1]) + 15.3
    assert bias(rows_of("Takahashi 2021", lambda observed: 2 * observed)) == pytest.approx(differences.mean())
    assert np.isnan(bias(rows_of("Fava 2018")))


def test_a_meta_analysis_without_a_trial_does_not_know_it():
    whole, without = meta_analyses(), meta_analyses(without="Takahashi 2021")
    trial, observation = next(pair for pair in published_trials().observed("calibrate") if pair[0].name == "Takahashi 2021")
    assert whole.prediction_interval(trial, observation) != without.prediction_interval(trial, observation)
    same = meta_analyses(without="Nobody 2030")
    assert whole.pools == same.pools
