"""Two snapshots of a catalog -> the statements that turn the second back into the first."""
