"""The configuration file: its defaults, its faults in words, and what a relative path means."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from appliance import config
from appliance.access import DEFAULT_POLICY
from appliance.config import Config, Lane, examine_config, load_config
from appliance.errors import ConfigurationError
from appliance.pipeline import FRESH_S
from appliance.places import corners_of
from appliance.weekly import parse_span

ZONE = "[[zone]]\nkind = 'ignore'\ncorners"
OPENING = "[[policy]]\nlist = 'allowed'\naction = 'open'"
TAPED = "[speed]\npoints = [[0.3, 0.3], [0.7, 0.3], [1, 1], [0, 1]]\ndiagonals_m = [8.54, 8.54]\n"
FAULTS = {
    "a value below its range": ("[camera]\nsilent_s = 0", "camera.silent_s = 0: expected 1 to 120"),
    "a value above its range": (
        "[mqtt]\nhost = 'a'\nport = 99999",
        "mqtt.port = 99999: expected 1 to 65535",
    ),
    "a share above its range": (
        "[recognition]\nleast_detection = 2.0",
        "recognition.least_detection = 2.0: expected 0.05 to 0.99",
    ),
    "infinity": ("[lane]\ngone_s = inf", "lane.gone_s = inf: expected 0.2 to 8"),
    "a misspelt key": (
        "[lane]\nleast_raeds = 2",
        "lane.least_raeds = 2: unknown key; did you mean lane.least_reads?",
    ),
    "a key that resembles none": (
        "[unit]\nzzz = 3",
        "unit.zzz = 3: unknown key; known here: id, camera, site",
    ),
    "a misspelt table": ("[mqqt]\nport = 1", "unknown key; did you mean mqtt?"),
    "a key outside its table": ("port = 1", "port = 1: unknown key"),
    "a text for a number": (
        "[lane]\nleast_reads = '3'",
        "lane.least_reads = '3': expected a whole number, 1 to 100",
    ),
    "a fraction for a count": ("[lane]\nleast_reads = 2.5", "lane.least_reads = 2.5: expected a"),
    "a truth for a number": (
        "[lane]\ngone_s = true",
        "lane.gone_s = True: expected 0.2 to 8",
    ),
    "a number for a truth": ("[mqtt]\nhost = 'a'\ntls = 1", "mqtt.tls = 1: expected true or false"),
    "a value for a table": ("mqtt = 3", "mqtt = 3: expected a table, begun with [mqtt]"),
    "an unknown kind": (
        "[camera]\nkind = 'usb'",
        "camera.kind = 'usb': expected 'video', 'pi' or 'jetson'",
    ),
    "a key of another kind of camera": (
        "[camera]\nrate = 25",
        "expected camera.kind = 'pi' or 'jetson', or no camera.rate",
    ),
    "the source of another kind of camera": (
        "[camera]\nkind = 'pi'\nsource = '/dev/video0'",
        "camera.source with camera.kind = 'pi': a camera of that kind has no such key",
    ),
    "a picture of no height": (
        "[camera]\nkind = 'pi'\nwidth = 640",
        "camera.width without camera.height: expected both or neither",
    ),
    "a picture of no width": (
        "[camera]\nkind = 'pi'\nheight = 480",
        "camera.height without camera.width: expected both or neither",
    ),
    "a size with half a colour": (
        "[camera]\nkind = 'pi'\nwidth = 641\nheight = 480",
        "camera.width = 641: expected an even number",
    ),
    "a share that is none, in a list": (
        "[camera]\nkind = 'pi'\ncrop = [0.1, 0.2, 1.5, 0.3]",
        "camera.crop[#3] = 1.5: expected 0 to 1",
    ),
    "a line that is not on the header, in a list": (
        "[light]\nfilter = { lines = [2, 17] }",
        "light.filter.lines[#1] = 2: expected 4 to 27",
    ),
    "a name no topic may have": (
        "[unit]\nid = 'a/b'",
        "unit.id = 'a/b': expected 1 to 64 of A-Z, a-z, 0-9, _ and -",
    ),
    "an empty host": ("[mqtt]\nhost = ''", "mqtt.host = '': must have at least 1 character"),
    "a password without a user": (
        "[mqtt]\nhost = 'a'\npassword_file = 'pw'",
        "mqtt.password_file without mqtt.username: name the user too",
    ),
    "a line that is not on the header": (
        "[gate]\nline = 28",
        "gate.line = 28: expected 4 to 27",
    ),
    "a match that is too far": (
        "[lists]\nmax_distance = 2.5",
        "lists.max_distance = 2.5: expected 0 to 2",
    ),
    "a match that is nearer than equal": (
        "[lists]\nmax_distance = -0.5",
        "lists.max_distance = -0.5: expected 0",
    ),
    "a misspelt key of the lists": (
        "[lists]\nmax_distanse = 1",
        "lists.max_distanse = 1: unknown key; did you mean lists.max_distance?",
    ),
    "the console's line": ("[gate]\nline = 14", "gate.line = 14: is the console's; expected"),
    "a contact on the console's line": (
        "[gate]\nline = 17\nconfirm_line = 15",
        "gate.confirm_line = 15: is the console's; expected another of 4 to 27",
    ),
    "a contact on the gate's line": (
        "[gate]\nline = 17\nconfirm_line = 17",
        "gate.confirm_line = 17: is gate.line too; expected another",
    ),
    "a contact and no gate": ("[gate]\nconfirm_line = 22", "gate.line is missing: without it, or"),
    "a second factor that nothing confirms": (
        f"[gate]\nline = 17\n{OPENING}\n{OPENING}\nsecond_factor = 'confirm_line'",
        (
            "policy[#2].second_factor = 'confirm_line' without gate.confirm_line: nothing"
            " confirms it"
        ),
    ),
    "a second factor that there is not": (
        f"[gate]\nline = 17\nconfirm_line = 22\n{OPENING}\nsecond_factor = 'badge'",
        "policy[#1].second_factor = 'badge': expected '' or 'confirm_line'",
    ),
    "a line that is pulled up before the unit runs": (
        "[gate]\nline = 5",
        (
            "gate.active_low = false: line 5 is pulled high from power-on until the unit runs, so"
            " the gate would open: expected true, or a line of 9 to 27"
        ),
    ),
    "a line that is pulled down before the unit runs": (
        "[gate]\nline = 17\nactive_low = true",
        (
            "gate.active_low = true: line 17 is pulled low from power-on until the unit runs, so"
            " the gate would open: expected false, or a line of 4 to 8"
        ),
    ),
    "a pulse that opens no gate": (
        "[gate]\nline = 17\npulse_s = 0.05",
        "gate.pulse_s = 0.05: expected 0.1 to 10",
    ),
    "a pulse without an end": ("[gate]\nline = 17\npulse_s = inf", "expected 0.1 to 10"),
    "no pause": (
        "[gate]\nline = 17\npause_s = 0",
        "gate.pause_s = 0: expected 0.5 to 600",
    ),
    "a gate without a line": ("[gate]\npulse_s = 1", "gate.line is missing: without it, or"),
    "a car park that nobody enters": ("[parking]\ncapacity = 40", "parking.entering is missing"),
    "an entrance that is none": (
        "[parking]\nentering = 'left'",
        "parking.entering = 'left': expected 'approaching', 'receding' or 'line'",
    ),
    "a stay of less than nothing": (
        "[parking]\nentering = 'receding'\nlimits.unknown = -1",
        "parking.limits.unknown = -1: expected 0 to 8760",
    ),
    "a road of three points": (
        "[speed]\npoints = [[0, 0], [1, 0], [1, 1]]\ncamera_m = 3",
        "speed.points: 3 of them, expected 4",
    ),
    "a road without its camera": (
        f"{TAPED}sides_m = [3, 8, 3, 8]",
        "speed.camera_m is missing: expected its height over the road",
    ),
    "a tape read wrong": (
        f"{TAPED}sides_m = [3, 8, 5, 8]\ncamera_m = 3",
        "speed.sides_m[#3] = 5: the other distances make it 2.98, expected within 5%",
    ),
    "a misspelt key of the gate": (
        "[gate]\nlien = 17",
        "gate.lien = 17: unknown key; did you mean gate.line?",
    ),
    "a gate that a network camera opens": (
        "[camera]\nsource = 'rtsp://u:hush@host/1'\n[gate]\nline = 17",
        "gate.line with a network camera in camera.source: its frames may be old, and must not",
    ),
    "a rule about nothing": (
        "[[policy]]\naction = 'open'",
        "policy[#1].list is missing: expected 'allowed' or 'denied' or 'watched' or 'unknown'",
    ),
    "a rule that does nothing": (
        "[[policy]]\nlist = 'allowed'",
        "policy[#1].action is missing: expected 'open' or 'refuse' or 'alert' or 'ignore'",
    ),
    "a rule with an unknown list": (
        "[[policy]]\nlist = 'whitelist'\naction = 'open'",
        "policy[#1].list = 'whitelist': expected 'allowed', 'denied', 'watched' or 'unknown'",
    ),
    "the second rule with a misspelt key": (
        (
            "[[policy]]\nlist = 'allowed'\naction = 'open'\n"
            "[[policy]]\nlist = 'denied'\naction = 'alert'\nleast_raeds = 3"
        ),
        "policy[#2].least_raeds = 3: unknown key; did you mean policy[#2].least_reads?",
    ),
    "a rule with an unknown direction": (
        "[[policy]]\nlist = 'allowed'\naction = 'open'\ndirection = ['in']",
        "policy[#1].direction[#1] = 'in': expected 'approaching', 'receding' or 'unknown'",
    ),
    "a rule with times that are none": (
        "[[policy]]\nlist = 'allowed'\naction = 'open'\ntimes = ['07:00-09:00', 'mon-fry 7-9']",
        "policy[#1].times[#2] = 'mon-fry 7-9': expected days and hours as in \"mon-fri",
    ),
    "a rule with a share in percent": (
        "[[policy]]\nlist = 'allowed'\naction = 'open'\nleast_agreement = 60",
        "policy[#1].least_agreement = 60: expected 0",
    ),
    "one rule instead of several": (
        "[policy]\nlist = 'allowed'",
        "policy = {'list': 'allowed'}: expected a list of tables, each begun with [[policy]]",
    ),
    "one text instead of a list": (
        "[recognition]\nregions = 'hr'",
        "recognition.regions = 'hr': expected a list",
    ),
    "an empty car park": ("[parking]", "parking.entering is missing: expected 'approaching', 're"),
    "an empty road": ("[speed]", "speed.points: 0 of them, expected 4"),
    "an empty gate": ("[gate]", "gate.line is missing: without it, or dry_run = true, nothing is"),
    "a broker's address with its scheme": (
        "[mqtt]\nhost = 'mqtt://me:hush@broker'",
        "mqtt.host = 'mqtt://***@broker': expected a host name or an address by itself",
    ),
    "a broker with its port": ("[mqtt]\nhost = 'broker:1883'", "the port is mqtt.port"),
    "a broker of two words": ("[mqtt]\nhost = 'a b'", "mqtt.host = 'a b': expected a host name"),
    "an authority that vouches for nothing": (
        "[mqtt]\nhost = 'broker'\nca_file = 'ca.pem'",
        "mqtt.ca_file without mqtt.tls: nothing would be encrypted",
    ),
    "a certificate that nobody asks for": (
        "[mqtt]\nhost = 'broker'\ncert_file = 'u.crt'",
        "mqtt.cert_file without mqtt.tls: nothing would be encrypted",
    ),
    "a certificate without its key": (
        "[mqtt]\nhost = 'broker'\ntls = true\ncert_file = 'u.crt'",
        "mqtt.cert_file without mqtt.key_file: expected both or neither",
    ),
    "a key without its certificate": (
        "[mqtt]\nhost = 'broker'\ntls = true\nkey_file = 'u.key'",
        "mqtt.key_file without mqtt.cert_file: expected both or neither",
    ),
    "two users": (
        "[mqtt]\nhost = 'broker'\nusername = 'a'\nusername_file = 'b'",
        "mqtt.username_file beside mqtt.username: expected one of them",
    ),
    "a switch against the check of certificates": (
        "[mqtt]\nhost = 'broker'\ntls = true\ntls_insecure = true",
        "mqtt.tls_insecure = True: unknown key",
    ),
    "a credential out of its folder": (
        "[mqtt]\nhost = 'broker'\nusername = 'a'\npassword_file = 'credential:../pw'",
        "credential:../pw: expected credential:NAME, of letters, digits, _, - and .",
    ),
    "a value for a rule": ("policy = [3]", "policy[#1] = 3: expected a list of tables, each begun"),
    "a value for a table in a table": (
        "[parking]\nentering = 'receding'\nlimits = 3",
        "parking.limits = 3: expected a table, begun with [parking.limits]",
    ),
    "an empty consumer": ("[webhook]", "webhook.url is missing"),
    "nothing measured": (
        "[speed]",
        (
            "speed.points: 0 of them, expected 4; speed.sides_m: 0 of them, expected 4;"
            " speed.diagonals_m: 0 of them, expected 2; speed.camera_m is missing"
        ),
    ),
    "an empty broker": ("[mqtt]", "mqtt.host is missing: without it the other keys of [mqtt] do"),
    "a zone in pixels": (
        f"{ZONE} = [[0, 0], [1280, 0], [0, 720]]",
        (
            "zone[#1].corners: point 2 is [1280, 0], expected shares of the picture from 0 to 1;"
            " point 3 is [0, 720], expected shares"
        ),
    ),
    "the second zone with too few corners": (
        f"{ZONE} = [[0, 0], [1, 0], [0, 1]]\n{ZONE} = [[0, 0], [1, 0]]",
        "zone[#2].corners: 2 points, expected at least 3 corners of a polygon",
    ),
    "a zone that crosses itself": (
        f"{ZONE} = [[0, 0], [1, 1], [1, 0], [0, 1]]",
        "zone[#1].corners: the edge from point 1 crosses the edge from point 3",
    ),
    "a corner without its height": (
        f"{ZONE} = [[0, 0], [1], [0, 1]]",
        "zone[#1].corners = [[0, 0], [1], [0, 1]]: expected points such as [[0, 0], [0.3, 0], ",
    ),
    "corners that are truths": (f"{ZONE} = [[true, 0], [1, 1], [0, 1]]", "expected points such as"),
    "a zone without corners": (
        "[[zone]]\nkind = 'watch'",
        "zone[#1].corners is missing: expected points such as [[0, 0], [0.3, 0], [0, 0.4]]",
    ),
    "a zone for nothing": (
        "[[zone]]\nkind = 'hide'\ncorners = [[0, 0], [1, 0], [0, 1]]",
        "zone[#1].kind = 'hide': expected 'watch', 'ignore' or 'blackout'",
    ),
    "one zone instead of several": (
        "[zone]\nkind = 'watch'",
        "zone = {'kind': 'watch'}: expected a list of tables, each begun with [[zone]]",
    ),
    "a line with three ends": (
        "[lane]\ncounting_line = [[0, 0.5], [0.5, 0.5], [1, 0.5]]",
        "lane.counting_line: 3 points, expected the 2 ends of a line",
    ),
    "a car park that counts at a line which nobody drew": (
        "[parking]\nentering = 'line'",
        "parking.entering = 'line' without lane.counting_line: nobody would be counted",
    ),
    "a line out of the picture": (
        "[lane]\ncounting_line = [[0, 0.5], [1.5, 0.5]]",
        "lane.counting_line: point 2 is [1.5, 0.5], expected shares of the picture from 0 to 1",
    ),
}
README = Path(__file__).parents[1].joinpath("README.md").read_text(encoding="utf-8")
TABLES = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
EXAMPLES = [table for table in TABLES if "[secrets]" not in table]
"""Without that of the boot partition, whose secrets are taken out before anybody reads it."""
NOT_READABLE = {
    "not TOML": (b"[unit\nid = 3", "not TOML: "),
    "lists without end": (b"a = " + 9999 * b"[" + 9999 * b"]", "nested too deeply"),
    "tables without end": (b"[a" + 9999 * b".a" + b"]", "nested too deeply"),
    "a number without end": (b"a = " + 5000 * b"1", "not TOML: "),
    "a key twice": (b"[unit]\nid = 'a'\nid = 'b'", "not TOML: "),
    "not UTF-8": (b'[unit]\nsite = "\xe9"\n', "not UTF-8 text at byte 15"),
    "not text": (bytes(range(256)), "not UTF-8 text"),
}


def written(folder: Path, content: str | bytes) -> Path:
    """A configuration file."""
    path = folder / "gatepost.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def example(word: str) -> str:
    """The configuration in the README in which a word stands."""
    (found,) = (one for one in EXAMPLES if word in one)
    return found


def fault_of(folder: Path, content: str | bytes) -> str:
    """What is said about a faulty file."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(written(folder, content))
    assert caught.value.exit_code == 78
    return str(caught.value)


