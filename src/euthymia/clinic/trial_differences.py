"""How trials differ in what context and mechanisms do, beyond what their baselines explain: by chance, by their patients, by their size.

A trial adds to the logarithm of the effects of context and to the logit of responsiveness.
"""

import equinox as eqx
from jaxtyping import Array, Float

from ..core.parameters import parameter
from ..core.types import Scalar

EFFECTS = ("context", "responsiveness")
"""What differs between trials."""
COVARIATES = ("aged", "failed", "hospital", "kept")
"""What a trial states of its patients: the share of 65 years or more; more than two antidepressants have failed; in hospital or in a clinic
for electroconvulsive therapy; the antidepressant is kept."""


class TrialDifferences(eqx.Module):
    """Spread of the effects between trials, and what covariates and size do to them."""

    between: Float[Array, "effect"] = parameter(
        tuple(f"between_trials.{effect}" for effect in EFFECTS), "dimensionless", "SD between trials"
    )
    correlation: Scalar = parameter("between_trials.correlation", "dimensionless", "of the two effects between trials")
    on_context: Float[Array, "covariate"] = parameter(
        tuple(f"between_trials.{covariate}.context" for covariate in COVARIATES), "dimensionless", "change of the logarithm"
    )
    on_responsiveness: Float[Array, "covariate"] = parameter(
        tuple(f"between_trials.{covariate}.responsiveness" for covariate in COVARIATES), "dimensionless", "change of the logit"
    )
    small_study: Scalar = parameter(
        "between_trials.small_study", "dimensionless", "change of the logit for each standard error of a standardised difference"
    )
    discrepancy: Scalar = parameter(
        "between_trials.discrepancy", "madrs_point", "SD of what a published number differs by beyond all that is modelled"
    )
