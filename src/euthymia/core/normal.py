"""Quantiles of the standard normal distribution, named by the central interval that they bound."""

from statistics import NormalDist

Z_90 = NormalDist().inv_cdf(0.95)
"""Half-width of the central 90 % interval, in SDs: 1.6449."""
Z_95 = NormalDist().inv_cdf(0.975)
"""Half-width of the central 95 % interval, in SDs: 1.9600."""
