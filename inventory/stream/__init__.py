"""The event stream of the frontend: a small process of its own, without Django, login, database and session."""
