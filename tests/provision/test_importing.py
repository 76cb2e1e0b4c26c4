"""From the boot partition to the unit's settings: whole or not at all, and again without harm."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from appliance.config import Config, load_config
from appliance.errors import ConfigurationError
from appliance.inspection import require_webhook
from appliance.provision.boot import Boot
from appliance.provision.disk import Disk
from appliance.provision.document import MOST_BYTES
from appliance.provision.importing import provision
from appliance.provision.settings import Settings
from appliance.transmit.credentials import credential_faults, login
from appliance.update.signature import pem_of
from appliance.update.trust import credentials, root_keys, update_faults
from tests.authority import Authority
from tests.provision.cut import NEVER, CutDisk, PowerCut

PLAIN = '[unit]\nid = "pole-7"\n'
BROKER = '\n[mqtt]\nhost = "broker.example"\nusername = "pole-7"\npassword_file = "mqtt-password"\n'
HUSH = '\n[secrets]\nmqtt_password = "hush $(touch /tmp/no) `no`"\n'
TLS = 'tls = true\ncert_file = "gatepost.crt"\nkey_file = "gatepost.key"\n'
FULL = PLAIN + BROKER + TLS + HUSH

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="apt-get install openssl")


class Unit:
    """A unit's boot partition and its settings."""

    def __init__(self, folder: Path) -> None:
        """Both empty, where they are not there yet."""
        self.boot, self.into = folder / "boot", folder / "into"
        self.boot.mkdir(exist_ok=True)
        self.into.mkdir(exist_ok=True)

    def bring(self, text: str | bytes, name: str = "gatepost.toml") -> None:
        """Put a file onto the boot partition."""
        content = text.encode() if isinstance(text, str) else text
        (self.boot / name).write_bytes(content)

    def start(self, disk: Disk | None = None) -> list[str]:
        """What a start takes over; models and libraries are the command's test."""
        disk = disk or CutDisk(NEVER)
        return provision(Boot(self.boot, disk), Settings(self.into, disk), _files_only)

    def refused(self) -> list[str]:
        """The faults of a start that takes nothing over."""
        before = self.everything()
        with pytest.raises(ConfigurationError) as raised:
            self.start()
        assert self.everything() == before
        return str(raised.value).splitlines()

    def config(self) -> Config:
        """What `gatepost run` would read."""
        return load_config(self.into / "gatepost.toml")

    def files(self) -> dict[str, bytes]:
        """What the unit has."""
        return Settings(self.into, Disk()).files()

    def everything(self) -> dict[str, bytes]:
        """Every file of both, by its path."""
        found = [path for top in (self.boot, self.into) for path in top.rglob("*")]
        return {str(path): path.read_bytes() for path in found if path.is_file()}

    def secret_places(self) -> list[str]:
        """Where the password stands."""
        return [Path(path).name for path, what in self.everything().items() if b"hush" in what]


def _files_only(config: Config) -> list[str]:
    return (
        credential_faults(config.mqtt) + _faults_of_webhook(config) + update_faults(config.update)
    )


def _faults_of_webhook(config: Config) -> list[str]:
    try:
        require_webhook(config)
    except ConfigurationError as fault:
        return str(fault).splitlines()
    return []


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    """A unit that nobody has set up."""
    (tmp_path / "unit").mkdir()
    return Unit(tmp_path / "unit")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """A unit that was set up with FULL; to be copied."""
    unit = Unit(tmp_path_factory.mktemp("template"))
    unit.bring(FULL)
    unit.start()
    return unit


@pytest.fixture
def used(template: Unit, tmp_path: Path) -> Unit:
    """A unit that was set up with FULL."""
    return _copy(template, tmp_path / "used")


