"""Why a broker cannot be had, in words that name what to mend.

The rule to know: what is said may stand in a log and in the state, so no password does.
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass
from typing import Literal

from appliance.config import Mqtt
from appliance.transmit.dialect import Outcome

Kind = Literal["away", "refused", "version", "hung up"]
"""It may come back by itself; a person must mend something; it speaks another version of MQTT; it
gave no answer to CONNECT."""

OUTCOMES: dict[Kind, Outcome] = {"version": "version", "hung up": "hung up"}
ALERT = re.compile(r"^(SSLV3|TLSV1|TLSV13)_ALERT_")
NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}
OLD_TLS = {
    "PROTOCOL_VERSION",
    "UNSUPPORTED_PROTOCOL",
    "NO_PROTOCOLS_AVAILABLE",
    "WRONG_SSL_VERSION",
}
OURS = {
    "CERTIFICATE_REQUIRED": "it asks for a client certificate",
    "UNKNOWN_CA": "it does not know the authority that signed mqtt.cert_file",
    "CERTIFICATE_EXPIRED": "it says that mqtt.cert_file has expired, or is not valid yet",
    "CERTIFICATE_REVOKED": "it says that mqtt.cert_file was revoked",
    "CERTIFICATE_UNKNOWN": "it does not accept mqtt.cert_file",
    "UNSUPPORTED_CERTIFICATE": "it does not accept mqtt.cert_file, which may be for no client",
    "BAD_CERTIFICATE": "it does not accept mqtt.cert_file",
    "ACCESS_DENIED": "it does not accept mqtt.cert_file",
}
"""TLS alerts about the unit's own certificate (RFC 8446, 6.2)."""
UNKNOWN_AUTHORITY = {2, 7, 18, 19, 20, 21}
EXPIRED, NOT_YET = 10, 9
OTHER_NAME = {62, 64}
"""X509_V_ERR_* of OpenSSL's x509_vfy.h."""

NO_CODE = 0
"""What paho 2.1 makes of a DISCONNECT that has a reason code but no properties after it."""
UNSUPPORTED_VERSION = 0x84
REFUSED = {
    0x85: "it does not accept the client id",
    0x86: "bad user name or password",
    0x87: "not authorized",
    0x8A: "banned",
    0x8C: "it asks for another way of authentication",
}
PASSING = {
    0x88: "not available now",
    0x89: "busy",
    0x8B: "it is shutting down",
    0x8D: "it heard nothing for too long",
    0x8E: "another client came under the same id: is its unit.id this one's, or is it a replay?",
    0x96: "too many messages in a short time",
    0x97: "quota exceeded",
    0x9F: "too many connections in a short time",
}
"""Reason codes of CONNACK and DISCONNECT (MQTT 5, 2.4), by whether waiting may help."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no connection.

    Attributes:
        text: in words.
        kind: whether it may come back by itself.
    """

    text: str
    kind: Kind = "away"

    @property
    def outcome(self) -> Outcome:
        """What it means for the choice of a version."""
        return OUTCOMES.get(self.kind, "failed")


NO_REASON = Refusal("")
HUNG_UP = Refusal("it hung up")
HUNG_UP_ON_TLS = "it hung up during the TLS handshake; does it speak TLS at port {port}?"


def of_opening(fault: BaseException | None, broker: Mqtt) -> Refusal:
    """What went wrong while the connection was made; who hangs up then does so on TLS."""
    if broker.tls and isinstance(fault, ConnectionResetError | BrokenPipeError):
        return Refusal(HUNG_UP_ON_TLS.format(port=broker.port))
    return of_fault(fault, broker)


def of_fault(fault: BaseException | None, broker: Mqtt) -> Refusal:
    """What went wrong before MQTT could be spoken: the name, TCP or TLS."""
    if isinstance(fault, ssl.SSLError):
        return _of_tls(fault, broker)
    if isinstance(fault, socket.gaierror):
        return Refusal(f"its name cannot be resolved: {fault.strerror}")
    if isinstance(fault, TimeoutError):
        return Refusal("no answer: timed out")
    if isinstance(fault, ConnectionRefusedError):
        return Refusal("connection refused: nothing listens there")
    if fault is None or isinstance(fault, ConnectionError):
        return HUNG_UP
    return Refusal(getattr(fault, "strerror", None) or str(fault))


