"""Backups before a migration: chosen, taken from one snapshot, proven by digests, kept for a while, and given back."""
