"""Dose to free brain concentration. Linear in dose, so solved exactly."""
