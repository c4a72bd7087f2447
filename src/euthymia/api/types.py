"""Types of the interface whose modules need an array library, which is loaded when something is first computed."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr

    from ..claims.claim import Verdict
    from ..inference.calibration import Calibration
    from ..inference.pharmacokinetics import PharmacokineticFit
    from ..inference.population_pk import PopulationFit
    from ..model.changed import Model
    from .cohort_run import CohortRun
    from .exposure_run import ExposureRun
    from .run import ComparedRuns, Run

    Dataset = xr.Dataset
else:
    Dataset = Verdict = Calibration = PharmacokineticFit = Model = CohortRun = ExposureRun = PopulationFit = ComparedRuns = Run = Any

__all__ = [
    *("Calibration", "CohortRun", "ComparedRuns", "Dataset", "ExposureRun", "Model", "PharmacokineticFit", "PopulationFit", "Run"),
    "Verdict",
]
