"""The patient: symptoms on the MADRS, safety read-outs, variability, and how a trial rates and counts them."""
