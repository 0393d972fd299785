"""Moving the old system's content into the content store: what `manage.py migrate_to_cas` does.

`forward` copies it, `cleanup` deletes the old objects, `revert` takes it back; docs/migrating.md is for the operator,
docs/protocol.md has the steps.
"""
