"""What the verbs of the history mean, for people."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

_SENTENCES = {
    "added": "added it",
    "duplicated": "added it as a duplicate of {original}",
    "changed": "changed {what}",
    "deleted": "deleted it",
    "archived": "archived it",
    "unarchived": "unarchived it",
    "content_added": "put {quantity} × {part} into it",
    "content_changed": "changed {part} in it: {what}",
    "content_removed": "took {part} out of it",
    "attachment_added": "added “{title}”",
    "attachment_renamed": "renamed “{before}” to “{title}”",
    "attachment_changed": "changed “{title}”: {what}",
    "attachment_moved": "moved “{title}” to another place",
    "attachment_replaced": "replaced the file of “{title}”",
    "attachment_copied": "copied “{title}” from {source}",
    "attachment_removed": "deleted “{title}”",
    "attachment_restored": "restored “{title}”",
    "cover_chosen": "made “{title}” the cover",
    "cover_cleared": "cleared the cover",
    "edited": "{message}",
}
# In lower case, as in a sentence.
_LONGEST = 60


def sentence(verb: str, parameters: Mapping[str, Any]) -> str:
    """What happened. A verb that is not known, of another version of this program, stands for itself."""
    template = _SENTENCES.get(verb)
    if template is None:
        return verb.replace("_", " ")
    values = defaultdict(lambda: "?", parameters)
    return template.format_map(defaultdict(lambda: "?", {**values, "what": _changes(parameters.get("changes", {}))}))


def _changes(changes: Mapping[str, Any]) -> str:
    """`description from “x” to “y”, tags to “smd”`."""
    # PostgreSQL does not keep their order.
    return ", ".join(_change(name.replace("_", " "), *values) for name, values in sorted(changes.items()))


def _change(name: str, before: Any, after: Any) -> str:
    if before in {None, ""}:
        return f"{name} to “{_short(after)}”"
    return f"{name} from “{_short(before)}” to “{_short(after)}”" if after not in {None, ""} else f"{name} to nothing"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
