"""The legacy system: what the site ran on before contents were addressed by their hash.

`storage` has its objects and `views` serves them; `copying`, `cleanup` and `revert` are what `manage.py migrate_to_cas`
does. docs/legacy/files.md is for the operator, docs/protocol.md has the steps.
"""