def _asked(*arguments: str | Path) -> str:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_settings_secret_key_and_request(unit: Unit) -> None:
    """One start makes of an empty unit one that its broker's owner can let in."""
    unit.bring(FULL)
    changes = unit.start()
    config = unit.config()
    assert (config.unit.id, config.mqtt.host) == ("pole-7", "broker.example")
    assert login(config.mqtt) == ("pole-7", "hush $(touch /tmp/no) `no`")
    assert not Path("/tmp/no").exists()  # noqa: S108  # what a shell would have made
    request = unit.boot / "gatepost.csr"
    assert "CN = pole-7" in _asked("req", "-in", request, "-noout", "-verify", "-subject")
    held = _asked("pkey", "-in", unit.into / "settings-1" / "gatepost.key", "-pubout")
    assert _asked("req", "-in", request, "-noout", "-pubkey") == held
    assert "mqtt-password: new" in changes
    assert "mqtt.host: changed" in changes
    assert "gatepost.crt: waits for somebody to sign gatepost.csr" in changes
    assert not any("hush" in change or "broker.example" in change for change in changes)


def test_the_example_of_the_readme_is_taken(unit: Unit, tmp_path: Path) -> None:
    """With the authority that it names."""
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```\n(\[unit\]\n.*?\n\[secrets\]\n.*?)```", text, re.DOTALL)
    unit.bring(example)
    unit.bring(Authority(tmp_path / "ca").cert.read_bytes(), "gatepost-ca.crt")
    unit.start()
    assert unit.config().unit.id == "pole-7"
    assert login(unit.config().mqtt) == ("pole-7", "...")


def test_the_secret_leaves_the_boot_partition(unit: Unit) -> None:
    """It lies in one file, that of the unit; the rest of the boot partition's file stays."""
    unit.bring(FULL)
    unit.start()
    assert unit.secret_places() == ["mqtt-password"]
    assert (unit.boot / "gatepost.toml").read_text() == PLAIN + BROKER + TLS + "\n"
    assert sorted(path.name for path in unit.boot.iterdir()) == ["gatepost.csr", "gatepost.toml"]


def test_the_bytes_of_the_secret_are_overwritten_where_they_lie(unit: Unit) -> None:
    """The file that held it is zeros before its name goes: an undelete finds no word of it."""
    unit.bring(FULL)
    witness = unit.boot.parent / "same"
    os.link(unit.boot / "gatepost.toml", witness)  # the same place on the card
    unit.start()
    assert witness.read_bytes() == bytes(len(FULL))


def test_others_may_read_nothing(used: Unit) -> None:
    """Not the key, not a secret, not the settings, which may name a camera's password."""
    folder = (used.into / "gatepost.toml").resolve().parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes.values()) == {0o640}
    assert {"gatepost.key", "mqtt-password", "gatepost.toml"} < modes.keys()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_a_second_start_changes_nothing(used: Unit) -> None:
    """Not a byte: the card is spared, the key stays, the request is the same."""
    before = used.everything()
    times = {path: Path(path).stat().st_mtime_ns for path in before}
    assert used.start() == ["gatepost.crt: waits for somebody to sign gatepost.csr"]
    assert used.everything() == before
    assert {path: Path(path).stat().st_mtime_ns for path in before} == times


@pytest.mark.parametrize("left", ["nothing", "the wiped file"])
def test_a_unit_goes_on_with_what_it_has(used: Unit, left: str) -> None:
    """With the card of the boot partition emptied, or as the unit left it."""
    before = used.files()
    if left == "nothing":
        (used.boot / "gatepost.toml").unlink()
    used.start()
    assert used.files() == before


def test_a_unit_without_settings_says_so(unit: Unit) -> None:
    """It waits for a file; also where Windows has hidden its name."""
    assert unit.refused() == [
        "gatepost.toml: there is none yet, expected the settings of this unit"
    ]
    unit.bring(PLAIN, "gatepost.toml.txt")
    assert unit.refused() == ["gatepost.toml.txt: expected the name gatepost.toml, without .txt"]


def test_new_settings_keep_what_they_do_not_bring(used: Unit) -> None:
    """Password, key and request stay; what changed is told by its keys."""
    before = used.files()
    used.bring((PLAIN + BROKER + TLS).replace("broker.example", "other.example"))
    assert used.start()[0] == "mqtt.host: changed"
    after = used.files()
    assert used.config().mqtt.host == "other.example"
    assert [name for name in after if after[name] != before[name]] == ["gatepost.toml"]
    assert [path.name for path in used.into.iterdir() if path.is_dir()] == ["settings-2"]


