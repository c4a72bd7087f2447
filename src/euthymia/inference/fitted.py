"""A calibration as a file: estimates with their uncertainty, and the log of the fit; one ships with the package."""

from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from .. import __version__
from ..core.errors import InputError
from ..core.yaml_data import yaml_data
from ..evidence.registry import evidence
from ..evidence.rows import Number, Record
from .calibration import Calibration
from .coordinates import FITTED
from .posterior import SAMPLED
from .sampler import PosteriorSample

MOST_BYTES = 1_000_000
"""Of a file."""
SIGNIFICANT_DIGITS = 6
FREE_DIRECTIONS = 4
"""Directions that are reported as least informed by the data."""
LEAST_LOADING = 0.3
"""Loading of a coordinate on a direction, from which on it is reported."""


class RowEstimate(Record):
    """A fitted row: its value, and its coordinate with the SD after the fit (1 before it)."""

    value: Number
    unit: str
    coordinate: Number
    sd: Number
    sampled_mean: Number | None = None
    sampled_sd: Number | None = None


class RoundRecord(Record):
    """One round of the fit."""

    log_posterior: Number
    moved: Number


class Fitted(Record):
    """A calibration as a file."""

    version: str
    evidence_sha256: str
    """Of all parameters at which the fit was made."""
    patients: int
    converged: bool
    rounds: tuple[RoundRecord, ...]
    estimates: dict[str, RowEstimate]
    covariance: tuple[tuple[Number, ...], ...]
    """Of the coordinates."""
    informed: tuple[Number, ...]
    """Eigenvalues of the negative Hessian of the log likelihood, largest first: below 1 the prior is more informative than the data."""
    freest: tuple[dict[str, Number], ...]
    """The directions least informed by the data: their largest loadings."""
    rows: tuple[str, ...]
    sampler: dict[str, Number] | None = None

    @property
    def coordinates(self) -> list[float]:
        """In the order of the estimates."""
        return [estimate.coordinate for estimate in self.estimates.values()]

    @property
    def values(self) -> dict[str, float]:
        """By row, in its unit."""
        return {row: estimate.value for row, estimate in self.estimates.items()}

    @property
    def disputed(self) -> dict[str, RowEstimate]:
        """Rows whose sampled mean is more than two SDs from the posterior mode."""
        return {
            row: estimate
            for row, estimate in self.estimates.items()
            if estimate.sampled_mean is not None and abs(estimate.sampled_mean - estimate.coordinate) > 2 * estimate.sd
        }

    @property
    def warnings(self) -> list[str]:
        """What the user should know before relying on it."""
        warnings = []
        if not self.converged:
            warnings.append(f"the calibration has not settled in {len(self.rounds)} rounds; its best point is kept")
        if self.evidence_sha256 != evidence().parameter_hash():
            warnings.append("the calibration was made at other parameters than these; run `euthymia calibrate` again")
        return warnings


def _rounded(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def fitted_set(fit: Calibration, sampled: PosteriorSample | None) -> Fitted:
    """A calibration, and its posterior samples if there are any, as they are written to a file."""
    sds = np.sqrt(np.diag(fit.covariance))
    estimates = {}
    for index, row in enumerate(FITTED):
        draws = None if sampled is None or row not in SAMPLED else sampled.draws[:, SAMPLED.index(row)]
        estimates[row] = RowEstimate(
            value=_rounded(fit.values[row]),
            unit=evidence().parameters[row].unit,
            coordinate=_rounded(fit.coordinates[index]),
            sd=_rounded(sds[index]),
            sampled_mean=None if draws is None else _rounded(draws.mean()),
            sampled_sd=None if draws is None else _rounded(draws.std()),
        )
    return Fitted(
        version=__version__,
        evidence_sha256=evidence().parameter_hash(),
        patients=fit.patients,
        converged=fit.converged,
        rounds=tuple(RoundRecord(log_posterior=_rounded(log_posterior), moved=_rounded(moved)) for log_posterior, moved in fit.rounds),
        estimates=estimates,
        covariance=tuple(tuple(_rounded(value) for value in line) for line in fit.covariance),
        informed=tuple(_rounded(value) for value in fit.information_eigenvalues),
        freest=_free_directions(fit),
        rows=tuple(target.observation.target for target in fit.problem.targets.targets),
        sampler=None if sampled is None else _diagnostics(sampled),
    )


def _free_directions(fit: Calibration) -> tuple[dict[str, float], ...]:
    """The directions least informed by the data: rows with their loadings, largest first."""
    directions = []
    for loadings in fit.information_eigenvectors.T[::-1][:FREE_DIRECTIONS]:
        largest = [index for index in np.argsort(-np.abs(loadings)) if abs(loadings[index]) >= LEAST_LOADING]
        directions.append({FITTED[index]: _rounded(loadings[index]) for index in largest})
    return tuple(directions)


def _diagnostics(sampled: PosteriorSample) -> dict[str, float]:
    return {
        "draws": len(sampled.draws),
        "least_effective": _rounded(sampled.effective_sample_size.min()),
        "largest_r_hat": _rounded(sampled.r_hat.max()),
        "divergences": sampled.divergences,
    }


def text_of(fitted: Fitted) -> str:
    """A calibration as YAML."""
    stream = StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.sort_base_mapping_type_on_output = False
    writer.width = 140
    writer.dump(fitted.model_dump(exclude_none=True), stream)
    return stream.getvalue()


def read(path: Path) -> Fitted:
    """A calibration from a file.

    Raises
    ------
    InputError
        If the file cannot be read, is no calibration, or fits other rows than this version.
    """
    try:
        content = path.read_bytes()
        if len(content) > MOST_BYTES:
            raise InputError(f"fitted: {path} is larger than {MOST_BYTES // 1000} kB; that is no calibration")
        return _checked(YAML(typ="safe", pure=True).load(content.decode("utf-8")), str(path))
    except OSError as error:
        raise InputError(f"fitted: cannot read {path}: {error.strerror}") from error
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"fitted: {path} is no calibration of this version") from error


def _checked(data: object, origin: str) -> Fitted:
    fitted = Fitted.model_validate(data)
    if set(fitted.estimates) != set(FITTED):
        raise InputError(f"fitted: {origin} fits other rows than version {__version__}; run `euthymia calibrate` again")
    return fitted.model_copy(update={"estimates": {row: fitted.estimates[row] for row in FITTED}})


@cache
def shipped() -> Fitted:
    """The calibration of this version."""
    return _checked(yaml_data((files("euthymia.evidence") / "data" / "fitted.yaml").read_text("utf-8")), "fitted.yaml")
