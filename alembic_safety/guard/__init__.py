"""Around a real upgrade: what is asked before, checked inside and kept after it."""
