"""Claims with controls: what the model says about observations, and what must fail without the mechanism."""
