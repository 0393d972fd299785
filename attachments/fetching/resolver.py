"""From a target to the IP addresses to connect to: looked up once, and every one of them checked."""

import queue
import threading
from ipaddress import ip_address
from socket import SOCK_STREAM, getaddrinfo

from attachments.fetching.deadline import Deadline
from attachments.fetching.errors import CannotFetchError
from attachments.fetching.networks import IPAddress, is_allowed_host, is_allowed_ip, is_public
from attachments.fetching.urls import Target

_WEB_PORTS = {80, 443}


def checked_ips(target: Target, deadline: Deadline) -> list[IPAddress]:
    """The addresses of the target, at least one. Raises CannotFetchError if any of them may not be connected to."""
    ips = [target.ip] if target.ip else _look_up(target.host, deadline)
    if is_allowed_host(target.host):
        return ips
    opened = [is_allowed_ip(ip) for ip in ips]
    if target.port not in _WEB_PORTS and not all(opened):
        raise CannotFetchError(f"the port {target.port}")
    for ip, is_opened in zip(ips, opened, strict=True):
        if not is_opened and not is_public(ip):
            raise CannotFetchError(f"{ip} is not public")
    return ips


def _look_up(name: str, deadline: Deadline) -> list[IPAddress]:
    """Every address of the name, in the resolver's order."""
    answers: queue.SimpleQueue[list[IPAddress] | Exception] = queue.SimpleQueue()
    # In a thread of its own: the system's resolver knows no time limit, and cannot be interrupted.
    threading.Thread(target=_ask, args=(name, answers), name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=deadline.left())
    except queue.Empty as error:
        raise CannotFetchError("the name server does not answer in time") from error
    if isinstance(answer, Exception):
        raise CannotFetchError(f"the name cannot be looked up: {answer}") from answer
    if not answer:
        raise CannotFetchError("the name has no address")
    return answer


def _ask(name: str, answers: "queue.SimpleQueue[list[IPAddress] | Exception]") -> None:
    try:
        found = getaddrinfo(name, None, type=SOCK_STREAM)
        answers.put(list(dict.fromkeys(ip_address(entry[4][0]) for entry in found)))
    except (OSError, ValueError) as error:
        answers.put(error)