def test_without_a_file_there_are_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A unit needs no file; without a broker nothing is sent, and history is short."""
    monkeypatch.setattr(config, "SYSTEM_FILE", tmp_path / "none.toml")
    defaults = load_config(None)
    assert defaults == Config()
    assert defaults.mqtt.host is None
    assert defaults.store.retention_hours == 72


def test_the_file_of_the_system_is_taken_where_it_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without being named."""
    monkeypatch.setattr(config, "SYSTEM_FILE", written(tmp_path, "[unit]\nid = 'pole-7'"))
    assert load_config(None).unit.id == "pole-7"


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    """What is not named keeps its default."""
    assert load_config(written(tmp_path, "")) == Config()


def test_values_of_the_file_are_taken(tmp_path: Path) -> None:
    """Each in its table; a whole number may stand for a duration."""
    text = "[lane]\ngone_s = 3\n[recognition]\nregions = ['hr', 'si']\n[mqtt]\nhost = 'broker'"
    loaded = load_config(written(tmp_path, text))
    assert loaded.lane.gone_s == 3.0
    assert loaded.recognition.regions == ("hr", "si")
    assert loaded.mqtt.host == "broker"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_names_file_key_value_and_what_was_expected(name: str, tmp_path: Path) -> None:
    """In one line, and nothing else is wrong."""
    content, expected = FAULTS[name]
    told = fault_of(tmp_path, content)
    assert told.startswith(f"{tmp_path / 'gatepost.toml'}: ")
    assert expected in told
    assert "\n" not in told


