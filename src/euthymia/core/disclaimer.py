"""What this is, in the words that stand on every page and under every result."""

DISCLAIMER = "Research and teaching software. It gives no medical advice."
