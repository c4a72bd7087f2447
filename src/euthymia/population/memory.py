"""How many patients are solved together, and by how many processes."""

import jax

CHUNK_SIZES = 64, 256
"""Patients solved together on a processor, in small cohorts and large ones."""
PATIENT_BYTES = 2_000_000
"""Of memory that a patient takes while solved, at most."""
MOST_AT_ONCE = 16_384
"""Beyond this many a device gains no more."""


def patients_at_once(device: jax.Device) -> int:
    """Patients to solve together on an accelerator, a power of two; as many as half of its memory holds."""
    statistics = device.memory_stats() or {}
    held = statistics.get("bytes_limit", PATIENT_BYTES * MOST_AT_ONCE) // 2 // PATIENT_BYTES
    return min(MOST_AT_ONCE, 2 ** (int(held).bit_length() - 1)) if held > 0 else 1


def suitable_chunk_size(patients: int) -> int:
    """Patients of a cohort to solve together on this machine."""
    device = jax.devices()[0]
    if device.platform == "cpu":
        return CHUNK_SIZES[patients >= CHUNK_SIZES[1]]
    return min(patients_at_once(device), max(CHUNK_SIZES[0], 2 ** (patients - 1).bit_length()))


def useful_processes(processes: int) -> int:
    """Processes to solve chunks in, at most ``processes``: an accelerator serves one."""
    return processes if jax.devices()[0].platform == "cpu" else 1
