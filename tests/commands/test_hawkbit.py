"""`gatepost update hawkbit` as a timer starts it, and `gatepost check` of its table."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.__main__ import main
from appliance.config import load_config
from appliance.errand import Errand
from appliance.errors import ConfigurationError
from appliance.inspection import check_parts
from appliance.update.install import hardware_name, platform_name
from appliance.update.progress import desk
from tests.commands.test_update import Fleet
from tests.standin.hawkbit import HawkbitStandIn
from tests.standin.hawkbit_state import Action, Target

NAME, TOKEN = "car-park-7", "abc"
SHA256 = 64  # digits of an image's name


@pytest.fixture
def server() -> Iterator[HawkbitStandIn]:
    """Knows the unit."""
    with HawkbitStandIn().running() as server:
        server.fleet.targets[NAME] = Target(TOKEN)
        yield server


@pytest.fixture
def fleet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Fleet:
    """With keys; the files that no boot outlives lie in a folder of the test."""
    monkeypatch.setenv("GATEPOST_RUN", str(tmp_path / "run"))
    fleet = Fleet(tmp_path, capsys)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "token").chmod(0o600)
    return fleet


def configure(fleet: Fleet, url: str, lines: str = "token_file = 'token'") -> Path:
    """The unit's file."""
    update = f"root_file = 'root.pub'\nfolder = '{fleet.updates}'\n"
    path = fleet.folder / "unit.toml"
    told = f"[unit]\nid = '{NAME}'\n[update]\n{update}[update.hawkbit]\nurl = '{url}'\n{lines}\n"
    path.write_text(told)
    return path


def assign(fleet: Fleet, server: HawkbitStandIn, version: str) -> Action:
    """Publish a release, lay its files out as `tools/bundle` does, and decide for the unit."""
    fleet.release(version)
    folder = fleet.folder / f"upload-{version}"
    code, told, faults = fleet.bundle("hawkbit", fleet.site, "--version", version, "--to", folder)
    assert code == 0, faults
    assert told.startswith(f"{folder}: upload these 5 files into a software module of version")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return server.fleet.assign(NAME, server.fleet.module(version, files))


