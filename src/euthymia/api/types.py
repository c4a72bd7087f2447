"""Types of the interface whose modules need an array library, which is loaded when something is first computed."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

    from ..claims.claim import Verdict
    from ..inference.calibration import Calibration
    from ..inference.pharmacokinetics import PharmacokineticFit
    from ..model.changed import Model
    from ..simulation.exposure import Exposures
    from .cohort_run import CohortRun
    from .run import ComparedRuns, Run

    Dataset = xr.Dataset
else:
    Dataset = Verdict = Calibration = PharmacokineticFit = Model = Exposures = CohortRun = ComparedRuns = Run = Any

__all__ = ["Calibration", "CohortRun", "ComparedRuns", "Dataset", "Exposures", "Model", "PharmacokineticFit", "Run", "Verdict"]
