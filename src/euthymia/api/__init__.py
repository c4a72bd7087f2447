"""The Python interface: functions that check what they are given, run the model, and return labelled results."""
