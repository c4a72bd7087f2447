"""Settings of numerics that equations outside of the solvers need."""

SUBNETWORKS = 5
"""Nodes of the quadrature over limbic subnetworks."""
SMOOTH_EXCESS = 2e-3
"""Excess over the loss of NMDA drive that is adapted to, of which half is felt: the rectifier is smooth within a step."""
