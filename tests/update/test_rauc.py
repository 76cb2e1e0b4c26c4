"""RAUC through its command line: the real one with a bus and slots of its own, and ones that hang.

Where RAUC is installed it marks, arms and refuses as on a unit; writing needs the kernel's device
mapper, which tools/test-image has.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.errors import UpdateError
from appliance.update.fakeboard import FakeBoard, FakeRauc, Root
from appliance.update.rauc import Installer, Rauc
from appliance.update.slots import System
from tests.conftest import until

PROGRAMS = ("rauc", "dbus-daemon", "openssl", "mksquashfs")
COMPATIBLE = "gatepost-test"
CONFIG = """[system]
compatible={compatible}
bootloader=custom
mountprefix={folder}/mnt
statusfile={folder}/central.raucs
bundle-formats=-plain
activate-installed=false
[handlers]
bootloader-custom-backend={folder}/backend
[keyring]
path={folder}/ours.pem
[slot.system.0]
device={folder}/a
type=raw
bootname=A
[slot.system.1]
device={folder}/b
type=raw
bootname=B
"""
BACKEND = """#!/bin/sh
cd {folder}
case $1 in
get-primary) cat armed 2>/dev/null || cat committed ;;
set-primary) [ "$2" = "$(cat committed)" ] && rm -f armed || echo "$2" > armed ;;
get-state) cat "state.$2" 2>/dev/null || echo good ;;
set-state) echo "$3" > "state.$2"; [ "$3$2" != "good$(cat booted)" ] || echo "$2" > committed ;;
get-current) cat booted ;;
committed) cat committed ;;
esac
"""
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
<type>system</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default">
<allow user="*"/><deny send_type="method_call"/><allow send_destination="org.freedesktop.DBus"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_sender="*"/>
<allow send_destination="de.pengutronix.rauc"/>
</policy>
<policy user="root"><allow own="de.pengutronix.rauc"/></policy>
{ours}
</busconfig>
"""
"""What Debian 13 says, as far as RAUC goes."""
POLICY = Path(__file__).parents[2] / "firmware/root/etc/dbus-1/system.d/gatepost.conf"
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


class RealRauc:
    """A service of RAUC's own on a bus of its own, with two files for slots."""

    def __init__(self, folder: Path, address: str) -> None:
        """Lay out slots and keys in `folder`."""
        self.folder = folder
        self.environment = os.environ | {
            "DBUS_STARTER_BUS_TYPE": "session",
            "DBUS_SESSION_BUS_ADDRESS": address,
        }
        (folder / "mnt").mkdir()
        for slot in "ab":
            (folder / slot).write_bytes(bytes(65536))
        (folder / "system.conf").write_text(CONFIG.format(folder=folder, compatible=COMPATIBLE))
        (folder / "backend").write_text(BACKEND.format(folder=folder))
        (folder / "backend").chmod(0o755)
        for name in ("ours", "strangers"):
            self.make_key(name)

    def make_key(self, name: str) -> None:
        """A certificate that signs itself."""
        files = ["-keyout", f"{name}.key", "-out", f"{name}.pem"]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
        command += [
            "ec_paramgen_curve:P-256",
            "-nodes",
            *files,
            "-days",
            "9",
            "-subj",
            f"/CN={name}",
        ]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def bundle(self, signer: str, compatible: str = COMPATIBLE) -> Path:
        """A bundle of release 1.2.0."""
        content = self.folder / f"{signer}-{compatible}"
        content.mkdir()
        (content / "system.img").write_bytes(os.urandom(32768))
        told = f"[update]\ncompatible={compatible}\nversion=1.2.0\n[bundle]\nformat=verity\n"
        (content / "manifest.raucm").write_text(told + "[image.system]\nfilename=system.img\n")
        keys = ["--cert", f"{signer}.pem", "--key", f"{signer}.key", "--keyring", f"{signer}.pem"]
        out = content.with_suffix(".raucb")
        command = ["rauc", *keys, "bundle", str(content), str(out)]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return out

    def slots(self, booted: str, committed: str) -> None:
        """What the firmware says, nothing armed."""
        (self.folder / "armed").unlink(missing_ok=True)
        (self.folder / "booted").write_text(f"{booted}\n")
        (self.folder / "committed").write_text(f"{committed}\n")

    def service(self) -> subprocess.Popen[bytes]:
        """Begun; it is asked through the bus."""
        conf, booted = f"--conf={self.folder}/system.conf", (self.folder / "booted").read_text()
        command = ["rauc", conf, f"--override-boot-slot={booted.strip()}", "service"]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


