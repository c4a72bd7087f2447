"""Published numbers with the ensemble that predicts them: what a calibration fits, and what a prediction draws from."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import equinox as eqx
import jax
from jaxtyping import Array, Float

from ..model.default import default_model, model_at
from ..model.parameters import Euthymia
from ..trials.expected import PredictionTargets, SolvedEnsemble, prediction_targets, solve_ensemble
from ..trials.published import Trial, TrialOutcome
from ..trials.regimens import SEED
from .coordinates import FITTED, values_at
from .likelihood import Moments, TrialData, log_likelihoods, moments, trial_data
from .sizes import PATIENTS


class PredictionProblem(eqx.Module):
    """Published numbers and the model around which coordinates are fitted, with its solved ensemble."""

    targets: PredictionTargets = eqx.field(static=True)
    start: Euthymia
    solved: SolvedEnsemble

    def model(self, coordinates: Float[Array, "fitted"]) -> Euthymia:
        """The model at coordinates of ``FITTED``, all else as in the evidence."""
        return model_at(values_at(FITTED, coordinates), self.start.physiology.closures)

    def moments(self, coordinates: Float[Array, "fitted"]) -> Moments:
        """What it expects of the numbers."""
        return moments(self.targets, self.model(coordinates), self.solved)


class CalibrationProblem(PredictionProblem):
    """The same with the data of the numbers."""

    data: TrialData

    def log_likelihoods(self, coordinates: Float[Array, "fitted"]) -> Float[Array, "trial"]:
        """Of each trial, up to a constant."""
        model = self.model(coordinates)
        return log_likelihoods(self.data, model.trial_differences, moments(self.targets, model, self.solved))


Problem = TypeVar("Problem", bound=PredictionProblem)


def of_first(problem: Problem, patients: int) -> Problem:
    """The same problem with the first patients of its ensemble."""
    arms = problem.solved.arms
    by_patient = ("fluctuation", "repair", "dissociation")
    arms = arms._replace(**{name: getattr(arms, name)[:, :patients] for name in by_patient})
    solved = SolvedEnsemble(arms, jax.tree.map(lambda leaf: leaf[:patients], problem.solved.draws))
    return eqx.tree_at(lambda whole: whole.solved, problem, solved)


def prediction_problem(
    pairs: Sequence[tuple[Trial, TrialOutcome]],
    patients: int = PATIENTS,
    model: Euthymia | None = None,
    seed: int = SEED,
    progress: Callable[[str], None] = lambda text: None,
) -> PredictionProblem:
    """Numbers with the ensemble that predicts them; ``seed`` says which set of patients."""
    targets, start = prediction_targets(list(pairs)), default_model() if model is None else model
    return PredictionProblem(targets, start, solve_ensemble(targets, start, patients, seed, progress))


def calibration_problem(
    pairs: Sequence[tuple[Trial, TrialOutcome]],
    patients: int = PATIENTS,
    model: Euthymia | None = None,
    seed: int = SEED,
    progress: Callable[[str], None] = lambda text: None,
) -> CalibrationProblem:
    """The same with the data of the numbers."""
    problem = prediction_problem(pairs, patients, model, seed, progress)
    return CalibrationProblem(problem.targets, problem.start, problem.solved, trial_data(problem.targets))
