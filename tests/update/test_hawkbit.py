"""Whom the unit speaks to, and what it shows: no secret goes to anybody but the server."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.errors import ConfigurationError, SourceError
from appliance.update.hawkbit import HawkbitServer
from appliance.update.trust import credentials, identity
from appliance.updatesection import Hawkbit
from tests.authority import Authority
from tests.standin.hawkbit import HawkbitStandIn
from tests.standin.hawkbit_state import Target
from tests.update.hawkbit_scene import NEW, TOKEN, UNIT, Scene, scene_in
from tools.publish.signing import PrivateKey


@pytest.fixture
def scene(tmp_path: Path, keys: dict[str, PrivateKey]) -> Iterator[Scene]:
    """Nothing is assigned yet."""
    with scene_in(tmp_path / "scene", keys) as scene:
        yield scene


def test_the_gateways_token_lets_a_new_unit_in(scene: Scene) -> None:
    """It makes itself known by its id, and tells what it is."""
    (scene.folder / "token").write_text("gateway-token")
    scene.server.fleet.targets.clear()
    told = Hawkbit(url=scene.server.url, gateway_token_file=scene.folder / "token")
    scene.speaker = HawkbitServer(told, UNIT)
    scene.turn()
    assert scene.target.attributes == scene.described


def test_links_of_another_server_are_not_followed(scene: Scene) -> None:
    """Nor does it see the token; the message says where to look."""
    scene.assign(NEW)
    scene.server.public = "http://hawkbit.internal:8080"
    with pytest.raises(SourceError, match=r"leads to http://hawkbit.internal:8080; a proxy before"):
        scene.turn()
    assert [each for each in scene.asked_since(0) if "deploymentBase" in each] == []


def test_files_may_lie_elsewhere(scene: Scene) -> None:
    """Whoever serves them is told no token: the stand-in looks."""
    scene.assign(NEW)
    scene.server.files_at = scene.server.url.replace("127.0.0.1", "localhost")
    scene.turn()
    assert scene.start() == NEW


def test_files_elsewhere_come_by_https(scene: Scene) -> None:
    """Anything else is not asked."""
    scene.assign(NEW)
    scene.server.files_at = "http://files.example"
    with pytest.raises(SourceError, match=r"signed: no link to it by https"):
        scene.turn()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://a..b", "signed: its link: not an address"),
        (f"https://{'a' * 64}.example", "signed: its link: not an address"),
        ("https://files.example:0", "signed: its link: expected https://host"),
        ("https://user:word@files.example", "signed: its link has a user in it, expected none"),
    ],
)
def test_a_link_that_leads_nowhere_is_told(scene: Scene, address: str, words: str) -> None:
    """A host that no name server is asked about, or a password for the log."""
    scene.assign(NEW)
    scene.server.files_at = address
    with pytest.raises(SourceError, match=words) as fault:
        scene.turn()
    assert "word" not in str(fault.value)


def test_what_is_no_hawkbit_is_told(scene: Scene) -> None:
    """Another path, or another tenant: 404."""
    told = scene.hawkbit.model_copy(update={"tenant": "OTHER"})
    scene.speaker = HawkbitServer(told, UNIT)
    with pytest.raises(SourceError, match=r"poll: answered 404"):
        scene.turn()


def test_a_certificate_shows_who_the_unit_is(tmp_path: Path) -> None:
    """As a proxy before hawkBit asks for it; and the server's is checked."""
    authority = Authority(tmp_path / "authority")
    pair, own = authority.sign("server", server=True), authority.sign(UNIT)
    own.key.chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    context.load_verify_locations(authority.cert)
    context.verify_mode = ssl.CERT_OPTIONAL
    with HawkbitStandIn(context).running() as server:
        server.fleet.targets[UNIT] = Target(TOKEN)
        told = Hawkbit(url=server.url, cert_file=own.cert, key_file=own.key)
        base, _ = HawkbitServer(told, UNIT, authority.cert).poll()
        assert base is not None
        with pytest.raises(SourceError, match="bad certificate"):
            HawkbitServer(told, UNIT).poll()
        with pytest.raises(SourceError, match="answered 401"):
            HawkbitServer(told, "u2", authority.cert).poll()


@pytest.fixture
def token(tmp_path: Path) -> Path:
    """One that may be used."""
    path = tmp_path / "token"
    path.write_text("abc\n")
    path.chmod(0o600)
    return path


def test_a_token_is_shown_by_its_scheme(token: Path) -> None:
    """One of two."""
    for key, scheme in (("token_file", "TargetToken"), ("gateway_token_file", "GatewayToken")):
        told = Hawkbit.model_validate({"url": "https://h.example", key: token})
        assert credentials(told) == {"Authorization": f"{scheme} abc"}


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        ("abc", 0o644, "every user of this machine may use it"),
        ("", 0o600, "expected one line, the token"),
        ("a\nb", 0o600, "expected one line, the token"),
        ("a b", 0o600, "expected one line, the token"),
    ],
)
def test_a_token_that_cannot_be_one_is_refused(
    token: Path, content: str, mode: int, words: str
) -> None:
    """With the key of its file, and without the token."""
    token.write_text(content)
    token.chmod(mode)
    told = Hawkbit(url="https://h.example", token_file=token)
    with pytest.raises(ConfigurationError, match=f"update.hawkbit.token_file: .*{words}"):
        credentials(told)


def test_a_certificate_that_cannot_be_used_is_refused(token: Path, tmp_path: Path) -> None:
    """A token is none, and neither is a missing file."""
    told = Hawkbit(url="https://h.example", cert_file=token, key_file=token)
    with pytest.raises(ConfigurationError, match=r"update.hawkbit.cert_file: .*no certificate"):
        identity(told, None)
    told = Hawkbit(url="https://h.example", cert_file=token, key_file=tmp_path / "none")
    with pytest.raises(ConfigurationError, match=r"update.hawkbit.key_file: .*cannot be read"):
        identity(told, None)
