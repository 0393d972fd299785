"""Where this site is reached: names, ports and origins.

Read from the environment without Django's settings: the stream process (inventory.stream) needs them too, and is small.
"""

from urllib.parse import urlsplit

from inventory import environment as env

HOST = env.text("HOST", "127.0.0.1")
PORT = env.port("PORT", 8000)
STREAM_PORT = env.port("STREAM_PORT", PORT + 1)
ALLOWED_HOSTS = env.words("DJANGO_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("DJANGO_CSRF_TRUSTED_ORIGINS")
# The path below which a proxy shows the site: no slash at its end, and nothing that a page could misread.
PREFIX = r"(/(?!\.+(/|$))[\w.~-]+)+"
SCRIPT_NAME = env.prefix("SCRIPT_NAME", PREFIX)


def origin(scheme: str, host: str, port: int) -> str:
    """The origin as browsers write it: without the port that the scheme implies. `host` has its brackets if IPv6."""
    return f"{scheme}://{host}" if port == {"http": 80, "https": 443}[scheme] else f"{scheme}://{host}:{port}"


def host_name(host: str) -> str:
    """The name in a Host header, without the port; an IPv6 address keeps its brackets. Empty for nonsense."""
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name


def is_own_origin(candidate: str, host: str) -> bool:
    """Whether pages of this origin are the site's own, for a request with this Host header to the stream.

    They are when the web server has served them, under the same and an allowed name, or when the origin is trusted.
    """
    name = host_name(host)
    if candidate in CSRF_TRUSTED_ORIGINS:
        return True
    return _is_allowed(name) and candidate == origin("http", name, PORT)


def _is_allowed(name: str) -> bool:
    """As Django compares with ALLOWED_HOSTS: a pattern that begins with a dot stands for a domain and all below it."""
    return any(
        pattern in {"*", name} or (pattern.startswith(".") and (name.endswith(pattern) or name == pattern[1:]))
        for pattern in map(str.lower, ALLOWED_HOSTS)
    )
