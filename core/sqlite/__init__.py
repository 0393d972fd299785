"""Django's backend for SQLite, with writers who take turns."""
