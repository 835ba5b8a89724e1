"""One rule a file; each has ``look(subject)``."""
