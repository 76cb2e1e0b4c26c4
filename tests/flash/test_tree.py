"""A root file system as a table: what lies over what, and what does not get through."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from appliance.errors import GatepostError
from tests.flash.tiny import EPOCH, tiny_tree
from tools.flash.modules import closure
from tools.flash.tree import file, folder, from_folder, from_tar, laid_over, link, without, write


def packed(out: Path, *members: tuple[str, str, str]) -> Path:
    """A tar of members: name, kind, content or target."""
    with tarfile.open(out, "w") as tar:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type = {"file": tarfile.REGTYPE, "hard": tarfile.LNKTYPE}[kind]
            member.linkname = content if kind == "hard" else ""
            body = content.encode() if kind == "file" else b""
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return out


def test_a_hard_link_becomes_a_file(tmp_path: Path) -> None:
    """What it was linked to may be replaced, and a squashfs stores the same content once."""
    members = (("./bin/one", "file", "text"), ("./bin/two", "hard", "./bin/one"))
    tree = from_tar(packed(tmp_path / "a.tar", *members))
    assert {name: node.content() for name, node in tree.items()} == {
        "bin/one": b"text",
        "bin/two": b"text",
    }
    assert tree["bin/two"].member.isreg()


def test_no_tar_is_a_fault(tmp_path: Path) -> None:
    """And names the file."""
    (tmp_path / "a.tar").write_text("no tar")
    with pytest.raises(GatepostError, match=r"a\.tar: not a tar"):
        from_tar(tmp_path / "a.tar")


def test_a_later_file_takes_the_place_of_an_earlier_one() -> None:
    """But a folder does not take that of a link, as lib is one."""
    below = {"lib": link("usr/lib"), "etc": folder(0o700), "etc/a": file(b"old")}
    above = {"lib": folder(), "etc": folder(), "etc/a": file(b"new"), "etc/b": file(b"")}
    merged = laid_over(below, above)
    assert merged["lib"].member.issym()
    assert merged["etc"].member.mode == 0o700
    assert merged["etc/a"].content() == b"new"
    assert list(merged) == ["lib", "etc", "etc/a", "etc/b"]


def test_no_file_hides_behind_a_link() -> None:
    """It would lie where nobody looks for it."""
    with pytest.raises(GatepostError, match="lib is a link to usr/lib, expected a folder"):
        laid_over({"lib": link("usr/lib")}, {"lib/a": file(b"")})


def test_a_folder_goes_with_all_in_it() -> None:
    """Patterns match slashes too."""
    tree = {"etc": folder(), "etc/apt": folder(), "etc/apt/a": file(b""), "etc/aptly": file(b"")}
    assert list(without(tree, ["etc/apt"])) == ["etc", "etc/aptly"]
    assert list(without(tree, ["etc/*"])) == ["etc"]


def test_a_folder_on_disk_belongs_to_root(tmp_path: Path) -> None:
    """Whoever has checked it out, with whatever umask; a program stays one."""
    (tmp_path / "bin").mkdir(mode=0o700)
    (tmp_path / "bin/run").write_text("#!/bin/sh\n")
    (tmp_path / "bin/run").chmod(0o700)
    (tmp_path / "bin/run.conf").symlink_to("/dev/null")
    tree = from_folder(tmp_path)
    assert {name: (node.member.mode, node.member.uid) for name, node in tree.items()} == {
        "bin": (0o755, 0),
        "bin/run": (0o755, 0),
        "bin/run.conf": (0o777, 0),
    }
    assert tree["bin/run.conf"].member.linkname == "/dev/null"


def test_what_is_written_is_sorted_and_not_newer_than_it_may_be() -> None:
    """And tells nobody who built it."""
    old, new = file(b"a"), file(b"b")
    old.member.mtime, new.member.mtime = 5, EPOCH + 5
    new.member.uname = "somebody"
    out = io.BytesIO()
    write({"new": new, "made": file(b""), "old": old}, EPOCH, out)
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        found = [(member.name, member.mtime, member.uname) for member in tar]
    assert found == [("made", EPOCH, ""), ("new", EPOCH, ""), ("old", 5, "")]


def test_modules_come_after_what_they_need() -> None:
    """Once each; one that is built in needs nothing; `-` and `_` are the same."""
    assert closure(tiny_tree(), ["disk", "in", "card", "sum"]) == [
        "kernel/lib/bits.ko.xz",
        "kernel/lib/sum.ko.xz",
        "kernel/drivers/disk.ko.xz",
        "kernel/drivers/card.ko.xz",
    ]


def test_a_module_that_the_kernel_does_not_have_is_a_fault() -> None:
    """So that a new kernel is noticed here, and not on a pole."""
    with pytest.raises(
        GatepostError, match=r"^gone_by: neither a module of .*6\.12-tiny nor built"
    ):
        closure(tiny_tree(), ["gone-by"])