@contextmanager
def real_in(folder: Path, bus: str) -> Iterator[RealRauc]:
    """With a bus, which that option configures; skipped where RAUC is not installed."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not installed here")
    command = ["dbus-daemon", bus, "--print-address", "--nofork", "--nopidfile"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert daemon.stdout is not None
    try:
        yield RealRauc(folder, daemon.stdout.readline().strip())
    finally:
        daemon.terminate()
        daemon.wait(10)
        daemon.stdout.close()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRauc]:
    """On a bus that all may ask."""
    with real_in(tmp_path_factory.mktemp("rauc"), "--session") as made:
        yield made


@contextmanager
def served(real: RealRauc) -> Iterator[Rauc]:
    """Its service runs: slot B, and A is committed."""
    real.slots("B", "A")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DBUS_STARTER_BUS_TYPE", "DBUS_SESSION_BUS_ADDRESS"):
            patch.setenv(name, real.environment[name])
        service, rauc = real.service(), Rauc((f"--conf={real.folder}/system.conf",))
        try:
            until(lambda: _answers(rauc), "RAUC's service answers")
            yield rauc
        finally:
            service.terminate()
            service.wait(10)


@pytest.fixture(params=["real", "fake"])
def installer(request: pytest.FixtureRequest) -> Iterator[tuple[Installer, Scene]]:
    """RAUC, and the one that stands in for it: slot B runs, A is committed."""
    if request.param == "fake":
        board = FakeBoard({"A": Root(COMPATIBLE, "1.1.0"), "B": Root(COMPATIBLE, "1.2.0")})
        board.booted = "B"
        yield FakeRauc(board), FakeScene(board, request.getfixturevalue("tmp_path"))
        return
    real: RealRauc = request.getfixturevalue("real")
    with served(real) as rauc:
        yield rauc, RealScene(real)


class Scene:
    """What a test of both needs of what lies behind them."""

    def bundle(self, signer: str, compatible: str = COMPATIBLE) -> Path:
        """A bundle of release 1.2.0."""
        raise NotImplementedError

    def committed(self) -> str:
        """The committed slot."""
        raise NotImplementedError


class RealScene(Scene):
    """RAUC's."""

    def __init__(self, real: RealRauc) -> None:
        self._real = real

    def bundle(self, signer: str, compatible: str = COMPATIBLE) -> Path:
        """Made by RAUC, once."""
        made = self._real.folder / f"{signer}-{compatible}.raucb"
        return made if made.exists() else self._real.bundle(signer, compatible)

    def committed(self) -> str:
        """As the backend has it."""
        return (self._real.folder / "committed").read_text().strip()


class FakeScene(Scene):
    """The fake's."""

    def __init__(self, board: FakeBoard, folder: Path) -> None:
        self._board, self._folder = board, folder

    def bundle(self, signer: str, compatible: str = COMPATIBLE) -> Path:
        """Made here."""
        out = self._folder / "bundle"
        out.write_bytes(Root(compatible, "1.2.0", signer=signer).bundle())
        return out

    def committed(self) -> str:
        """As the board has it."""
        return self._board.committed


def test_a_bundle_says_what_it_holds(installer: tuple[Installer, Scene]) -> None:
    """Once its signature is verified."""
    rauc, scene = installer
    assert rauc.describe(scene.bundle("ours")) == System(COMPATIBLE, "1.2.0")
    assert rauc.describe(scene.bundle("ours", "other")) == System("other", "1.2.0")


