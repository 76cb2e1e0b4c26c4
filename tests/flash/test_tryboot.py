"""RAUC's backend for the firmware's `tryboot`: which slot starts, which runs, which is good."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools.publish.signing import REPOSITORY

BACKEND = REPOSITORY / "firmware/root/usr/lib/gatepost/tryboot"
PARTITION = {"A": 2, "B": 3}
OTHER = {"A": "B", "B": "A"}
STEPS = ("sync", "mv")
CUT = """#!/bin/sh
# counts what the backend does to the card, and cuts the power before one of these steps
echo step >>"$STEPS"
[ "$(wc -l <"$STEPS")" -ne "$CUT" ] || { kill -9 $PPID; exit 1; }
exec /bin/{name} "$@"
"""


class Card:
    """What the backend sees of a unit: the firmware's word, autoboot.txt, its own notes."""

    def __init__(self, folder: Path) -> None:
        """A unit that runs slot A, which is committed."""
        self.folder = folder
        self.config, self.programs = folder / "bootconfig", folder / "bin"
        for each in (self.config, self.programs, folder / "chosen"):
            each.mkdir()
        for name in STEPS:
            (self.programs / name).write_text(CUT.replace("{name}", name))
            (self.programs / name).chmod(0o755)
        self.commit("A")
        self.boot("A")

    def commit(self, slot: str) -> None:
        """Let the firmware start a slot at each power-on."""
        text = f"[all]\ntryboot_a_b=1\nboot_partition={PARTITION[slot]}\n"
        text += f"[tryboot]\nboot_partition={PARTITION[OTHER[slot]]}\n"
        (self.config / "autoboot.txt").write_text(text)

    def boot(self, slot: str) -> None:
        """Run a slot: the firmware tells its partition as a big-endian number."""
        (self.folder / "chosen/partition").write_bytes(PARTITION[slot].to_bytes(4, "big"))

    def ask(self, *words: str, cut: int = 0) -> subprocess.CompletedProcess[str]:
        """Call the backend.

        Args:
            words: its arguments.
            cut: the step before which the power goes; 0: it does not.
        """
        (self.folder / "steps").write_text("")
        told = {
            "GATEPOST_BOOTCONFIG": self.config,
            "GATEPOST_CHOSEN": self.folder / "chosen",
            "GATEPOST_SLOT_STATES": self.folder / "slots",
            "GATEPOST_RUN": self.folder / "run",
            "STEPS": self.folder / "steps",
            "CUT": cut,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
        }
        environment = {name: str(value) for name, value in told.items()}
        command = ["sh", str(BACKEND), *words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=20
        )

    def says(self, *words: str) -> str:
        """What the backend answers."""
        done = self.ask(*words)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    def firmware(self) -> str:
        """The slot that starts at a power-on, as the firmware reads it."""
        section, chosen = "", ""
        for line in (self.config / "autoboot.txt").read_text().splitlines():
            section = line if line.startswith("[") else section
            if section == "[all]" and line.startswith("boot_partition="):
                chosen = line.partition("=")[2]
        return {"2": "A", "3": "B"}[chosen]

    @property
    def armed(self) -> bool:
        """Whether the next reboot is a try."""
        path = self.folder / "run/systemd/reboot-param"
        return path.exists() and path.read_text() == "0 tryboot"


@pytest.fixture
def card(tmp_path: Path) -> Card:
    """A unit's."""
    return Card(tmp_path)


@pytest.mark.parametrize("committed", "AB")
@pytest.mark.parametrize("booted", "AB")
def test_what_runs_and_what_is_committed_are_two_questions(
    card: Card, booted: str, committed: str
) -> None:
    """A trial is told by their difference alone: the firmware's flag is not asked."""
    card.commit(committed)
    card.boot(booted)
    assert card.says("get-current") == booted
    assert card.says("committed") == committed
    assert card.says("get-primary") == committed


def test_a_try_is_armed_without_touching_the_card(card: Card) -> None:
    """A power cut forgets it, and the committed slot starts."""
    before = (card.config / "autoboot.txt").read_bytes()
    assert card.says("set-primary", "B") == ""
    assert card.armed
    assert card.says("get-primary") == "B"
    assert (card.config / "autoboot.txt").read_bytes() == before


