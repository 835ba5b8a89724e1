"""How tools lay out raw SQL migrations in files and folders, and the one list of migrations that we make of it."""