def test_a_strangers_bundle_is_refused(installer: tuple[Installer, Scene]) -> None:
    """By its words, wherever it is looked at, and nothing is written."""
    rauc, scene = installer
    told: list[int] = []
    with pytest.raises(UpdateError, match="signature verification failed") as refused:
        rauc.describe(scene.bundle("strangers"))
    assert refused.value.name == "bundle"
    with pytest.raises(UpdateError, match="RAUC refused it: signature verification failed"):
        rauc.install(scene.bundle("strangers"), told.append)
    assert rauc.primary() == scene.committed() == "A"


@pytest.mark.skipif(os.getuid() != 0, reason="to be another user takes root")
def test_nobody_but_root_orders_rauc_about(tmp_path: Path) -> None:
    """By the bus of an image: the unit's user could commit, and install what was signed once."""
    ours = POLICY.read_text().partition("<busconfig>")[2].partition("</busconfig>")[0]
    (tmp_path / "bus.conf").write_text(BUS.format(ours=ours))
    with real_in(tmp_path, f"--config-file={tmp_path}/bus.conf") as real, served(real) as rauc:
        address = real.environment["DBUS_SESSION_BUS_ADDRESS"]
        call = ["busctl", f"--address={address}", "call", "de.pengutronix.rauc", "/"]
        call += ["de.pengutronix.rauc.Installer", "Mark", "ss", "good", "booted"]
        done = subprocess.run([*NOBODY, *call], capture_output=True, text=True, check=False)
        assert (done.returncode, "Access denied" in done.stderr) == (1, True), done.stderr
        assert rauc.primary() == "A"
        rauc.mark(good=True)
        assert rauc.primary() == "B"


def test_arming_is_for_one_boot_and_commits_nothing(installer: tuple[Installer, Scene]) -> None:
    """Slot B runs: the other one is A, which is committed and needs none."""
    rauc, scene = installer
    rauc.arm(other=False)
    assert (rauc.primary(), scene.committed()) == ("B", "A")
    rauc.arm(other=True)
    assert (rauc.primary(), scene.committed()) == ("A", "A")


def test_only_good_commits(installer: tuple[Installer, Scene]) -> None:
    """And twice is as once."""
    rauc, scene = installer
    rauc.mark(good=False)
    assert scene.committed() == "A"
    for _ in range(2):
        rauc.mark(good=True)
        assert (rauc.primary(), scene.committed()) == ("B", "B")


def program(folder: Path, text: str) -> None:
    """A `rauc` that does something else, found first."""
    path = folder / "rauc"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where programs are found first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


SAYS = """
for line in ("installing", "  0% Installing", " 20% Checking bundle", "100% Installing {end}."):
    print(line, flush=True)
"""


def test_it_tells_how_far_it_is(bin_folder: Path) -> None:
    """In percent, as RAUC prints it."""
    program(bin_folder, SAYS.format(end="done"))
    told: list[int] = []
    Rauc().install(Path("x"), told.append)
    assert told == [0, 20, 100]


def test_the_last_error_is_the_reason(bin_folder: Path) -> None:
    """Not what is printed before or behind it."""
    last = 'print("LastError: Compatible mismatch: Expected this, got that")\n'
    program(bin_folder, SAYS.format(end="failed") + last + 'sys.exit("Installing x failed")')
    with pytest.raises(UpdateError) as refused:
        Rauc().install(Path("x"), lambda _: None)
    assert str(refused.value) == (
        "bundle: RAUC refused it: Compatible mismatch: Expected this, got that"
    )


