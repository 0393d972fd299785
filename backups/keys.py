"""The keys of the site, as lines of an environment file: without them sessions end and addresses of files change."""

import os
import secrets
from pathlib import Path

from django.conf import settings

_NAMES = ("DJANGO_SECRET_KEY", "DJANGO_SECRET_KEY_FALLBACKS", "CAS_URL_KEYS")
RESTORED = "restored-keys"


def lines() -> str:
    """The keys that this process runs with."""
    values = (settings.SECRET_KEY, ",".join(settings.SECRET_KEY_FALLBACKS), ",".join(settings.CAS_URL_KEYS))
    return "".join(f"{name}={value}\n" for name, value in zip(_NAMES, values, strict=True) if value)


def put_back(text: str) -> str | None:
    """Put the keys of a backup where they work; a sentence when a person has to do the rest.

    A secret key that the data folder holds is replaced. What comes from the environment can only be told.
    """
    if text == lines():
        return None
    values = dict(line.split("=", 1) for line in text.splitlines())
    only_the_key = lines().count("\n") == 1 and values.keys() == {_NAMES[0]}
    if only_the_key and not os.environ.get(_NAMES[0], "").strip():
        _write(settings.DATA_DIR / "secret_key", values[_NAMES[0]])
        return None
    path = settings.DATA_DIR / RESTORED
    _write(path, text)
    return (
        f"The backup's keys are other ones than those of this environment. They are in {path}: set these variables to "
        "them and delete the file, or all sessions end and all addresses of files change."
    )


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)
