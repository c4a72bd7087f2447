"""How many patients a device holds at once."""

import jax

PATIENT_BYTES = 2_000_000
"""Of memory that a patient takes while solved, at most."""
MOST_AT_ONCE = 16_384
"""Beyond this many a device gains no more."""


def patients_at_once(device: jax.Device) -> int:
    """Patients to solve together on an accelerator, a power of two; as many as half of its memory holds."""
    statistics = device.memory_stats() or {}
    held = statistics.get("bytes_limit", PATIENT_BYTES * MOST_AT_ONCE) // 2 // PATIENT_BYTES
    return min(MOST_AT_ONCE, 2 ** (int(held).bit_length() - 1)) if held > 0 else 1