def test_a_password_alone_is_changed_alone(used: Unit) -> None:
    """A file of nothing but `[secrets]` leaves the settings; it is replaced by them."""
    before = used.files()
    used.bring('[secrets]\nmqtt_password = "hush 2"\n')
    assert "mqtt-password: new" in used.start()
    after = used.files()
    assert [name for name in after if after[name] != before[name]] == ["mqtt-password"]
    assert login(used.config().mqtt)[1] == "hush 2"
    assert (used.boot / "gatepost.toml").read_bytes() == after["gatepost.toml"]
    assert used.secret_places() == ["mqtt-password"]


def test_another_id_asks_for_another_certificate_of_the_same_key(unit: Unit) -> None:
    """The key is the unit's for life."""
    unit.bring(PLAIN)
    unit.start()
    key = unit.files()["gatepost.key"]
    unit.bring('[unit]\nid = "pole-8"\n')
    assert "gatepost.csr: new" in unit.start()
    assert unit.files()["gatepost.key"] == key
    assert "CN = pole-8" in _asked("req", "-in", unit.boot / "gatepost.csr", "-noout", "-subject")


def test_a_signed_certificate_is_taken(used: Unit, tmp_path: Path) -> None:
    """Of whoever signed the request; with the authority that the broker's comes from."""
    signed = signed_by(Authority(tmp_path / "ca"), used.boot / "gatepost.csr")
    used.bring(signed, "gatepost.crt")
    used.bring((tmp_path / "ca" / "ca.crt").read_bytes(), "gatepost-ca.crt")
    assert used.start() == ["gatepost-ca.crt: new", "gatepost.crt: new"]
    assert used.files()["gatepost.crt"] == signed
    assert used.start() == []


def signed_by(authority: Authority, request: Path) -> bytes:
    """The certificate that answers a request."""
    ca = ["-CA", authority.cert, "-CAkey", authority.cert.with_suffix(".key"), "-days", "2"]
    return _asked("x509", "-req", "-in", request, "-CAcreateserial", *ca).encode()


def _of_another_key(tmp_path: Path) -> bytes:
    return Authority(tmp_path / "ca").sign("pole-7").cert.read_bytes()


STRANGE = "another's"
CERTIFICATES: dict[str, tuple[Callable[[Path], bytes], str, str]] = {
    STRANGE: (
        _of_another_key,
        "gatepost.crt",
        "belongs to another key; take it away, and have this unit's gatepost.csr signed",
    ),
    "none": (lambda _: b"hello", "gatepost.crt", "no certificate in PEM form"),
    "empty": (lambda _: b"", "gatepost.crt", "no certificate in PEM form"),
    "too long": (
        lambda _: bytes(MOST_BYTES + 1),
        "gatepost.crt",
        f"is longer than {MOST_BYTES} bytes",
    ),
    "no authority": (lambda _: b"hello", "gatepost-ca.crt", "no certificates in PEM form"),
}


@pytest.mark.parametrize("case", CERTIFICATES)
def test_a_certificate_of_somebody_else_is_refused(used: Unit, tmp_path: Path, case: str) -> None:
    """With words, once, and the unit keeps what it had."""
    make, name, told = CERTIFICATES[case]
    used.bring(make(tmp_path), name)
    assert used.refused() == [f"{name}: {told}"]


def test_a_certificate_of_an_earlier_life_is_refused(unit: Unit, tmp_path: Path) -> None:
    """A unit whose settings were lost has a new key: nothing is taken over that would not work."""
    unit.bring(FULL)
    unit.bring(_of_another_key(tmp_path), "gatepost.crt")
    assert unit.refused() == [f"gatepost.crt: {CERTIFICATES[STRANGE][2]}"]


