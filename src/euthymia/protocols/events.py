"""What was given to people and what was measured in them."""

from dataclasses import dataclass

from .protocol import Dose


@dataclass(frozen=True)
class Observation:
    """A concentration (ng/mL) of a molecule at a time (h): "ketamine" is S and R together, "S-ketamine" one of them."""

    time: float
    concentration: float
    molecule: str
    sampling: str


@dataclass(frozen=True)
class Subject:
    """A person, their weight (kg) if it is known, what they were given, and their samples."""

    name: str
    weight: float | None
    doses: tuple[Dose, ...]
    observations: tuple[Observation, ...]
