"""The calibration that ships with the package: estimates, how sure they are, and the log of the fit."""

from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

import jax.numpy as jnp
from ruamel.yaml import YAML

from .. import __version__
from ..core.errors import InputError
from ..evidence.registry import evidence
from ..evidence.rows import Number, Record
from ..model.default import default_model, with_values
from ..model.parameters import Euthymia

LARGEST = 1_000_000
"""Bytes of a file."""


class Estimate(Record):
    """One row: its value, and its coordinate with the SD of it before and after the fit (1 before)."""

    value: Number
    unit: str
    coordinate: Number
    sd: Number
    sampled_mean: Number | None = None
    sampled_sd: Number | None = None


class Round(Record):
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
    rounds: tuple[Round, ...]
    estimates: dict[str, Estimate]
    covariance: tuple[tuple[Number, ...], ...]
    """Of the coordinates."""
    informed: tuple[Number, ...]
    """Eigenvalues of the curvature of the log likelihood, largest first: below 1 the prior knows more than the data."""
    freest: tuple[dict[str, Number], ...]
    """The directions that the data leave most free: coordinates that weigh most."""
    rows: tuple[str, ...]
    sampler: dict[str, Number] | None = None

    @property
    def coordinates(self) -> list[float]:
        """In the order of the estimates."""
        return [each.coordinate for each in self.estimates.values()]

    @property
    def values(self) -> dict[str, float]:
        """By row, in its unit."""
        return {row: each.value for row, each in self.estimates.items()}

    @property
    def disputed(self) -> dict[str, Estimate]:
        """Rows that sampling puts more than two SDs from where the fit has them."""
        return {
            row: each
            for row, each in self.estimates.items()
            if each.sampled_mean is not None and abs(each.sampled_mean - each.coordinate) > 2 * each.sd
        }

    @property
    def warnings(self) -> list[str]:
        """What the user should know before leaning on it."""
        found = []
        if not self.converged:
            found.append(f"the calibration has not settled in {len(self.rounds)} rounds; its best point is kept")
        if self.evidence_sha256 != evidence().parameter_hash():
            found.append("the calibration was made at other parameters than these; run `euthymia calibrate` again")
        return found


def text_of(fitted: Fitted) -> str:
    """As YAML."""
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
        if len(content) > LARGEST:
            raise InputError(f"fitted: {path} is larger than {LARGEST // 1000} kB; that is no calibration")
        return _checked(YAML(typ="safe", pure=True).load(content.decode("utf-8")), str(path))
    except OSError as error:
        raise InputError(f"fitted: cannot read {path}: {error.strerror}") from error
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"fitted: {path} is no calibration of this version") from error


def _checked(data: object, origin: str) -> Fitted:
    from .calibration import FITTED

    found = Fitted.model_validate(data)
    if set(found.estimates) != set(FITTED):
        raise InputError(f"fitted: {origin} fits other rows than version {__version__}; run `euthymia calibrate` again")
    return found.model_copy(update={"estimates": {row: found.estimates[row] for row in FITTED}})


@cache
def shipped() -> Fitted:
    """The calibration of this version."""
    return _checked(
        YAML(typ="safe", pure=True).load((files("euthymia.evidence") / "data" / "fitted.yaml").read_text("utf-8")), "fitted.yaml"
    )


def calibrated(fitted: Fitted, model: Euthymia | None = None) -> Euthymia:
    """The model with fitted values in their rows."""
    values = {row: jnp.asarray(value) for row, value in fitted.values.items()}
    return with_values(default_model() if model is None else model, values)
