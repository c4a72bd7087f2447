"""How XLA compiles programs of different kinds on the CPU."""

MANY_KERNELS = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": "1"}
"""Options for a program of very many small kernels and one shape: it compiles in half the time, and is as fast. Of several shapes the last
digits would differ."""
MANY_SHAPES = {"xla_backend_optimization_level": "1"}
"""Options for such a program of several shapes, such as numbers of arms: it compiles a little faster, and all give the same bits."""