def test_a_release_is_installed_and_its_end_is_told(
    fleet: Fleet, server: HawkbitStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two turns, and what the unit's own files said meanwhile."""
    configure(fleet, server.url)
    assign(fleet, server, "1.2.0")
    code, told, _ = fleet.update("hawkbit")
    assert (code, told) == (0, "1.2.0 is installed and waits for its first start\n")
    progress = json.loads((fleet.folder / "run/gatepost-update/progress.json").read_text())
    assert (progress["phase"], progress["version"]) == ("waiting", "1.2.0")
    assert fleet.update("rollback")[0] == 0
    assert fleet.update("hawkbit")[0] == 0
    [action] = server.fleet.targets[NAME].actions
    words = "1.2.0 was left: 1.2.0 was never started: a person went back"
    assert action.history[-1] == ("ERROR", (words,))
    assert capsys.readouterr().err == ""


def test_what_was_cancelled_is_no_problem_of_the_unit(fleet: Fleet, server: HawkbitStandIn) -> None:
    """It would stay one until the next update or boot."""
    configure(fleet, server.url)
    action = assign(fleet, server, "1.2.0")
    errand = Errand(desk())

    def sent(name: str, content: bytes) -> bytes:
        if len(name) == SHA256 and not action.is_canceling:
            errand.turn()
            assert errand.is_held
            assert errand.told is not None
            server.fleet.cancel(action)
        return content

    server.sent = sent
    assert fleet.update("hawkbit")[0] == 0
    errand.turn()
    assert (action.status, errand.told, errand.fault) == ("CANCELED", None, "")


def test_a_broker_that_cannot_be_tried_is_told(fleet: Fleet, server: HawkbitStandIn) -> None:
    """The service lacks the unit's credential: nothing is put on trial, and it goes on later."""
    path = configure(fleet, server.url)
    mqtt = "[mqtt]\nhost = '127.0.0.1'\nusername = 'u'\npassword_file = 'credential:mqtt'\n"
    path.write_text(mqtt + path.read_text())
    assign(fleet, server, "1.2.0")
    code, _, faults = fleet.update("hawkbit")
    assert (code, "mqtt.password_file" in faults) == (78, True)
    [action] = server.fleet.targets[NAME].actions
    assert action.is_active
    assert "it goes on later: mqtt.password_file" in action.history[-1][1][0]
    path.write_text(path.read_text().removeprefix(mqtt))
    assert fleet.update("hawkbit")[1].startswith("1.2.0 is installed")


def test_what_the_server_is_told_of_the_unit(fleet: Fleet, server: HawkbitStandIn) -> None:
    """What runs on what; neither places nor plates, and nothing of the network."""
    configure(fleet, server.url)
    assert fleet.update("hawkbit")[0] == 0
    assert server.fleet.targets[NAME].attributes == {
        "version": "0.1.0",
        "hardware": hardware_name(),
        "platform": platform_name(),
        "product": "gatepost",
        "previous": "",
    }


def test_a_timer_asks_as_often_as_the_server_wants(fleet: Fleet, server: HawkbitStandIn) -> None:
    """By hand it is asked at once; a server that is another one is, too."""
    configure(fleet, server.url)
    for arguments in ((), ("--timely",), ("--timely",), ()):
        assert fleet.update("hawkbit", *arguments)[0] == 0
    assert server.fleet.targets[NAME].polls == 2
    pace = fleet.folder / "run/gatepost-update/hawkbit.json"
    pace.write_bytes(b"\0")
    assert fleet.update("hawkbit", "--timely")[0] == 0
    assert server.fleet.targets[NAME].polls == 3


def test_the_timers_process_is_small(fleet: Fleet, server: HawkbitStandIn) -> None:
    """It does the same, and takes neither pictures nor models along."""
    path = configure(fleet, server.url)
    asks = "import sys; sys.argv = sys.argv[1:]; import appliance.commands.hawkbit as it; it.main()"
    heavy = "print(sorted({'cv2', 'ai_edge_litert', 'paho', 'tqdm'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{asks}; {heavy}", "it", "--timely", "--config", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["nothing was ever installed", "[]"]
    assert server.fleet.targets[NAME].polls == 1


def test_a_server_that_is_away_is_told(fleet: Fleet) -> None:
    """Exit 75: trying again may help."""
    configure(fleet, "http://127.0.0.1:1")
    code, _, faults = fleet.update("hawkbit")
    assert (code, faults) == (75, "http://127.0.0.1:1: poll: Connection refused\n")


def test_what_hawkbit_assigns_is_not_looked_for(fleet: Fleet) -> None:
    """`update check` and `install` have no address; a stick they have."""
    configure(fleet, "https://hawkbit.example")
    code, _, faults = fleet.update("check")
    assert (code, "hawkBit assigns what is installed" in faults) == (78, True)
    fleet.release("1.2.0")
    assert fleet.update("check", source=True)[0] == 0


def test_without_its_table_there_is_nothing_to_ask(fleet: Fleet) -> None:
    """Exit 78; to the timer, which a word of it elsewhere lets through, that is no fault."""
    code, _, faults = fleet.update("hawkbit")
    assert (code, faults.startswith("update.hawkbit is missing")) == (78, True)
    assert fleet.update("hawkbit", "--timely") == (0, "", "")


FAULTS = {
    "no token": ("", "update.hawkbit: expected token_file, gateway_token_file, or cert_file"),
    "two": (
        "token_file = 'token'\ngateway_token_file = 'token'",
        "update.hawkbit: expected token_file, gateway_token_file, or cert_file",
    ),
    "half a certificate": ("cert_file = 'c'", "update.hawkbit: expected cert_file and key_file"),
    "a token in the open": (
        "token = 'abc'",
        "update.hawkbit.token = '***': unknown key; did you mean update.hawkbit.token_file?",
    ),
    "a tenant with a slash": (
        "token_file = 'token'\ntenant = 'a/b'",
        "update.hawkbit.tenant = 'a/b': expected 1 to 64 of",
    ),
    "a missing file": ("token_file = 'none'", "update.hawkbit.token_file: {}/none: cannot be read"),
    "no certificate": (
        "cert_file = 'token'\nkey_file = 'token'",
        "update.hawkbit.cert_file: {}/token: no certificate in PEM form",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_check_names_each_fault(fleet: Fleet, case: str) -> None:
    """With its key, and no secret."""
    lines, words = FAULTS[case]
    path = configure(fleet, "https://hawkbit.example", lines)
    told = faults_of(path)
    assert [each for each in told if words.format(fleet.folder) in each], told
    assert "'abc'" not in "".join(told)


def faults_of(path: Path) -> list[str]:
    """What `gatepost check` says of [update]."""
    try:
        return [each for each in check_parts(load_config(path)) if each.startswith("update")]
    except ConfigurationError as fault:
        return str(fault).splitlines()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hawkbit.example", "update.hawkbit.url: expected https"),
        ("https://u:p@hawkbit.example", "update.hawkbit.url: expected no user"),
        ("hawkbit.example", "update.hawkbit.url: expected https://host"),
    ],
)
def test_an_address_is_held_to_the_rules_of_the_other(fleet: Fleet, url: str, words: str) -> None:
    """Who listens would have the token."""
    told = faults_of(configure(fleet, url))
    assert [each for each in told if words in each], told


def test_one_of_two_sources(fleet: Fleet) -> None:
    """An address of our own, or hawkBit, and never without a root key."""
    path = configure(fleet, "https://hawkbit.example")
    text = path.read_text()
    path.write_text(text.replace("[update]\n", "[update]\nurl = 'https://u.example'\n"))
    assert any("update.hawkbit beside update.url" in each for each in faults_of(path))
    path.write_text(text.replace("root_file = 'root.pub'\n", ""))
    assert any("update.root_file is missing" in each for each in faults_of(path))
    assert main(["check", "--config", str(path)]) == 78
