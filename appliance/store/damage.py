"""A database file that is damaged: set aside with its time in the name, and a new one begun.

The rule to know: nothing is repaired and nothing thrown away.  The file that is set aside holds
plates, so it is forgotten when its youngest passage would be.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime, timezone
from functools import partial
from hashlib import sha256
from pathlib import Path

from appliance.decision import ListName
from appliance.errors import DamagedError, StoreError
from appliance.store import reserve
from appliance.store.database import Database, count_from
from appliance.store.lists import ListStore
from appliance.store.marks import Marks

NAMES: tuple[ListName, ...] = ("allowed", "denied", "watched")
MARK, NEW = ".damaged-", ".new"
NEWEST = "SELECT max(seq) FROM passages"
MOST_SEQ = 1 << 53
"""From here on a JSON reader may round: what stands there was never a number of ours."""

log = logging.getLogger(__name__)


def sound_or_new(path: Path) -> str | None:
    """Look through the file at `path`; where it is damaged, begin a new one in its place.

    Nobody else may have it open.  Lists are taken along where each still fits its checksum; `seq`
    goes on behind the highest number that can be read, and what waited for the broker stays behind.
    On a full disk the reserve gives way to the database.

    Returns:
        In words that such a file lies there, from now or from before; None where none does.

    Raises:
        StoreError: the file cannot be read for another reason, or not be renamed.
    """
    return reserve.giving_way(path.parent, partial(_looked_through, path))


def forget_set_aside(path: Path, before_s: float) -> None:
    """Delete files that were set aside and last written before that wall-clock time, seconds."""
    for each in _lying(path):
        if each.stat().st_mtime < before_s:
            each.unlink()


def _looked_through(path: Path) -> str | None:
    """The same, where there is room."""
    new = path.with_name(f"{path.name}{NEW}")
    _take_up(path, new)
    written_s = _written_s(path)
    fault = _fault(path) if path.exists() else ""
    if fault:
        kept = {name: entries for name in NAMES if (entries := _whole_list(path, name))}
        seq = _highest_seq(path)
        store = _begun(new, seq, kept)  # before the old one is touched: there may be no room
        aside = _put_in_its_place(path, new, written_s)
        told = f"lists taken along: {', '.join(kept) or 'none'}"
        begun = f"a new one, {store}, is begun behind seq {seq}"
        log.error("%s: %s; set aside as %s, %s; %s", path, fault, aside.name, begun, told)
    lying = [each.name for each in _lying(path) if not each.name.endswith("-wal")]
    if not lying:
        return None
    return f"the history was damaged and begun anew, set aside as {', '.join(sorted(lying))}"


def _begun(path: Path, seq: int, lists: Mapping[ListName, Mapping[str, str]]) -> str:
    """Make a file with these lists whose first passage is the one behind `seq`; gives its name."""
    with closing(Database(path)) as new:
        count_from(new, seq)
        for name, entries in lists.items():
            ListStore(new).replace(name, entries)
        new.empty_log()  # which would not be renamed with it
        return Marks(new).store


def _fault(path: Path) -> str:
    """What is wrong with the file; empty where nothing is."""
    try:
        with closing(Database(path)) as database:
            told = str(database.rows("PRAGMA quick_check(1)")[0][0])
    except DamagedError as fault:
        return str(fault.__cause__)
    return "" if told == "ok" else told


def _written_s(path: Path) -> float:
    """When the file or its log was last written, wall-clock seconds; looking into it writes too."""
    both = [each for each in (path, Path(f"{path}-wal")) if each.exists()]
    return max((each.stat().st_mtime for each in both), default=0.0)


def _put_in_its_place(path: Path, new: Path, written_s: float) -> Path:
    """Rename the file and its log, what they share in memory goes; gives where they are now."""
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}{MARK}{now}")
    try:
        Path(f"{path}-shm").unlink(missing_ok=True)
        if Path(f"{path}-wal").exists():
            Path(f"{path}-wal").rename(f"{aside}-wal")
        path.rename(aside)
        new.rename(path)
        for each in _lying(aside, ""):
            os.utime(each, (written_s, written_s))
        _keep_names(path.parent)
    except OSError as fault:
        raise StoreError(f"{path}: damaged, and cannot be set aside: {fault}") from fault
    return aside


def _take_up(path: Path, new: Path) -> None:
    """Go on where a start was cut off: the new file is whole once the old one is aside."""
    try:
        if new.exists() and not path.exists():
            new.rename(path)
            _keep_names(path.parent)
        for each in _lying(new, ""):
            each.unlink()
    except OSError as fault:
        raise StoreError(f"{new}: left by an earlier start, cannot be moved: {fault}") from fault


def _keep_names(folder: Path) -> None:
    """Let what was renamed in a folder survive a power cut."""
    opened = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _highest_seq(path: Path) -> int:
    """The last number that was given, as far as the file can tell; 0 where it cannot."""
    found = [0]
    for sql in ("SELECT seq FROM sqlite_sequence WHERE name = 'passages'", NEWEST):
        try:
            with closing(Database(path)) as old:
                found += [int(row[0]) for row in old.rows(sql)]
        except (StoreError, TypeError, ValueError):  # NULL, or what was never written
            continue
    return max(each for each in found if each < MOST_SEQ)


def _whole_list(path: Path, name: ListName) -> dict[str, str]:
    """The entries of a list, by plate, if they are those that its checksum was made of."""
    try:
        with closing(Database(path)) as old:
            expected = ListStore(old).state(name).sha256
            rows = old.rows(
                "SELECT plate, body FROM list_entries WHERE list = ? ORDER BY plate", (name,)
            )
    except StoreError:
        return {}
    entries = {str(plate): str(body) for plate, body in rows}
    found = sha256(f"[{','.join(entries.values())}]".encode()).hexdigest()
    return entries if found == expected else {}


def _lying(path: Path, mark: str = MARK) -> Iterable[Path]:
    """What lies beside `path` under its name and `mark`, logs among it."""
    return list(path.parent.glob(f"{path.name}{mark}*"))
