"""A calibration as a file: estimates with their uncertainty, and the log of the fit; one ships with the package."""

import hashlib
import json
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from pydantic import ValidationError
from ruamel.yaml import YAML

from .. import __version__
from ..core.errors import InputError, short, unknown
from ..core.files import read_text
from ..core.plain_yaml import Bounds, plain_data
from ..core.yaml_data import yaml_data
from ..evidence.registry import evidence
from ..evidence.rows import Number, Record
from .calibration import Calibration
from .coordinates import FITTED, prior
from .sampler import PosteriorSample

MOST_BYTES = 1_000_000
"""Of a file."""
BOUNDS = Bounds("fitted", "calibration", deepest=4, most_nodes=20_000)
FARTHEST = 10
"""Prior SDs from the mean of the prior, within which every coordinate and the SD of each lie."""
FITTED_FILE = "fitted.yaml"
"""In the folder of a calibration, and of people drawn from one that does not ship."""
HASH, AGAIN = "content_sha256", "run `euthymia calibrate` again"
ROUNDED = 1e-3
"""By how much a value may be off that of its coordinate, both being rounded."""
SIGNIFICANT_DIGITS, DIGITS_OF_DRAWS = 6, 4
KEPT_DRAWS = 200
LEAST_EFFECTIVE = 50
"""Draws, below which intervals are not to be relied on."""
FREE_DIRECTIONS = 4
"""Directions that are reported as least informed by the data."""
SPREADS = ("population.responsiveness", "between_trials.responsiveness")
"""SDs of responsiveness between patients and between trials: what one explains the other may explain."""
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


class Fitted(Record):
    """A calibration as a file."""

    version: str
    evidence_sha256: str
    """Of all parameters at which the fit was made."""
    patients: int
    effective_draws: Number
    """Of the importance sample."""
    estimates: dict[str, RowEstimate]
    draws: tuple[tuple[Number, ...], ...]
    """Of the coordinates, in the order of the estimates, from their posterior; of equal weight."""
    informed: tuple[Number, ...]
    """Eigenvalues of the negative Hessian of the log likelihood, largest first: below 1 the prior is more informative than the data."""
    freest: tuple[dict[str, Number], ...]
    """The directions least informed by the data: their largest loadings."""
    rows: tuple[str, ...]
    sampler: dict[str, Number] | None = None

    @property
    def coordinates(self) -> list[float]:
        """Posterior means, in the order of the estimates."""
        return [estimate.coordinate for estimate in self.estimates.values()]

    @property
    def values(self) -> dict[str, float]:
        """By row, in its unit."""
        return {row: estimate.value for row, estimate in self.estimates.items()}

    def drawn_values(self, row: str) -> np.ndarray:
        """Values of a row at the draws, in its unit."""
        coordinates = np.array(self.draws)[:, list(self.estimates).index(row)]
        return np.asarray(prior(row).value(jnp.asarray(coordinates)))

    @property
    def correlation_of_spreads(self) -> float:
        """Correlation of the coordinates of :data:`SPREADS` over the draws."""
        rows = list(self.estimates)
        return float(np.corrcoef(np.array(self.draws)[:, [rows.index(row) for row in SPREADS]].T)[0, 1])

    @property
    def disputed(self) -> dict[str, RowEstimate]:
        """Rows whose mean by the sampler is more than two SDs from that of the importance sample."""
        return {
            row: estimate
            for row, estimate in self.estimates.items()
            if estimate.sampled_mean is not None and abs(estimate.sampled_mean - estimate.coordinate) > 2 * estimate.sd
        }

    @property
    def warnings(self) -> list[str]:
        """What the user should know before relying on it."""
        warnings = []
        if self.effective_draws < LEAST_EFFECTIVE:
            warnings.append(f"the posterior rests on {self.effective_draws:.0f} effective draws; calibrate with more of them")
        if self.version != __version__:
            warnings.append(f"the calibration was made by version {self.version}, and this is {__version__}")
        if self.evidence_sha256 != evidence().parameter_hash():
            warnings.append("the calibration was made at other parameters than these; run `euthymia calibrate` again")
        return warnings

    def drawn(self, count: int, seed: int = 0) -> np.ndarray:
        """So many draws of the coordinates, each as often as the others or once more."""
        draws, random = np.array(self.draws), np.random.default_rng(seed)
        whole, rest = divmod(count, len(draws))
        return np.concatenate([np.repeat(draws, whole, 0), draws[random.permutation(len(draws))[:rest]]])


