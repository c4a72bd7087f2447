"""What a trial of its size would find significant."""

from euthymia.inference.likelihood import TEST
from euthymia.trials.expected import prediction_targets
from euthymia.trials.published import published_trials
from euthymia.trials.sampling_error import arm_size
from euthymia.validation.significance import DIFFERENCE, comparisons

TARGETS = prediction_targets([(trial, each) for trial in published_trials().trials for each in trial.observations]).targets


def test_drugs_are_compared_with_controls_of_their_own_trial_at_the_same_time():
    compared = comparisons(TARGETS)
    trials = {trial.name: trial for trial in published_trials().trials}
    assert {comparison.trial for comparison in compared} >= {"Murrough 2013", "Takahashi 2021", "Roose 2004", "PCN-101", "TRANSFORM-3"}
    for comparison, (test, difference) in compared.items():
        trial = trials[comparison.trial]
        assert trial.pools == 1
        assert (test.observation.statistic, difference.observation.statistic) == (TEST, DIFFERENCE)
        for target in (test, difference):
            assert target.observation.sides == [comparison.arms, (comparison.control,)]
            assert target.observation.at == comparison.at
        assert all(trial.is_control(comparison.control, arm) for arm in comparison.arms)
        assert comparison.control not in comparison.arms


def test_a_control_takes_nothing_or_the_antidepressant_that_both_begin():
    trials = {trial.name: trial for trial in published_trials().trials}
    spray, infusion = trials["TRANSFORM-3"], trials["Murrough 2013"]
    assert spray.is_control("control", "esketamine")
    assert infusion.is_control("midazolam", "ketamine")
    assert not any(trial.is_control(arm, arm) for trial in trials.values() for arm in trial.arms)
    assert not infusion.is_control("ketamine", "midazolam")
    assert not trials["ELEKT-D"].is_control("electroconvulsive therapy", "ketamine")


def test_a_comparison_has_the_sizes_of_its_arms():
    """Also where the number is of one arm, and the size stands with the number."""
    for target in TARGETS:
        trial, observation, _ = target
        size = arm_size(observation, trial.arms[observation.arm])
        of_two = observation.against is not None
        for comparison, (test, _) in comparisons([each for each in TARGETS if each.trial is trial]).items():
            if not of_two and size and comparison.arms == observation.sides[0] and test.observation.target == observation.target:
                assert arm_size(test.observation, trial.arms[observation.arm]) == size
