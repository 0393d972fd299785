"""Everything that changes a set: for the API, the admin, the commands and the shell alike.

Every change locks the set before its attachments, and one file is one transaction (docs/protocol.md, rule R5). Nothing
here deletes bytes: the collector does, later.
"""

from attachments.services.arrangement import choose_kind, move
from attachments.services.copies import copy, copy_all
from attachments.services.covers import choose_cover
from attachments.services.files import attach_file, replace_file
from attachments.services.links import attach_link
from attachments.services.removed import restore
from attachments.services.rows import detach, rename

__all__ = [
    "attach_file",
    "attach_link",
    "choose_cover",
    "choose_kind",
    "copy",
    "copy_all",
    "detach",
    "move",
    "rename",
    "replace_file",
    "restore",
]
