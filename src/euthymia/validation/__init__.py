"""Validation: predictions beside studies that were held out, of pharmacology and of trials."""
