"""The addresses of this machine, as phones on the same network open them."""

from __future__ import annotations

import ipaddress
import socket

ELSEWHERE = ("192.0.2.1", "10.255.255.254", "172.16.255.254", "192.168.255.254")
"""Addresses beyond this machine. Nothing is sent to them: the system is asked which of its own
addresses it would send from."""


def own_addresses() -> list[str]:
    """List the addresses of this machine on its networks, the likeliest first, without asking anybody."""
    found = [address for other in ELSEWHERE if (address := _address_towards(other))]
    try:
        named = socket.getaddrinfo(socket.gethostname(), None, family=socket.AF_INET)
        found += sorted(str(entry[4][0]) for entry in named)
    except OSError:
        pass
    return [address for address in dict.fromkeys(found) if not is_loopback(address)]


def origins(host: str, public: str, port: int) -> list[str]:
    """List the origins at which other machines find a server; none where only this machine does.

    Parameters
    ----------
    host, port
        The address and port at which it listens.
    public
        The origin at which a proxy serves it; empty where there is none.
    """
    if public:
        return [public]
    if is_loopback(host):
        return []
    names = own_addresses() if host in ("0.0.0.0", "::") else [f"[{host}]" if ":" in host else host]
    return [f"http://{name}:{port}" for name in names]


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _address_towards(other: str) -> str:
    """Return the address from which the system would send to another; empty where it could not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect((other, 9))
        except OSError:
            return ""
        return str(line.getsockname()[0])
