"""A ready-made Alembic environment for projects without an env.py: ``script_location = alembic_safety:environment``."""
