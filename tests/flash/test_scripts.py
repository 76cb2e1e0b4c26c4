"""What runs on an image beside Gatepost: its folders, who may log in, the units."""

from __future__ import annotations

import grp
import os
import re
import shutil
import stat
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.provision.test_login import KEY
from tools.publish.signing import REPOSITORY

ROOT = REPOSITORY / "firmware/root"
SCRIPTS = ROOT / "usr/lib/gatepost"
SHELLS = [*sorted(SCRIPTS.iterdir()), REPOSITORY / "firmware/initramfs/init"]
MACHINE = "0123456789abcdef0123456789abcdef\n"


def run(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a system that is a folder."""
    group = grp.getgrgid(os.getegid()).gr_name  # ours: nobody else's may be given
    told = {f"GATEPOST_{key.upper()}": str(folder / key) for key in ("data", "etc", "run")}
    told |= {"GATEPOST_GROUP": group, "PATH": os.environ["PATH"]}
    command = ["sh", str(SCRIPTS / name)]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """A system whose data partition is empty."""
    for name in ("data", "etc/gatepost", "run"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc/machine-id").write_text(MACHINE)
    return tmp_path


def test_folders_are_made_at_the_first_boot_and_left_alone_later(system: Path) -> None:
    """What is in them stays; which machine this is stays too, whatever systemd makes up later."""
    assert run("folders", system).returncode == 0
    (system / "data/etc-gatepost/gatepost.toml").write_text("here")
    (system / "etc/machine-id").write_text(MACHINE[::-1])
    assert run("folders", system).returncode == 0
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (system / "data").iterdir()}
    wanted = {"etc-gatepost": 0o750, "machine-id": 0o644, "rauc": 0o700, "ssh": 0o700, "var": 0o755}
    assert modes == wanted
    assert (system / "data/machine-id").read_text() == MACHINE
    assert (system / "data/etc-gatepost/gatepost.toml").read_text() == "here"


def test_an_id_that_a_power_cut_left_empty_is_written_again(system: Path) -> None:
    """The file's name may be on the card before its content is."""
    (system / "data/machine-id").write_text("")
    assert run("folders", system).returncode == 0
    assert (system / "data/machine-id").read_text() == MACHINE


def bring(system: Path, keys: str | None) -> None:
    """Settings as `gatepost provision` leaves them."""
    folder = system / "etc/gatepost/settings-3"
    folder.mkdir()
    (folder / "gatepost.toml").write_text("")
    (system / "etc/gatepost/gatepost.toml").symlink_to("settings-3/gatepost.toml")
    if keys is not None:
        (folder / "gatepost-ssh.pub").write_text(keys)


@pytest.mark.parametrize("keys", [None, ""])
def test_without_a_key_nobody_logs_in(system: Path, keys: str | None) -> None:
    """The unit of sshd is skipped, and no key of the host is made."""
    run("folders", system)
    bring(system, keys)
    assert run("ssh-keys", system).returncode == 1
    assert list((system / "data/ssh").iterdir()) == []


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="apt-get install openssh-client")
def test_with_a_key_sshd_has_its_own_and_theirs(system: Path) -> None:
    """Its own is made once, on the unit; theirs come without what Windows puts at a line's end."""
    run("folders", system)
    bring(system, f"{KEY}\r\n")
    assert run("ssh-keys", system).returncode == 0
    host = system / "data/ssh/ssh_host_ed25519_key"
    made = host.read_bytes()
    assert stat.S_IMODE(host.stat().st_mode) == 0o600
    assert (system / "run/gatepost-ssh/admin").read_text() == f"{KEY}\n"
    assert run("ssh-keys", system).returncode == 0
    assert host.read_bytes() == made


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="apt-get install shellcheck")
@pytest.mark.parametrize("path", SHELLS, ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(path: Path) -> None:
    """They run as root, before anybody can look."""
    command = ["shellcheck", "--shell=dash", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="apt-get install systemd")
def test_systemd_understands_what_an_image_adds(tmp_path: Path) -> None:
    """Units and drop-ins; for the programs that they start, the image's, others stand in."""
    units = tmp_path / "units"
    shutil.copytree(ROOT / "usr/lib/systemd/system", units)
    text = (units / "gatepost-folders.service").read_text()
    (units / "gatepost-folders.service").write_text(
        text.replace("/usr/lib/gatepost", "/bin/true #")
    )
    for name in ("rauc", "ssh", "systemd-resolved"):
        (units / f"{name}.service").write_text("[Service]\nExecStart=/bin/true\n")
    for drop in (units / "ssh.service.d/gatepost.conf", units / "rauc.service.d/gatepost.conf"):
        drop.write_text(drop.read_text().replace("/usr/lib/gatepost/ssh-keys", "/bin/true"))
    names = [str(path) for path in units.glob("*.service")]
    told = os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=told)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_started_exists() -> None:
    """A link to a unit of ours that is not there would start nothing, without a word."""
    wanted = [path for path in ROOT.rglob("*.wants/*") if path.is_symlink()]
    names = {path.name for path in wanted if path.name.startswith("gatepost")}
    ours = {path.name for path in (REPOSITORY / "firmware/systemd").iterdir()}
    assert names
    assert names <= ours
    assert all(str(path.readlink()).endswith(f"/{path.name}") for path in wanted)


def test_nobody_is_answered_who_looks_for_names() -> None:
    """Resolved listens to the whole network for LLMNR where its file does not say otherwise."""
    told = ConfigParser()
    told.optionxform = str  # type: ignore[assignment,method-assign]  # as they are written
    told.read(ROOT / "etc/systemd/resolved.conf.d/gatepost.conf")
    assert dict(told["Resolve"]) == {"LLMNR": "no", "MulticastDNS": "no"}


def test_nothing_goes_by_a_label_that_any_disk_may_have() -> None:
    """Another unit's card in a reader has the same ones; `firmware/initramfs/init` says whose."""
    files = [each for each in (REPOSITORY / "firmware").rglob("*") if each.is_file()]
    named = {
        each.name for each in files if re.search(r"(?i)part-?(label|x2dlabel)", each.read_text())
    }
    assert named == set()
