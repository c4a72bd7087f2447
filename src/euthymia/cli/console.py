"""Where errors and warnings go, and what every output ends with."""

from rich.console import Console

DISCLAIMER = "Research and teaching software. It gives no medical advice."
errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
