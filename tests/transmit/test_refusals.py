"""A broker that refuses is named with what to mend: real mosquittos, and tables of the rest."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from appliance.config import Mqtt
from appliance.transmit.messages import Topics
from appliance.transmit.mqtt import MqttLink
from appliance.transmit.refusals import of_code, of_fault, of_opening, of_silence
from tests.authority import Authority, Pair
from tests.conftest import PATIENCE_S, Broker, Encrypted, until

StartBroker = Callable[..., Broker]

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"  # paho leaves the socket of a bad handshake
)


@dataclass(frozen=True)
class Site:
    """A broker that asks for client certificates, and those who come to it."""

    broker: Broker
    authority: Authority
    stranger: Authority

    def mqtt(self, own: Pair | None = None, **changes: object) -> Mqtt:
        """The way to it, with changes and another certificate of the unit."""
        files = {"cert_file": own.cert, "key_file": own.key} if own else {}
        return self.broker.mqtt.model_copy(update=files | changes)


@pytest.fixture
def site(start_broker: StartBroker, authority: Authority, tmp_path: Path) -> Site:
    """A mosquitto, its authority, and another."""
    broker = start_broker(encrypted=Encrypted(authority, mutual=True))
    return Site(broker, authority, Authority(tmp_path / "stranger"))


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Paho's thread lets go of its socket."""
    yield
    until(lambda: not [t for t in threading.enumerate() if t.name.startswith("paho")], "its end")


def trouble_of(mqtt: Mqtt) -> str:
    """Why a unit with that configuration has no connection, without the broker's name."""
    link = MqttLink(mqtt, Topics("unit"), Event())
    until(lambda: link.tend() or link.trouble or link.session, "trouble")
    link.close()
    return str(link.trouble).removeprefix(f"broker {mqtt.host}:{mqtt.port}: ")


CERTIFICATES: dict[str, tuple[Callable[[Site], Mqtt], str]] = {
    "an authority of another": (
        lambda site: site.mqtt(ca_file=site.stranger.cert),
        "its certificate is refused: signed by an unknown authority, expected one of '",
    ),
    "one that the system does not know": (
        lambda site: site.mqtt(ca_file=None),
        "its certificate is refused: signed by an unknown authority, expected one of what the sys",
    ),
    "another host name": (
        lambda site: site.mqtt(host="localhost"),
        "its certificate is refused: made out for another host name, expected 'localhost'",
    ),
    "no certificate of the unit": (
        lambda site: site.mqtt(cert_file=None, key_file=None),
        "it asks for a client certificate, expected mqtt.cert_file and mqtt.key_file",
    ),
    "one of an unknown authority": (
        lambda site: site.mqtt(site.stranger.sign("unit")),
        "it does not know the authority that signed mqtt.cert_file",
    ),
    "one that has expired": (
        lambda site: site.mqtt(site.authority.sign("old", days=0)),
        "it says that mqtt.cert_file has expired, or is not valid yet",
    ),
    "one for servers": (
        lambda site: site.mqtt(site.authority.sign("served", server=True)),
        "it does not accept mqtt.cert_file, which may be for no client",
    ),
    "no TLS of ours": (
        lambda site: site.mqtt(tls=False),
        "it hung up without an answer; does it expect TLS (mqtt.tls)?",
    ),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_what_is_wrong_with_certificates_is_named(name: str, site: Site) -> None:
    """Theirs and ours, at a real mosquitto."""
    change, told = CERTIFICATES[name]
    assert trouble_of(change(site)).startswith(told)


def test_a_certificate_of_the_broker_that_has_expired_is_named(
    start_broker: StartBroker, authority: Authority
) -> None:
    """Only what the unit sees counts."""
    broker = start_broker(encrypted=Encrypted(authority, mutual=False, days=0))
    assert trouble_of(broker.mqtt) == "its certificate is refused: expired"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"host": "nobody.invalid"}, "its name cannot be resolved: "),
        ({"port": 1}, "connection refused: nothing listens there"),
    ],
)
def test_a_broker_that_is_not_there_is_named(changes: dict[str, object], told: str) -> None:
    """The name, the port."""
    mqtt = Mqtt(host="127.0.0.1").model_copy(update=changes)
    assert trouble_of(mqtt).startswith(told)