def of_silence(broker: Mqtt, fault: BaseException | None) -> Refusal:
    """It hung up on CONNECT, or said nothing to it."""
    if isinstance(fault, ssl.SSLError):  # TLS 1.3 refuses a certificate after the handshake
        return of_fault(fault, broker)
    return Refusal(f"it hung up without an answer{_hint(broker)}", "hung up")


def _hint(broker: Mqtt) -> str:
    """Why who hangs up may do so."""
    if not broker.tls:
        return "; does it expect TLS (mqtt.tls)?"
    return "" if broker.cert_file else "; does it ask for a client certificate (mqtt.cert_file)?"


def of_code(code: int, name: str, broker: Mqtt) -> Refusal:
    """What a CONNACK or DISCONNECT says.

    Args:
        code: its reason code, as MQTT 5 has them.
        name: what MQTT calls it.
        broker: as configured.
    """
    if code == NO_CODE:
        return HUNG_UP
    if code == UNSUPPORTED_VERSION:
        return Refusal("it refuses this version of MQTT", "version")
    if code in PASSING:
        return Refusal(PASSING[code])
    told = REFUSED.get(code, name.lower())
    if code in {0x86, 0x87}:
        return Refusal(f"{told}: {_as_whom(broker)}", "refused")
    return Refusal(told, "refused")


def _as_whom(broker: Mqtt) -> str:
    """Whom the broker does not let in, and where that stands."""
    if broker.username_file is not None:
        return "expected a user and password it knows in mqtt.username_file and mqtt.password_file"
    if broker.username is not None:
        return f"expected user {broker.username!r} with the password in mqtt.password_file"
    if broker.cert_file is not None:
        return "it does not accept the common name in mqtt.cert_file without mqtt.username"
    return "expected mqtt.username and mqtt.password_file"


def _of_its_certificate(fault: ssl.SSLCertVerificationError, broker: Mqtt) -> str:
    if fault.verify_code in UNKNOWN_AUTHORITY:
        expected = f"'{broker.ca_file}'" if broker.ca_file else "what the system trusts"
        return f"signed by an unknown authority, expected one of {expected} (mqtt.ca_file)"
    if fault.verify_code == EXPIRED:
        return "expired"
    if fault.verify_code == NOT_YET:
        return "not valid yet; is the clock of this unit right?"
    if fault.verify_code in OTHER_NAME:
        return f"made out for another host name, expected {broker.host!r} as mqtt.host has it"
    return fault.verify_message


def _of_tls(fault: ssl.SSLError, broker: Mqtt) -> Refusal:
    if isinstance(fault, ssl.SSLCertVerificationError):
        told = _of_its_certificate(fault, broker)
        return Refusal(f"its certificate is refused: {told}", "refused")
    if isinstance(fault, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Refusal(HUNG_UP_ON_TLS.format(port=broker.port))
    return _of_alert(ALERT.sub("", fault.reason or ""), broker)


def _of_alert(reason: str, broker: Mqtt) -> Refusal:
    """What OpenSSL calls the fault, without the protocol that it came in with."""
    if reason in NO_TLS:
        return Refusal(f"it speaks no TLS at port {broker.port}; 8883 is usual", "refused")
    if reason in OLD_TLS:
        return Refusal("it speaks no TLS 1.2 or later", "refused")
    if reason == "HANDSHAKE_FAILURE":
        return Refusal(f"the TLS handshake fails{_hint(broker)}", "refused")
    if reason in OURS:
        missing = "" if broker.cert_file else ", expected mqtt.cert_file and mqtt.key_file"
        return Refusal(OURS[reason] + missing, "refused")
    return Refusal(f"TLS: {reason.replace('_', ' ').lower()}", "refused")