def test_the_readme_tells_the_defaults(tmp_path: Path) -> None:
    """Of every table but [mqtt], which has none without a broker, and of the policy."""
    tables, gate = example("[unit]"), example("pause_s")
    told = load_config(written(tmp_path, tables))
    assert told.model_dump(exclude={"mqtt"}) == Config().model_dump(exclude={"mqtt"})
    named = load_config(written(tmp_path, gate))
    assert named.policy == DEFAULT_POLICY
    assert named.gate.model_dump(exclude={"line"}) == Config().gate.model_dump(exclude={"line"})
    confirmed = load_config(written(tmp_path, example("confirm_line"))).gate
    own = {"line", "confirm_line"}
    assert confirmed.model_dump(exclude=own) == Config().gate.model_dump(exclude=own)
    lit = load_config(written(tmp_path, example("[[light.head]]"))).light
    assert lit.model_dump(exclude={"head", "filter"}) == Config().light.model_dump(
        exclude={"head", "filter"}
    )
    assert lit.filter.pulse_s == Config().light.filter.pulse_s
    webhook = example("[webhook]")
    posted = load_config(written(tmp_path, webhook)).webhook
    own = {"url", "secret_file", "header_file", "ca_file"}
    assert posted.model_dump(exclude=own) == Config().webhook.model_dump(exclude=own)