FAULTS = {
    "every fault at once": (
        '[unit]\nid = "pole 7"\n[mqtt]\nhost = "b"\nport = 0\npassword = "hush"\n[lnae]\n',
        [
            (
                "gatepost.toml: mqtt.password: a secret does not stand there; expected"
                ' mqtt_password in [secrets], and password_file = "mqtt-password" in [mqtt]'
            ),
            "gatepost.toml: unit.id = 'pole 7': expected 1 to 64 of A-Z, a-z, 0-9, _ and -",
            "gatepost.toml: mqtt.port = 0: expected 1 to 65535",
            "gatepost.toml: lnae = {}: unknown key; did you mean lane?",
        ],
    ),
    "a secret that nothing uses": (
        PLAIN + HUSH,
        [
            (
                "gatepost.toml: secrets.mqtt_password: nothing uses it; expected"
                ' password_file = "mqtt-password" in [mqtt]'
            )
        ],
    ),
    "a secret that is missing": (
        PLAIN + BROKER,
        [
            (
                "gatepost.toml: mqtt.password_file = 'mqtt-password': cannot be read:"
                " No such file or directory"
            )
        ],
    ),
    "a folder that would go with the next settings": (
        PLAIN + '[store]\nfolder = "passages"\n',
        ["gatepost.toml: store.folder = 'passages': expected a path that begins with /"],
    ),
    "an empty file": ("", ["gatepost.toml: is empty, expected settings"]),
    "a huge file": (
        "#" * (MOST_BYTES + 1),
        [f"gatepost.toml: is longer than {MOST_BYTES} bytes"],
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults_are_told_and_nothing_is_taken(unit: Unit, case: str) -> None:
    """Neither of the settings nor of what came with them; no secret is lost."""
    text, told = FAULTS[case]
    unit.bring(text)
    assert unit.refused() == told


def test_a_secret_at_fault_hides_no_other_fault(unit: Unit) -> None:
    """A password that is a number: what the good ones lack is told on the same trip."""
    lines = 'secret_file = "webhook-secret"\nheader_file = "webhook-header"\n'
    hook = f'\n[webhook]\nurl = "https://consumer.example"\n{lines}'
    secrets = (
        '[secrets]\nmqtt_password = 5\nwebhook_secret = "short"\nwebhook_header = "X-Key: a"\n'
    )
    unit.bring(PLAIN + BROKER + TLS + 'ca_file = "gatepost-ca.crt"\n' + hook + secrets)
    unit.bring("hello", "gatepost-ca.crt")
    assert unit.refused() == [
        "gatepost.toml: secrets.mqtt_password: expected a text of one line, 1 to 1000 characters",
        "gatepost-ca.crt: no certificates in PEM form",
        "gatepost.toml: webhook.secret_file: webhook-secret: 5 bytes, expected at least 16",
    ]


def test_a_secret_that_nothing_uses_is_told_beside_another_at_fault(unit: Unit) -> None:
    """In the same report."""
    unit.bring(PLAIN + BROKER + '[secrets]\nmqtt_password = 5\nwebhook_secret = "hush"\n')
    first, second = unit.refused()
    assert first.startswith("gatepost.toml: secrets.mqtt_password: expected a text of one line")
    assert second.startswith("gatepost.toml: secrets.webhook_secret: nothing uses it; expected")


def test_a_secret_at_fault_beside_settings_that_are_known_is_told(used: Unit) -> None:
    """They are the same as before; the secret is not wiped unread."""
    used.bring(PLAIN + BROKER + TLS + '\n[secrets]\nunheard_of = "hush 2"\n')
    (told,) = used.refused()
    assert told.startswith("gatepost.toml: secrets.unheard_of: unknown key; known: ")


UPDATES = '\n[update]\nurl = "https://updates.example/gatepost"\nroot_file = "{}"\n'


def test_the_root_key_comes_from_the_boot_partition(unit: Unit) -> None:
    """A unit that nobody logs in to takes updates; the key stays when it is not brought again."""
    root = pem_of(bytes(32))
    unit.bring(PLAIN + UPDATES.format("gatepost-root.pub"))
    unit.bring(root, "gatepost-root.pub")
    assert "gatepost-root.pub: new" in unit.start()
    assert root_keys(unit.config().update) == (bytes(32),)
    (unit.boot / "gatepost-root.pub").unlink()
    unit.bring(PLAIN.replace("7", "8") + UPDATES.format("gatepost-root.pub"))
    unit.start()
    assert root_keys(unit.config().update) == (bytes(32),)


HAWKBIT = """
[update]
root_file = "gatepost-root.pub"
[update.hawkbit]
url = "https://hawkbit.example"
"""
TOLD = 'token_file = "hawkbit-token"\n[secrets]\nhawkbit_token = "hush"\n'


def test_the_token_for_hawkbit_comes_as_a_secret(unit: Unit) -> None:
    """In a table that stands in another; it is wiped from the boot partition."""
    unit.bring(PLAIN + HAWKBIT + TOLD)
    unit.bring(pem_of(bytes(32)), "gatepost-root.pub")
    unit.start()
    hawkbit = unit.config().update.hawkbit
    assert hawkbit is not None
    assert credentials(hawkbit) == {"Authorization": "TargetToken hush"}
    assert unit.secret_places() == ["hawkbit-token"]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            'token = "hush"\n',
            (
                "update.hawkbit.token: a secret does not stand there; expected hawkbit_token in"
                ' [secrets], and token_file = "hawkbit-token" in [update.hawkbit]'
            ),
        ),
        (
            'token_file = "/t"\n[secrets]\nhawkbit_token = "hush"\n',
            (
                "secrets.hawkbit_token: nothing uses it; expected"
                ' token_file = "hawkbit-token" in [update.hawkbit]'
            ),
        ),
        (
            'token_file = "mine"\n',
            "update.hawkbit.token_file = 'mine': expected \"hawkbit-token\" or a path that begins",
        ),
    ],
)
def test_a_token_for_hawkbit_that_is_astray_is_told(unit: Unit, lines: str, words: str) -> None:
    """As of a secret in any other table."""
    unit.bring(PLAIN + HAWKBIT + lines)
    unit.bring(pem_of(bytes(32)), "gatepost-root.pub")
    assert [told for told in unit.refused() if told.startswith(f"gatepost.toml: {words}")]


