"""Rehearse a chain of revisions on a throwaway database: up, down, up again, with the catalog compared after each step."""