def _rounded(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def fitted_set(fit: Calibration, sampled: PosteriorSample | None) -> Fitted:
    """A calibration, and its posterior samples if there are any, as they are written to a file."""
    posterior, values = fit.posterior, fit.values
    estimates = {}
    for index, row in enumerate(FITTED):
        draws = None if sampled is None else sampled.draws[:, index]
        estimates[row] = RowEstimate(
            value=_rounded(values[row]),
            unit=evidence().parameters[row].unit,
            coordinate=_rounded(posterior.mean[index]),
            sd=_rounded(posterior.sd[index]),
            sampled_mean=None if draws is None else _rounded(draws.mean()),
            sampled_sd=None if draws is None else _rounded(draws.std()),
        )
    eigenvalues, eigenvectors = np.linalg.eigh(posterior.information - np.eye(len(FITTED)))
    return Fitted(
        version=__version__,
        evidence_sha256=evidence().parameter_hash(),
        patients=fit.patients,
        effective_draws=_rounded(posterior.effective),
        estimates=estimates,
        draws=tuple(tuple(float(f"{value:.{DIGITS_OF_DRAWS}g}") for value in draw) for draw in posterior.resampled(KEPT_DRAWS)),
        informed=tuple(_rounded(value) for value in eigenvalues[::-1]),
        freest=_free_directions(eigenvectors),
        rows=tuple(target.observation.target for target in fit.problem.targets.targets),
        sampler=None if sampled is None else _diagnostics(sampled),
    )


def _free_directions(eigenvectors: np.ndarray) -> tuple[dict[str, float], ...]:
    """The directions least informed by the data, those of the smallest eigenvalues: rows with their loadings, largest first."""
    directions = []
    for loadings in eigenvectors.T[:FREE_DIRECTIONS]:
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
    """A calibration as YAML, with a hash of its content."""
    stream = StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.sort_base_mapping_type_on_output = False
    writer.width = 140
    writer.dump({**fitted.model_dump(exclude_none=True), HASH: content_hash(fitted)}, stream)
    return stream.getvalue()


def content_hash(fitted: Fitted) -> str:
    """SHA-256 over all that a calibration says."""
    return hashlib.sha256(json.dumps(fitted.model_dump(exclude_none=True)).encode()).hexdigest()


def read(path: Path) -> Fitted:
    """A calibration from a file.

    Raises
    ------
    InputError
        If the file cannot be read, is no calibration, fits other rows than this version, was changed since it was written, or
        contradicts itself or the evidence.
    """
    text = read_text("fitted", path, MOST_BYTES, f"is larger than {MOST_BYTES // 1000} kB; that is no calibration")
    return _checked(plain_data(text, str(path), BOUNDS), str(path))


def _checked(data: object, origin: str) -> Fitted:
    content = dict(data) if isinstance(data, dict) else {}
    stated = content.pop(HASH, None)
    try:
        fitted = Fitted.model_validate(content)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise InputError(f"fitted: {origin} is no calibration of this version: {short(where)}: {error.errors()[0]['msg']}") from error
    if tuple(fitted.estimates) != FITTED:
        raise InputError(f"fitted: {origin} fits other rows than version {__version__}; {AGAIN}")
    if stated != (actual := content_hash(fitted)):
        said = f"it states hash {short(stated)} and has {actual[:12]}" if stated else f"it states no {HASH}"
        raise InputError(f"fitted: {origin} was changed since it was written ({said}); {AGAIN}")
    if fault := _contradiction(fitted):
        raise InputError(f"fitted: {origin}: {fault}; {AGAIN}")
    return fitted


def _contradiction(fitted: Fitted) -> str:
    """In words, what a calibration says that cannot be; empty if there is nothing."""
    known, count = evidence(), len(FITTED)
    of_this_evidence = fitted.evidence_sha256 == known.parameter_hash()
    for row, estimate in fitted.estimates.items():
        if estimate.unit != known.parameters[row].unit:
            return f"{row} is in {short(estimate.unit)}, and the evidence has it in {known.parameters[row].unit}"
        if not (abs(estimate.coordinate) <= FARTHEST and 0 < estimate.sd <= FARTHEST):
            return f"{row} is at {estimate.coordinate:g} with SD {estimate.sd:g}, outside {FARTHEST} SDs of its prior"
        of_coordinate = float(prior(row).value(jnp.asarray(estimate.coordinate)))
        if of_this_evidence and not np.isclose(estimate.value, of_coordinate, rtol=ROUNDED, atol=ROUNDED):
            return f"{row} is {estimate.value:g}, and its coordinate {estimate.coordinate:g} says {of_coordinate:g}"
    if not fitted.draws or {len(draw) for draw in fitted.draws} != {count}:
        return f"every one of its draws needs {count} coordinates"
    if not (np.abs(np.array(fitted.draws)) <= FARTHEST).all():
        return f"a draw lies outside {FARTHEST} SDs of the prior"
    if len(fitted.informed) != count or sorted(fitted.informed, reverse=True) != list(fitted.informed):
        return f"it needs {count} eigenvalues, largest first"
    if strange := [row for row in fitted.rows if row not in known.targets]:
        return str(unknown("row", strange[0], known.targets))
    if strange := [row for direction in fitted.freest for row in direction if row not in FITTED]:
        return str(unknown("direction", strange[0], FITTED))
    return ""


@cache
def shipped() -> Fitted:
    """The calibration of this version."""
    return _checked(yaml_data((files("euthymia.evidence") / "data" / "fitted.yaml").read_text("utf-8")), "fitted.yaml")
