"""What a database holds, as plain frozen values; knows nothing of Alembic, SQLAlchemy or psycopg."""
