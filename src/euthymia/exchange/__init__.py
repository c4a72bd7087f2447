"""The model's parts in formats that other programs read."""
