"""Pharmacokinetics: from dose to concentration. Linear in dose, so solved exactly."""
