"""Drug effects at receptors, transporters and enzymes."""