PRIVATE = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
ROOTS = {
    "not brought": (
        "gatepost-root.pub",
        None,
        (
            "gatepost.toml: update.root_file: gatepost-root.pub: cannot be read: No such file"
            " or directory"
        ),
    ),
    "by another name": (
        "root.pub",
        pem_of(bytes(32)),
        (
            "gatepost.toml: update.root_file = 'root.pub': expected \"gatepost-root.pub\" or a path"
            " that begins with /"
        ),
    ),
    "the private one": (
        "gatepost-root.pub",
        PRIVATE,
        "gatepost-root.pub: private key, expected a public key of Ed25519",
    ),
}


@pytest.mark.parametrize("case", ROOTS)
def test_a_root_key_that_will_not_do_is_told_once(unit: Unit, case: str) -> None:
    """In the words of the one who has the card in hand."""
    name, content, told = ROOTS[case]
    unit.bring(PLAIN + UPDATES.format(name))
    if content is not None:
        unit.bring(content, "gatepost-root.pub")
    assert unit.refused() == [told]


def test_faults_leave_what_a_unit_had(used: Unit) -> None:
    """The settings before go on; the password that came with a fault waits where it is."""
    used.bring(FAULTS["every fault at once"][0] + HUSH)
    assert used.refused() == FAULTS["every fault at once"][1]
    assert used.config().unit.id == "pole-7"


def test_a_folder_is_no_file(unit: Unit) -> None:
    """Nor is a pipe, on which a unit would wait for ever."""
    (unit.boot / "gatepost.toml").mkdir()
    os.mkfifo(unit.boot / "gatepost.crt")
    assert unit.refused() == [
        f"{name}: is a folder or a device, expected a file"
        for name in ("gatepost.toml", "gatepost.crt")
    ]


