"""Addresses on the web, as they may stand in the configuration.  Pure."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def address_fault(url: str) -> str:
    """What is wrong with an http or https address, without showing it; empty where nothing is."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        return "expected printable ASCII without spaces; other letters as %xx or xn--"
    try:
        parts = urlsplit(url)
        port = parts.port
        (parts.hostname or "").encode("idna")
    except ValueError as fault:  # UnicodeError is one
        return f"not an address: {fault}"
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return "expected https://host, https://host:port or one of these with a path"
    return ""


def is_here(host: str) -> bool:
    """Whether it is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
