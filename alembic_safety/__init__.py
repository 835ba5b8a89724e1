"""Rehearse Alembic migrations on a throwaway PostgreSQL, synthesize exact downgrades, and prove them."""

# alembic first: our plugin is loaded in the middle of "import alembic", and would otherwise meet this package half built.
import alembic  # noqa: F401
