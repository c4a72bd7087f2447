"""What every scale shares: array types, units, parameters, numerical methods, files, errors."""
