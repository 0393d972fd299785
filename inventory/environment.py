"""Typed values from environment variables; a wrong one raises ImproperlyConfigured with a sentence."""

import os
import re
import secrets
from argparse import ArgumentTypeError
from collections.abc import Collection
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

from core.arguments import duration
from core.numbers import whole_number

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")


def text(name: str, default: str = "") -> str:
    """The variable without surrounding white space, or the default when it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, *, default: bool) -> bool:
    """True or False; anything but the usual words is refused."""
    value = text(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def one_of(name: str, choices: Collection[str], default: str) -> str:
    """One of the words."""
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def time_zone(name: str) -> str:
    """The name of a time zone, such as Europe/Berlin."""
    value = text(name, "UTC")
    try:
        ZoneInfo(value)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ImproperlyConfigured(f"{name} must be a time zone such as Europe/Berlin, not {value!r}.") from error
    return value


def positive_integer(name: str, default: int) -> int:
    """A whole number above zero."""
    value = text(name)
    if not value:
        return default
    number = whole_number(value, 1)
    if number is None:
        raise ImproperlyConfigured(f"{name} must be a whole number above zero, not {value!r}.")
    return number


def port(name: str, default: int) -> int:
    """The number of a TCP port."""
    number = positive_integer(name, default)
    if number > 65535:
        raise ImproperlyConfigured(f"{name} must be a port, from 1 to 65535, not {number}.")
    return number


def seconds(name: str, default: float) -> float:
    """A time above zero, with or without a fraction."""
    value = text(name)
    try:
        number = float(value) if value else default
    except ValueError:
        number = 0
    if not 0 < number <= 86_400:
        raise ImproperlyConfigured(f"{name} must be a number of seconds above zero, not {value!r}.")
    return number


def length_of_time(name: str, default: str) -> timedelta:
    """A length of time such as 7d, 24h or 90m."""
    value = text(name, default)
    try:
        return duration(value)
    except ArgumentTypeError as error:
        raise ImproperlyConfigured(f"{name} must be a length of time like 7d, 24h or 90m, not {value!r}.") from error


def existing_folder(name: str) -> Path | None:
    """A folder that is there, or None when the variable is unset."""
    value = text(name)
    if not value:
        return None
    path = Path(value).resolve()
    if not path.is_dir():
        raise ImproperlyConfigured(f"{name} must be an existing folder, unlike {value!r}.")
    return path


def url(name: str) -> str | None:
    """An http or https URL, or None."""
    value = text(name)
    if value and not value.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"{name} must begin with http:// or https://, unlike {value!r}.")
    return value or None


def location(name: str) -> str:
    """The path of a location of the web server, with a slash at both ends, or nothing."""
    value = text(name)
    if value and not re.fullmatch(r"/([\w.-]+/)+", value, re.ASCII):
        raise ImproperlyConfigured(f"{name} must look like /internal/cas/, unlike {value!r}.")
    return value


def prefix(name: str, pattern: str) -> str:
    """The path that stands before all others, without a slash at its end, or nothing."""
    value = text(name).rstrip("/")
    if value and not re.fullmatch(pattern, value, re.ASCII):
        raise ImproperlyConfigured(f"{name} must look like /inventory, unlike {value!r}.")
    return value


def hosts_or_networks(name: str) -> list[str]:
    """A comma-separated list of host names, IP addresses and networks such as 192.168.1.0/24, in lower case."""
    entries = [word.lower().rstrip(".") for word in words(name)]
    for entry in entries:
        try:
            ip_network(entry)
        except ValueError as error:
            # A name whose last part is a number is an address that went wrong.
            if not _HOST_NAME.fullmatch(entry) or entry.rpartition(".")[2].isdigit():
                raise ImproperlyConfigured(
                    f"{name} must hold host names, IP addresses or networks such as 192.168.1.0/24, without scheme, "
                    f"port and path, unlike {entry!r}."
                ) from error
    return entries


def folder(name: str, default: Path) -> Path:
    """An existing folder; it is made if need be."""
    path = Path(text(name, str(default))).resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What is in it is for nobody else.
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name} must be a folder, and {path} cannot be one: {error.strerror}.") from error
    return path


def writable_folder(name: str) -> None:
    """Look whether the folder that the variable names, if any, can be used. It is not made."""
    path = Path(text(name))
    if not text(name):
        # A blank variable counts as unset, also for a library that reads it itself.
        os.environ.pop(name, None)
    elif not path.is_dir():
        raise ImproperlyConfigured(f"{name} must be a folder, and {path} does not exist. Make it before the start.")
    elif not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"{name} must be a folder to write in, and {path} may not be written.")


def words(name: str, default: list[str] | None = None) -> list[str]:
    """The words of a comma-separated list."""
    value = text(name)
    if not value:
        return default or []
    return [word.strip() for word in value.split(",") if word.strip()]


def extensions(name: str) -> list[str]:
    """File name extensions of a comma-separated list, in lower case and without their dot."""
    entries = [word.lower().removeprefix(".") for word in words(name)]
    for entry in entries:
        if not re.fullmatch(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*", entry):
            raise ImproperlyConfigured(f"{name} must hold extensions of file names, such as exe,bat, not {entry!r}.")
    return entries


def networks(name: str, default: list[str]) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of addresses and networks."""
    found = []
    for word in words(name, default):
        try:
            found.append(ip_network(word))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must hold addresses or networks, unlike {word!r}.") from error
    return found


def secret_key(name: str, path: Path, *, may_be_made: bool = True) -> str:
    """The variable, or a key kept in the file, which is made once with mode 0600, if it may be made.

    Two processes that start at the same moment agree on the key: the file appears whole, by a hard link.
    """
    value = text(name)
    if value:
        return value
    if not path.exists() and not may_be_made:
        raise ImproperlyConfigured(
            f"{name} is not set, and there is no {path}. Servers of one PostgreSQL database need the same key, or they "
            f"refuse each other's sessions and file addresses. Set {name} on all of them, to something like: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(64))"'
        )
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64), encoding="ascii")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its key counts
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