def test_what_speaks_no_tls_is_named() -> None:
    """As a web server does at the port that was meant for TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            with listener.accept()[0] as caller:
                caller.recv(1000)
                caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        server = threading.Thread(target=greet)
        server.start()
        port = listener.getsockname()[1]
        told = trouble_of(Mqtt(host="127.0.0.1", port=port, tls=True))
        server.join(PATIENCE_S)
    assert told == f"it speaks no TLS at port {port}; 8883 is usual"


def test_a_wrong_user_or_password_is_named(start_broker: StartBroker, tmp_path: Path) -> None:
    """Without the password."""
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed (apt-get install mosquitto)")
    users, secret = tmp_path / "users", tmp_path / "password"
    subprocess.run([tool, "-c", "-b", users, "unit", "right"], check=True, timeout=PATIENCE_S)
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    mqtt = start_broker("allow_anonymous false", f"password_file {users}").mqtt
    user = {"username": "unit", "password_file": secret}
    assert trouble_of(mqtt.model_copy(update=user)) == (
        "not authorized: expected user 'unit' with the password in mqtt.password_file"
    )
    assert trouble_of(mqtt) == "not authorized: expected mqtt.username and mqtt.password_file"


@pytest.mark.parametrize(
    ("code", "told", "kind"),
    [
        (0x84, "it refuses this version of MQTT", "version"),
        (0x85, "it does not accept the client id", "refused"),
        (0x86, "bad user name or password: expected mqtt.username and", "refused"),
        (0x88, "not available now", "away"),
        (0, "it hung up", "away"),
        (0x8E, "another client came under the same id: is its unit.id this one's", "away"),
        (0x97, "quota exceeded", "away"),
        (0x9C, "use another server", "refused"),
    ],
)
def test_a_reason_code_is_in_words(code: int, told: str, kind: str) -> None:
    """And says whether waiting may help; what is not known here keeps MQTT's own name."""
    refusal = of_code(code, "Use another server", Mqtt(host="there"))
    assert refusal.text.startswith(told)
    assert refusal.kind == kind


ACCEPTED = b"\x20\x03\x00\x00\x00"  # CONNACK
TAKEN_OVER = b"\xe0\x09\x8e\x07\x1f\x00\x04gone"  # DISCONNECT with a reason string
TAKEN_OVER_IN_SHORT = b"\xe0\x02\x8e\x00"  # paho 2.1 does not read its reason code


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (TAKEN_OVER, "another client came under the same id: is its unit.id this one's"),
        (TAKEN_OVER_IN_SHORT, "it hung up"),
    ],
    ids=["in full", "in short"],
)
def test_a_session_that_another_took_over_is_named(says: bytes, told: str) -> None:
    """As far as paho lets us see the reason of a DISCONNECT."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take_in() -> None:
            with listener.accept()[0] as caller:
                caller.recv(1000)
                caller.sendall(ACCEPTED + says)

        server = threading.Thread(target=take_in)
        server.start()
        mqtt = Mqtt(host="127.0.0.1", port=listener.getsockname()[1])
        link = MqttLink(mqtt, Topics("unit"), Event())
        until(lambda: link.tend() or link.trouble, "trouble")
        server.join(PATIENCE_S)
        link.close()
    assert str(link.trouble).partition(f"{mqtt.port}: ")[2].startswith(told)


def test_two_under_one_id_are_asked_whether_they_are(broker: Broker) -> None:
    """Mosquitto says nothing to whom it puts out: the second time in a row it is asked in words."""
    links = [MqttLink(broker.mqtt, Topics("unit"), Event()) for _ in range(2)]

    def is_told() -> bool:
        for link in links:
            link.tend()
        return any("as 'unit' (unit.id) too?" in str(link.trouble) for link in links)

    until(is_told, "the question")
    for link in links:
        link.close()


def _verification(code: int) -> ssl.SSLCertVerificationError:
    fault = ssl.SSLCertVerificationError("certificate verify failed")
    fault.verify_code, fault.verify_message = code, "what OpenSSL says"
    return fault


def _alert(reason: str) -> ssl.SSLError:
    fault = ssl.SSLError("alert")
    fault.reason = reason
    return fault


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (_verification(9), "its certificate is refused: not valid yet; is the clock of this unit"),
        (_verification(23), "its certificate is refused: what OpenSSL says"),
        (_alert("TLSV1_ALERT_PROTOCOL_VERSION"), "it speaks no TLS 1.2 or later"),
        (_alert("SSLV3_ALERT_HANDSHAKE_FAILURE"), "the TLS handshake fails; does it ask for a cl"),
        (_alert("SSLV3_ALERT_CERTIFICATE_REVOKED"), "it says that mqtt.cert_file was revoked"),
        (_alert("NO_SHARED_CIPHER"), "TLS: no shared cipher"),
        (TimeoutError("timed out"), "no answer: timed out"),
        (OSError(113, "No route to host"), "No route to host"),
        (ConnectionResetError(104, "Connection reset by peer"), "it hung up"),
        (None, "it hung up"),
    ],
)
def test_a_fault_below_mqtt_is_in_words(fault: BaseException | None, told: str) -> None:
    """Those that no broker of these tests can be made to bring about."""
    assert of_fault(fault, Mqtt(host="there", tls=True)).text.startswith(told)


def test_who_hangs_up_on_the_handshake_may_speak_no_tls() -> None:
    """A plain mosquitto resets the connection or ends it, as it happens; later it is no hint."""
    fault = ConnectionResetError(104, "Connection reset by peer")
    told = "it hung up during the TLS handshake; does it speak TLS at port 1883?"
    assert of_opening(fault, Mqtt(host="there", tls=True)).text == told
    assert of_opening(fault, Mqtt(host="there")).text == "it hung up"


def test_only_silence_asks_for_an_older_version() -> None:
    """A certificate that is refused after the handshake, as TLS 1.3 does, is no answer to MQTT."""
    broker = Mqtt(host="there", tls=True)
    assert of_silence(broker, ConnectionResetError()).kind == "hung up"
    assert of_silence(broker, _alert("TLSV13_ALERT_CERTIFICATE_REQUIRED")).kind == "refused"
