"""What every scale shares and none owns: array types, units, parameters, exact and exponential steps, errors."""
