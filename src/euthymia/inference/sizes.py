"""What may be asked of a calibration and of predictions, checked before anything is computed."""

from ..core.errors import InputError

DRAWS_OF_CIRCUITS, SEED_OF_CIRCUITS = 100_000, 16
PATIENTS = 256
"""Of an ensemble."""
DRAWS_OF_POSTERIOR, DRAWS_OF_PREDICTION = 1500, 400
SEED_OF_FORECASTS = 6


def check_people(people: int) -> None:
    """Raises ``InputError`` for a number of virtual patients out of range."""
    if not 16 <= people <= 10_000:
        raise InputError(f"people: {people} is outside 16 to 10000")


def check_draws(patients: int, draws: int) -> None:
    """Raises ``InputError`` for numbers of patients and draws that are too small or too large for an interval."""
    if not 16 <= patients <= 10_000:
        raise InputError(f"patients: {patients} is outside 16 to 10000")
    if not 50 <= draws <= 100_000:
        raise InputError(f"draws: {draws} is outside 50 to 100000")


def check_circuit_draws(draws: int, seed: int) -> None:
    """Raises ``InputError`` for a number of circuits that is too small or too large, or a seed that is none."""
    if not 100 <= draws <= 1_000_000:
        raise InputError(f"draws: {draws} is outside 100 to 1000000")
    if not 0 <= seed < 2**31:
        raise InputError(f"seed: {seed} is outside 0 to {2**31 - 1}")
