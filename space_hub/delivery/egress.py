"""Where messages may go: https, and public unicast addresses only.

A URL is read by a narrow grammar rather than by a tolerant parser, because two
tolerant parsers disagree. A name is resolved once for each connection; one
address that is not public refuses the name; the connection goes to the very
address that was checked. `ipaddress.is_global` is not used: it lets multicast,
NAT64, 6to4 and others pass and its answer changes between Python versions.
Reference: IANA special-purpose address registries (IPv4, IPv6).
"""

import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from space_hub.errors import Invalid

PORTS = frozenset({443, 8443})
MAX_URL = 2000

Resolver = Callable[[str, int], list[str]]

_URL = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?([/?][!-~]*)?")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_DENIED_4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by carriers
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's platform address, public by number only
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
_UNICAST_6 = IPv6Network(
    "2000::/3"
)  # Leaves out ::/96, ::ffff:0:0/96, 64:ff9b::/96, 5f00::/16, fc00::/7, fe80::/10, ff00::/8.
_DENIED_6 = [
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo and ORCHID among them
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries an IPv4 address of the sender's choice
        "2620:4f:8000::/48",
        "3ffe::/16",
        "3fff::/20",
    )
]


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str
    """Lower case; an IPv6 address without its brackets."""
    port: int
    allowed: bool
    """Listed in `egress_allow`: http and addresses that are not public may be used."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether `address` is unicast that anybody may be reached at."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _DENIED_4)
    return address in _UNICAST_6 and not any(address in network for network in _DENIED_6)


def check_url(url: str, allow: Collection[str] = ()) -> Target:
    """Read `url` strictly; Invalid says which rule it breaks. Nothing is resolved."""

    def refuse(rule: str) -> Invalid:
        return Invalid(f"delivery.url_{rule}", url=url[:200] if url.isprintable() else ascii(url)[:200])

    if len(url) > MAX_URL:
        raise refuse("too_long")
    match = _URL.fullmatch(url)
    if match is None or "#" in url or "\\" in url:
        raise refuse("malformed")
    scheme, host, port_text, _ = match.groups()
    host = host.lower().strip("[]")
    port = int(port_text) if port_text else (443 if scheme == "https" else 80)
    if not 1 <= port <= 65535:
        raise refuse("malformed")
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    target = Target(scheme, host, port, allowed=shown in {entry.lower() for entry in allow})
    address = _literal(host)
    if address is None and not _is_name(host):
        raise refuse("malformed")
    if target.allowed:
        return target
    if scheme != "https":
        raise refuse("not_https")
    if port not in PORTS:
        raise refuse("port")
    if address is not None and not is_public(address):
        raise refuse("not_public")
    if address is None and "." not in host:
        raise refuse("not_public")
    return target


def pin(target: Target, resolver: Resolver) -> str:
    """The one address to connect to, now; Invalid when any address of the name is not public."""
    addresses = [ip_address(text.split("%")[0]) for text in resolver(target.host, target.port)]
    if not addresses:
        raise Invalid("delivery.name_unresolved", host=target.host)
    if not target.allowed and not all(is_public(address) for address in addresses):
        raise Invalid("delivery.address_not_public", host=target.host)
    return str(addresses[0])


def system_resolver(host: str, port: int) -> list[str]:
    """Every address the system knows for `host`; Invalid when it knows none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Invalid("delivery.name_unresolved", host=host) from error
    return [str(item[4][0]) for item in found]


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """`host` as a canonical address, None for a name (or for a number in disguise, which `_is_name` refuses)."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """Whether `host` is a plain DNS name; a last label that is a number makes it an address in disguise (0x7f.1)."""
    labels = host.split(".")
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels) and not _NUMBER.fullmatch(labels[-1])