def test_an_armed_try_can_be_taken_back(card: Card) -> None:
    """By making the committed slot primary again."""
    card.says("set-primary", "B")
    card.says("set-primary", "A")
    assert not card.armed
    assert card.says("get-primary") == "A"


@pytest.mark.parametrize("slot", "AB")
def test_a_slot_that_runs_and_is_good_is_committed(card: Card, slot: str) -> None:
    """And the one before is then the one that a try is of."""
    card.commit(OTHER[slot])
    card.boot(slot)
    card.says("set-state", slot, "good")
    assert card.firmware() == slot
    assert card.says("get-state", slot) == "good"
    card.says("set-primary", OTHER[slot])
    assert card.says("get-primary") == OTHER[slot]


def test_a_slot_that_does_not_run_is_never_committed(card: Card) -> None:
    """RAUC may call it good: nothing has shown that it starts."""
    card.says("set-state", "B", "good")
    assert card.firmware() == "A"


def test_a_bad_slot_is_remembered_and_commits_nothing(card: Card) -> None:
    """Also where it is the one that runs."""
    card.boot("B")
    card.says("set-state", "B", "bad")
    assert card.says("get-state", "B") == "bad"
    assert card.says("get-state", "A") == "good"
    assert card.firmware() == "A"


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_power_cut_while_committing_leaves_one_slot_or_the_other(card: Card, cut: int) -> None:
    """Before each sync and rename, of notes and of autoboot.txt; the next time it goes through."""
    card.boot("B")
    done = card.ask("set-state", "B", "good", cut=cut)
    assert (done.returncode == 0) == (cut > steps_of_a_commit(card))
    assert card.firmware() in {"A", "B"}
    assert card.says("set-state", "B", "good") == ""
    assert card.firmware() == "B"
    assert [path.name for path in card.config.iterdir()] == ["autoboot.txt"]


def steps_of_a_commit(card: Card) -> int:
    """How many there are, of another card in the same state."""
    other = card.folder / "other"
    other.mkdir()
    twin = Card(other)
    twin.boot("B")
    twin.says("set-state", "B", "good")
    return len((other / "steps").read_text().splitlines())


def test_nobody_else_can_hold_its_lock(card: Card) -> None:
    """The unit, were it taken over, would keep the outer gate from leaving its release."""
    card.says("get-current")
    lock = card.folder / "run/gatepost-tryboot.lock"
    assert lock.stat().st_mode & 0o777 == 0o600
    card.says("set-primary", "B")
    assert (card.folder / "run/systemd").stat().st_mode & 0o777 == 0o755


FAULTS = {
    "no such slot": (("set-primary", "C"), "C: no slot, expected A or B"),
    "a state of no slot": (("set-state", "C", "good"), "C: no slot, expected A or B"),
    "nothing": ((), "expected get-primary, "),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_it_cannot_do_it_says(card: Card, case: str) -> None:
    """And fails, so that RAUC says so too."""
    words, told = FAULTS[case]
    done = card.ask(*words)
    assert done.returncode == 1
    assert told in done.stderr
    assert not card.armed


@pytest.mark.parametrize("text", ["", "[all]\nboot_partition=7\n", "[tryboot]\nboot_partition=3\n"])
def test_an_autoboot_that_says_nothing_is_a_fault(card: Card, text: str) -> None:
    """Nobody guesses which slot is the committed one."""
    (card.config / "autoboot.txt").write_text(text)
    assert card.ask("committed").returncode == 1
    assert card.ask("set-primary", "B").returncode == 1
    assert not card.armed


@pytest.mark.parametrize("lost", ["empty", "gone"])
def test_a_lost_autoboot_is_written_anew(card: Card, lost: str) -> None:
    """Once the slot that the firmware found all the same is good."""
    (card.config / "autoboot.txt").write_text("")
    if lost == "gone":
        (card.config / "autoboot.txt").unlink()
    card.boot("B")
    assert card.ask("set-state", "B", "good").returncode == 0
    assert card.firmware() == "B"
