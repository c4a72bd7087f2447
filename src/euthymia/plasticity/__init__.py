"""Hours to weeks: excitotoxic load, signalling, and the turnover of dendritic spines."""