@pytest.mark.parametrize("content", EXAMPLES)
def test_every_example_of_the_readme_is_right(content: str, tmp_path: Path) -> None:
    """It can be copied."""
    assert load_config(written(tmp_path, content))


def test_the_readme_has_zones_that_are_right(tmp_path: Path) -> None:
    """One of each kind, and a counting line."""
    told = load_config(written(tmp_path, example("[[zone]]")))
    assert [zone.kind for zone in told.zone] == ["watch", "ignore", "blackout"]
    assert len(told.lane.counting_line) == 2


def test_zones_are_taken(tmp_path: Path) -> None:
    """Whole numbers are shares too; without any, plates count everywhere and nobody is counted."""
    corners = "[[0, 0], [0.5, 0], [0.5, 1]]"
    text = f"[lane]\ncounting_line = [[0, 0.5], [1, 0.5]]\n{ZONE} = {corners}"
    loaded = load_config(written(tmp_path, text))
    assert corners_of(loaded.zone, "ignore") == (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0)),)
    assert corners_of(loaded.zone, "watch") == ()
    assert loaded.lane.counting_line == ((0.0, 0.5), (1.0, 0.5))
    assert Config().lane.counting_line == Config().zone == ()


SOUND = {
    "a key": ("[lane]\ngone_s = 3\nleast_reads = 0", "lane", {"gone_s": 3.0}),
    "a default beside a key": ("[gate]\nline = 5\n[unit]\nid = 'a'", "unit", {"id": "a"}),
    "a table": ("[gate]\n[unit]\nid = 'a'", "unit", {"id": "a"}),
    "a list": (f"{ZONE} = 3\n[unit]\nid = 'a'", "unit", {"id": "a"}),
    "several at once": (
        "unti = 3\n[unit]\nid = 'a'\nsite = 3\n[mqtt]\nport = 0\n[lane]\nleast_reads = 0",
        "unit",
        {"id": "a"},
    ),
    "not TOML": ("[unit", "unit", {"id": "gatepost"}),
}


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_of_a_faulty_file_is_kept(name: str, tmp_path: Path) -> None:
    """So that the rest can be checked in the same look; the keys at fault have their defaults."""
    content, table, expected = SOUND[name]
    config, faults = examine_config(written(tmp_path, content))
    assert faults
    assert expected.items() <= getattr(config, table).model_dump().items()
    assert config.lane.least_reads == Config().lane.least_reads


