"""The catalogue: what exists, who owns it, and what remains to be done. PostgreSQL through SQLAlchemy 2."""
