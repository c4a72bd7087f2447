"""What a run says: who moved mood, what drugs do side by side, potency gaps, circuits beside a course."""
