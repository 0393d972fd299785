"""Which IP addresses a link may lead to.

Not `ipaddress.is_global`: Python 3.11 takes 6to4, NAT64, multicast and `::127.0.0.1` for public. Sources: the IANA
registries of IPv4 and IPv6 special-purpose addresses, RFC 6890, RFC 9637 (3fff::/20).
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from django.conf import settings

IPAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; metadata of Alibaba Cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the host of a virtual machine, in Azure
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved; broadcast
    )
)
_GLOBAL_IPV6 = IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: any IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the old 6bone
        "3fff::/20",  # documentation
    )
)


def is_public(ip: IPAddress) -> bool:
    """Whether the IP is one of the internet's, for everybody to see."""
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in _SPECIAL_IPV4)
    return ip in _GLOBAL_IPV6 and not any(ip in block for block in _SPECIAL_IPV6)


def is_allowed_host(name: str) -> bool:
    """Whether `FETCH_ALLOWED_HOSTS` has this name: then wherever it leads, and on any port."""
    return name.rstrip(".") in settings.FETCH_ALLOWED_HOSTS


def is_allowed_ip(ip: IPAddress) -> bool:
    """Whether `FETCH_ALLOWED_HOSTS` has a network with this IP: then on any port."""
    # An IPv4 address in the dress of an IPv6 one is in no network of either kind.
    return any(ip in network for network in _allowed_networks(tuple(settings.FETCH_ALLOWED_HOSTS)))


@lru_cache(maxsize=4)
def _allowed_networks(entries: tuple[str, ...]) -> tuple[Network, ...]:
    networks: list[Network] = []
    for entry in entries:
        try:
            networks.append(ip_network(entry))
        except ValueError:
            continue  # a name; the settings have checked that it is one or the other
    return tuple(networks)
