"""URLs, read once and strictly: what is checked is what is connected to."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import idna

from attachments.fetching.errors import CannotFetchError
from attachments.fetching.networks import IPAddress

_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
# As the URL standard has it: a host whose last label is a number can only be an IPv4 address.
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")
_PATH_SAFE = "/%:;=@&!$'()*+,~-._"
_QUERY_SAFE = _PATH_SAFE + "?[]|"


@dataclass(frozen=True)
class Target:
    """Where a request goes. `host` is a name in ASCII, or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    ip: IPAddress | None

    @property
    def url(self) -> str:
        """The URL as it is asked for, without fragment."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def parse(url: str) -> Target:
    """The parts of an http or https URL. Raises CannotFetchError for anything else, and for credentials."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise CannotFetchError(f"no address: {error}") from error
    if parts.scheme not in _PORTS:
        raise CannotFetchError(f"the scheme {parts.scheme[:20]!r}")
    if "@" in parts.netloc:
        raise CannotFetchError("credentials in the address")
    if not host or "\\" in parts.netloc:
        raise CannotFetchError("no host")
    name, ip = _host(host, bracketed="[" in parts.netloc)
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    if parts.query:
        path += "?" + quote(parts.query, safe=_QUERY_SAFE)
    return Target(parts.scheme, name, _PORTS[parts.scheme] if port is None else port, path, ip)


def join(base: str, reference: str) -> str:
    """The URL that a reference in a page or a redirect means. Raises CannotFetchError."""
    try:
        return urljoin(base, reference.strip())
    except ValueError as error:
        raise CannotFetchError(f"no address: {error}") from error


def _host(host: str, *, bracketed: bool) -> tuple[str, IPAddress | None]:
    if bracketed:
        try:
            ip = ipaddress.IPv6Address(host)
        except ValueError as error:
            raise CannotFetchError("no IPv6 address") from error
        if ip.scope_id is not None:
            raise CannotFetchError("an IPv6 address with a zone")
        return str(ip), ip
    if not host.isascii():
        host = _in_ascii(host)
    if _NUMBER.fullmatch(host):
        # 2130706433, 0177.0.0.1, 0x7f.1 and 127.1 are what an attacker writes, and nobody else.
        try:
            return host, ipaddress.IPv4Address(host)
        except ValueError as error:
            raise CannotFetchError("an unusual form of an IPv4 address") from error
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise CannotFetchError("no host name")
    return host, None


def _in_ascii(host: str) -> str:
    """The name that a browser would look up (UTS 46)."""
    try:
        mapped = idna.uts46_remap(host, std3_rules=False, transitional=False)
        return ".".join(label if label.isascii() else _label(label) for label in mapped.split("."))
    except idna.IDNAError as error:
        raise CannotFetchError("no host name") from error


def _label(label: str) -> str:
    try:
        return idna.alabel(label).decode()
    except idna.InvalidCodepoint:
        # Browsers go to names with symbols, which IDNA 2008 does not allow.
        return f"xn--{label.encode('punycode').decode()}"