def test_a_password_that_cannot_be_wiped_is_warned_of(unit: Unit) -> None:
    """That of a network camera stands in a setting; the warning does not show it."""
    unit.bring("[camera]\nsource = 'rtsp://u:hush@camera/1'\n")
    warning = "gatepost.toml: an address with a password in it stays on the boot partition"
    assert warning in unit.start()
    assert warning in unit.start()


def test_a_secret_survives_the_loss_of_the_unit_while_it_was_wiped(unit: Unit) -> None:
    """The power went, and the data partition with it: what was going is all there is."""
    unit.bring(FULL, "gatepost.wipe")
    unit.start()
    assert login(unit.config().mqtt)[1] == "hush $(touch /tmp/no) `no`"
    assert unit.secret_places() == ["mqtt-password"]


def test_settings_of_a_person_are_left_alone(unit: Unit) -> None:
    """Who has written /etc/gatepost/gatepost.toml by hand keeps it, in peace without another."""
    (unit.into / "gatepost.toml").write_text(PLAIN)
    assert unit.start() == []
    unit.bring(FULL)
    assert unit.refused() == [
        (
            f"{unit.into}/gatepost.toml: was written by hand; expected none, or nothing on the boot"
            " partition"
        )
    ]


LESS = PLAIN + BROKER + HUSH
BROUGHT = {
    "settings": LESS.replace("broker.example", "other.example").replace("hush", "hush 2"),
    "a password": '[secrets]\nmqtt_password = "hush 2"\n',
    "the first settings": LESS,
}


@pytest.mark.parametrize("case", BROUGHT)
@pytest.mark.parametrize("is_torn", [False, True], ids=["before", "in the middle of"])
def test_a_power_cut_at_every_step(
    unit: Unit, used: Unit, tmp_path: Path, case: str, is_torn: bool
) -> None:
    """After each the unit has all that it had or all that is new; the next start has the new."""
    used.bring(LESS)  # without TLS, for the authorities of the system take long to load
    used.start()
    first = unit if BROUGHT[case] == LESS else used
    first.bring(BROUGHT[case])
    before, steps = first.files(), count()
    for last in steps:
        disk = CutDisk(last, is_torn=is_torn)
        _cut_and_mend(_copy(first, tmp_path / str(last)), disk, before)
        if disk.steps < last:  # it came to its end
            break
    assert next(steps) > 20


def _cut_and_mend(unit: Unit, disk: CutDisk, before: dict[str, bytes]) -> None:
    wanted = _password_of((unit.boot / "gatepost.toml").read_bytes())
    try:
        unit.start(disk)
    except PowerCut:
        _require_whole(unit, before, wanted)
        with suppress(PowerCut):  # and once more while it is mended
            unit.start(CutDisk(disk.steps % 7, is_torn=disk.is_torn))
        unit.start(CutDisk(NEVER))
    config, after = unit.config(), unit.files()
    assert credential_faults(config.mqtt) == []
    assert login(config.mqtt)[1] == wanted
    assert unit.secret_places() == ["mqtt-password"]
    assert (unit.boot / "gatepost.toml").read_bytes() == after["gatepost.toml"]
    assert after["gatepost.key"] == before.get("gatepost.key", after["gatepost.key"])
    assert len([path for path in unit.into.iterdir() if path.is_dir()]) == 1


def _copy(unit: Unit, folder: Path) -> Unit:
    shutil.copytree(unit.boot.parent, folder, symlinks=True)
    return Unit(folder)


def _password_of(content: bytes) -> str:
    return content.decode().partition('mqtt_password = "')[2].partition('"\n')[0]


def _require_whole(unit: Unit, before: dict[str, bytes], wanted: str) -> None:
    """Old or new, and the new secret lies somewhere."""
    now = unit.files()
    if now != before:
        assert login(unit.config().mqtt)[1] == wanted
        assert credential_faults(unit.config().mqtt) == []
    assert any(wanted.encode() in content for content in unit.everything().values())