@pytest.mark.parametrize(
    ("limit_s", "silent_s", "does"),
    [
        (60.0, 0.2, "print('installing', flush=True); time.sleep(60)"),
        (0.5, 60.0, "while True: print(' 10% slow', flush=True); time.sleep(0.02)"),
    ],
)
def test_one_that_never_ends_is_stopped(
    bin_folder: Path, limit_s: float, silent_s: float, does: str
) -> None:
    """Whether it says nothing or always the same; the service that does the work as well."""
    program(bin_folder, does)
    stopped = bin_folder / "stopped"
    rauc = Rauc((), limit_s, silent_s, ("touch", str(stopped)))
    begun_at = time.monotonic()
    with pytest.raises(UpdateError, match="stopped") as refused:
        rauc.install(Path("x"), lambda _: None)
    assert refused.value.name == "rauc"
    assert time.monotonic() - begun_at < 30
    assert stopped.exists()


def test_one_that_has_said_all_and_stays_is_stopped(
    bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a fault with a name like any other, so that it is remembered."""
    monkeypatch.setattr("appliance.update.rauc.STOP_S", 0.2)
    program(bin_folder, "import os; os.close(1); os.close(2); time.sleep(60)")
    stopped = bin_folder / "stopped"
    with pytest.raises(UpdateError, match="did not end within") as refused:
        Rauc((), stop=("touch", str(stopped))).install(Path("x"), lambda _: None)
    assert refused.value.name == "rauc"


def test_a_client_that_is_killed_leaves_no_service_writing(bin_folder: Path) -> None:
    """As by Ctrl-C in a terminal, which is for both, or where memory is short."""
    program(bin_folder, "print(' 10% Copying', flush=True); import os; os.kill(os.getpid(), 9)")
    stopped = bin_folder / "stopped"
    with pytest.raises(UpdateError):
        Rauc((), stop=("touch", str(stopped))).install(Path("x"), lambda _: None)
    assert stopped.exists()


@pytest.mark.parametrize(
    ("number", "raises"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_stops_it(
    bin_folder: Path, number: signal.Signals, raises: type[BaseException]
) -> None:
    """Ctrl-C, or `systemctl stop`: the service too, so that nobody goes on writing."""
    program(bin_folder, "print(' 10% Copying', flush=True); time.sleep(60)")
    stopped, before = bin_folder / "stopped", signal.getsignal(signal.SIGTERM)
    rauc = Rauc((), stop=("touch", str(stopped)))

    def interrupt(_percent: int) -> None:
        signal.raise_signal(number)

    with pytest.raises(raises):
        rauc.install(Path("x"), interrupt)
    assert stopped.exists()
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("does", "name", "why"),
    [
        ("print('no JSON')", "rauc", "expected a JSON object"),
        ("sys.exit('rauc: no such thing')", "bundle", "rauc: no such thing"),
    ],
)
def test_what_rauc_does_not_say_is_a_fault(
    bin_folder: Path, does: str, name: str, why: str
) -> None:
    """With its words."""
    program(bin_folder, does)
    with pytest.raises(UpdateError, match=why) as refused:
        Rauc().describe(Path("x"))
    assert refused.value.name == name


def test_what_rauc_itself_lacks_is_not_the_bundles_fault(bin_folder: Path) -> None:
    """A mark that fails, an installation of somebody else's that goes on: it may be tried again."""
    program(bin_folder, "sys.exit('Already processing a different method')")
    for asks in (
        lambda: Rauc().mark(good=True),
        lambda: Rauc().arm(other=True),
        lambda: Rauc().install(Path("x"), lambda _: None),
    ):
        with pytest.raises(UpdateError, match="Already processing") as refused:
            asks()
        assert refused.value.name == "rauc"


def test_without_rauc_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said what is missing."""
    monkeypatch.setenv("PATH", "/nowhere")
    for asks in (lambda: Rauc().describe(Path("x")), lambda: Rauc().mark(good=True)):
        with pytest.raises(UpdateError, match="No such file") as refused:
            asks()
        assert refused.value.name == "rauc"
    with pytest.raises(UpdateError, match="No such file"):
        Rauc().install(Path("x"), lambda _: None)


def _answers(rauc: Rauc) -> bool:
    try:
        rauc.primary()
    except UpdateError:
        return False
    return True
