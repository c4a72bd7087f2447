"""The person: a patient's constants, and the ten MADRS items that mechanisms move."""
