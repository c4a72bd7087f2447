"""What the drug does at its receptors, per cell class."""
