"""How XLA compiles programs of different kinds on the CPU."""

MANY_KERNELS = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": "1"}
"""Options for a program of very many small kernels and one shape: it compiles in half the time, and is as fast. Of several shapes the last
digits would differ."""
MANY_SHAPES = {"xla_cpu_use_fusion_emitters": True, "xla_backend_optimization_level": "1"}
"""Options for such a program of several shapes, such as numbers of arms: it compiles a little faster, and all give the same bits."""
FEW_KERNELS = {"xla_cpu_use_fusion_emitters": True, "xla_backend_optimization_level": "3"}
"""Options for a long loop over few kernels, which takes twice as long with the others; whatever ``XLA_FLAGS`` say."""
