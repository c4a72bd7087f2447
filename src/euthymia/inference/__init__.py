"""Inference: individual pharmacokinetics from samples, calibration to trials, and posterior prediction of further trials."""
