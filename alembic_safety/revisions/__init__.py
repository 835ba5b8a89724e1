"""Raw SQL and revision files: split, wrap, our Alembic operations, rendering to Python, rewriting ``downgrade()``."""
