"""What a hawkBit server holds and how its actions go: the state machine behind the DDI API.

Written after hawkBit's documentation (REST documentation of the DDI API, "State Machine Mapping",
"Target state", "Authentication") and the answers that its own tests of the DDI expect, as of 0.9.
Nobody has compared it with a running server.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

FINAL = {"FINISHED", "ERROR", "CANCELED"}
OPEN_STATUS = {
    "proceeding": "RUNNING",
    "scheduled": "RUNNING",
    "resumed": "RUNNING",
    "download": "DOWNLOAD",
    "downloaded": "DOWNLOADED",
    "rejected": "WARNING",
    "canceled": "CANCELED",
}
"""By the documented table of `status.execution`, for what does not close an action."""


@dataclass
class Module:
    """A software module: files by name, and the version that somebody gave it."""

    number: int
    version: str
    files: dict[str, bytes]
    kind: str = "application"
    name: str = "gatepost"

    @property
    def part(self) -> str:
        """The kind as the DDI has it, which keeps two old words."""
        return {"application": "bApp", "runtime": "jvm"}.get(self.kind, self.kind)


@dataclass
class Action:
    """An assignment to one target."""

    number: int
    modules: list[Module]
    kind: str = "forced"  # or soft, downloadonly
    window: str | None = None  # or available, unavailable
    status: str = "RUNNING"
    is_active: bool = True
    needs_consent: bool = False
    stays_canceling: bool = False  # though it was rejected: hawkBit's issue 1318
    history: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    @property
    def is_canceling(self) -> bool:
        """Somebody has cancelled it, and the device has not said yet what it makes of that."""
        return self.status in {"CANCELING", "CANCELED"}

    @property
    def download(self) -> str:
        """How the download is handled."""
        return "attempt" if self.kind == "soft" else "forced"

    @property
    def update(self) -> str:
        """How the update is."""
        return (
            "skip" if self.kind == "downloadonly" or self.window == "unavailable" else self.download
        )

    @property
    def mark(self) -> int:
        """Stands in its link, which changes when what is wanted changes."""
        told = f"{self.number} {self.kind} {self.window}".encode()
        return int.from_bytes(hashlib.sha1(told).digest()[:4], "big")  # noqa: S324  # no secret

    def note(self, status: str, *details: str) -> None:
        """A line of its history; what closes it closes it."""
        self.history.append((status, details))
        is_done = status == "DOWNLOADED" and self.kind == "downloadonly"
        if status in FINAL or is_done:
            self.status, self.is_active = status, False

    def hear(self, execution: str, finished: str, details: tuple[str, ...]) -> None:
        """Feedback on the deployment."""
        if execution == "closed":
            self.note("ERROR" if finished == "failure" else "FINISHED", *details)
        else:
            self.note(OPEN_STATUS[execution], *details)

    def hear_of_cancel(self, execution: str, finished: str, details: tuple[str, ...]) -> None:
        """Feedback on the cancellation: `closed` accepts it, `rejected` lets the update go on."""
        if execution == "closed":
            self.note("ERROR" if finished == "failure" else "CANCELED", *details)
        elif execution == "rejected":
            self.note("CANCEL_REJECTED", *details)
            self.status = self.status if self.stays_canceling else "RUNNING"
        else:
            self.note("WARNING" if execution == "canceled" else "RUNNING", *details)

    @property
    def told(self) -> list[str]:
        """The kinds of its history."""
        return [status for status, _ in self.history]


@dataclass
class Target:
    """A device."""

    token: str
    attributes: dict[str, str] = field(default_factory=dict)
    wants_attributes: bool = True
    actions: list[Action] = field(default_factory=list)
    polls: int = 0

    @property
    def active(self) -> Action | None:
        """The oldest that is open: one after the other."""
        return next((each for each in self.actions if each.is_active), None)

    @property
    def installed(self) -> Action | None:
        """The newest that went well."""
        done = [each for each in self.actions if each.status == "FINISHED"]
        return done[-1] if done else None

    def action(self, number: int) -> Action | None:
        """By its number."""
        return next((each for each in self.actions if each.number == number), None)


class Fleet:
    """What people do at the server."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.targets: dict[str, Target] = {}
        self.modules: dict[int, Module] = {}
        self._actions = 0

    def module(self, version: str, files: dict[str, bytes]) -> Module:
        """Upload files."""
        made = Module(len(self.modules) + 1, version, files)
        self.modules[made.number] = made
        return made

    def assign(self, target: str, *modules: Module, kind: str = "forced", **more: object) -> Action:
        """Decide for one target; what was open for it is cancelled, as a server does by default."""
        self._actions += 1
        action = Action(self._actions, list(modules), kind, **more)  # type: ignore[arg-type]
        for each in self.targets[target].actions:
            if each.is_active:
                self.cancel(each)
        self.targets[target].actions.append(action)
        return action

    @staticmethod
    def cancel(action: Action) -> None:
        """Ask the device to stop."""
        assert action.is_active, "a closed action is not cancelled"
        action.status = "CANCELING"

    @staticmethod
    def force_quit(action: Action) -> None:
        """Close a cancelled action without the device."""
        action.note("CANCELED", "force quit")
