"""The virtual clinic against trials: what was done and seen in them, what the model gives, calibration and validation."""