HIDDEN = {
    "another table asks for what is faulty here": (
        f"[gate]\nline = 17\npulse_s = 60.0\n{OPENING}\nsecond_factor = 'confirm_line'",
        ["gate.pulse_s = 60.0", "policy[#1].second_factor = 'confirm_line' without"],
    ),
    "a table as a whole": ("[mqtt]\nport = 0", ["mqtt.port = 0", "mqtt.host is missing"]),
    "a certificate without its key": (
        "[mqtt]\nhost = 'a'\nport = 0\ntls = true\ncert_file = 'c'",
        ["mqtt.port = 0", "mqtt.cert_file without mqtt.key_file"],
    ),
    "of our own making: the host was there": ("[mqtt]\nhost = ''", ["mqtt.host = ''"]),
    "of our own making: so was the width": (
        "[camera]\nkind = 'pi'\nwidth = 7\nheight = 480",
        ["camera.width = 7"],
    ),
    "of our own making: so was the contact": (
        f"[gate]\nline = 17\nconfirm_line = 99\n{OPENING}\nsecond_factor = 'confirm_line'",
        ["gate.confirm_line = 99"],
    ),
    "of our own making: the line was meant": ("[gate]\nlien = 17", ["gate.lien = 17"]),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_fault_hides_no_other(name: str, tmp_path: Path) -> None:
    """What a check of all keys together would say is said, and nothing that is not so."""
    content, expected = HIDDEN[name]
    told = fault_of(tmp_path, content).splitlines()
    assert len(told) == len(expected), told
    for line, begun in zip(told, expected, strict=True):
        assert line.removeprefix(f"{tmp_path / 'gatepost.toml'}: ").startswith(begun)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """All that are wrong, in all tables, so that one look mends the file."""
    content = """
        unti = 1
        [camera]
        silent_s = 0
        silence_s = 4
        [lane]
        least_confidence = 1.5
        [lists]
        max_distance = 3
        [mqtt]
        port = 0
        password_file = "pw"
        """
    keys = re.findall(r"toml: ([\w.]+)", fault_of(tmp_path, content))
    assert set(keys) == {
        "unti",
        "camera.silent_s",
        "camera.silence_s",
        "lane.least_confidence",
        "lists.max_distance",
        "mqtt.port",
        "mqtt.password_file",
        "mqtt.host",
    }


def test_a_missing_file_that_was_named_is_a_fault(tmp_path: Path) -> None:
    """The defaults would hide the wrong name."""
    path = tmp_path / "none.toml"
    with pytest.raises(ConfigurationError) as caught:
        load_config(path)
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory"


@pytest.mark.parametrize("name", NOT_READABLE)
def test_a_file_that_is_no_toml_says_where(name: str, tmp_path: Path) -> None:
    """With the file's name, and no traceback of the parser."""
    content, expected = NOT_READABLE[name]
    assert f"{tmp_path / 'gatepost.toml'}: {expected}" in fault_of(tmp_path, content)


def test_a_relative_path_is_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the unit was started: systemd starts it in /."""
    monkeypatch.chdir("/")
    content = """
        [recognition]
        models = "models"
        [store]
        folder = "data"
        [mqtt]
        host = "there"
        username = "unit"
        password_file = "secret/pw"
        tls = true
        ca_file = "ca.pem"
        """
    loaded = load_config(written(tmp_path, content))
    assert loaded.recognition.models == tmp_path / "models"
    assert loaded.store.folder == tmp_path / "data"
    assert loaded.mqtt.password_file == tmp_path / "secret" / "pw"
    assert loaded.mqtt.ca_file == tmp_path / "ca.pem"


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    """Beside the file is for relative ones."""
    loaded = load_config(written(tmp_path, "[store]\nfolder = '/srv/gatepost'"))
    assert str(loaded.store.folder) == "/srv/gatepost"


def test_a_value_in_the_place_of_a_list_is_no_table(tmp_path: Path) -> None:
    """Tables are asked for only where the key holds some."""
    assert "speed.points = 'x': expected a list\n" in fault_of(
        tmp_path, "[speed]\npoints = 'x'\nsides_m = 3\n"
    )


def test_the_home_folder_of_nobody_is_a_fault(tmp_path: Path) -> None:
    """A tilde with an unknown name is said like any other fault."""
    told = fault_of(tmp_path, "[store]\nfolder = '~no-such-user/gatepost'")
    assert "~no-such-user" in told


def test_a_configuration_does_not_change(tmp_path: Path) -> None:
    """It is shared by all threads."""
    loaded = load_config(written(tmp_path, ""))
    with pytest.raises(ValidationError, match="frozen"):
        loaded.unit.id = "other"  # type: ignore[misc]


SECRETS = {
    "a password in the file": ("[mqtt]\npassword = 'hunter2'", "mqtt.password = '***'"),
    "an address of a wrong kind": (
        "[mqtt]\nport = 'mqtt://me:hunter2@there'",
        "mqtt.port = 'mqtt://***@there'",
    ),
}


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_stands_in_a_message(name: str, tmp_path: Path) -> None:
    """Messages end in logs."""
    text, message = SECRETS[name]
    path = tmp_path / "gatepost.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_config(path)
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_vehicle_is_gone_before_its_passage_is_stale() -> None:
    """A longer `gone_s` would silently switch live passages off."""
    (most,) = [m.le for m in Lane.model_fields["gone_s"].metadata if hasattr(m, "le")]
    assert most < FRESH_S


def test_settings_of_a_broker_without_a_host_are_a_fault(tmp_path: Path) -> None:
    """Nothing would ever be sent, and nobody would be told."""
    with pytest.raises(ConfigurationError, match=r"mqtt\.host is missing"):
        load_config(written(tmp_path, "[mqtt]\nport = 1884\n"))


def test_without_a_gate_nothing_is_switched_and_the_safe_policy_holds() -> None:
    """A unit opens nothing that nobody named."""
    assert Config().gate.line is None
    assert not Config().gate.dry_run
    assert Config().policy == DEFAULT_POLICY


def test_a_gate_and_its_policy_are_taken(tmp_path: Path) -> None:
    """Rules in the order of the file; they replace the default ones."""
    text = """
        [gate]
        line = 5
        active_low = true
        pulse_s = 1
        [[policy]]
        list = "allowed"
        action = "open"
        times = ["mon-fri 07:00-18:30"]
        [[policy]]
        list = "unknown"
        action = "alert"
    """
    loaded = load_config(written(tmp_path, text))
    assert (loaded.gate.line, loaded.gate.active_low, loaded.gate.pulse_s) == (5, True, 1.0)
    assert [(rule.list, rule.action) for rule in loaded.policy] == [
        ("allowed", "open"),
        ("unknown", "alert"),
    ]
    assert loaded.policy[0].times == (parse_span("mon-fri 07:00-18:30"),)


def test_a_rule_that_opens_is_strict_where_it_does_not_say_otherwise(tmp_path: Path) -> None:
    """An alert is not: it may err."""
    text = """
        [[policy]]
        list = "allowed"
        action = "open"
        least_reads = 5
        direction = ["approaching", "unknown"]
        [[policy]]
        list = "watched"
        action = "alert"
    """
    opens, alerts = load_config(written(tmp_path, text)).policy
    assert opens.direction == ("approaching", "unknown")
    assert (opens.least_reads, opens.least_agreement, opens.least_confidence) == (5, 0.6, 0.9)
    assert (alerts.direction, alerts.least_reads, alerts.least_confidence) == ((), 1, 0.0)


@pytest.mark.parametrize("gate", ["dry_run = true", "line = 17\ndry_run = true"])
def test_a_dry_run_needs_no_line_and_no_camera_of_its_own(gate: str, tmp_path: Path) -> None:
    """It switches nothing, so a network camera may try it."""
    text = f"[camera]\nsource = 'rtsp://host/1'\n[gate]\n{gate}"
    assert load_config(written(tmp_path, text)).gate.dry_run


def test_the_faults_of_gate_and_policy_are_told_with_all_others(tmp_path: Path) -> None:
    """In one report."""
    text = """
        [unit]
        id = "a b"
        [gate]
        line = 40
        pulse_s = 20
        [[policy]]
        list = "allowed"
        action = "opne"
        least_confidence = 90
    """
    told = fault_of(tmp_path, text)
    for key in ("unit.id", "gate.line", "gate.pulse_s", "policy[#1].action"):
        assert key in told
    assert "policy[#1].least_confidence" in told
    assert len(told.splitlines()) == 5
