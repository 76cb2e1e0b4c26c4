"""What a unit is offered: in order, whatever was offered before."""

from __future__ import annotations

from pathlib import Path

from tools.machine.authority import Authority
from tools.machine.releases import Offers, signers


def test_each_offer_follows_the_one_before(tmp_path: Path) -> None:
    """Also one that was damaged, or was made by hand: a unit takes no sequence twice."""
    pair = Authority(tmp_path / "vendor").make().signed("release", "release")
    by, file = signers(tmp_path / "keys", *pair), tmp_path / "bundle"
    file.write_bytes(b"bundle")
    offers = Offers(tmp_path / "site", by, "gatepost-qemu-arm64")
    seen = []
    for spoil in (
        lambda: offers.offer("1.0.0", file),
        lambda: offers.offer_by_hand("1.1.0", file, product="other"),
        offers.damage,
        lambda: offers.offer("1.2.0", file),
    ):
        spoil()
        offers.offer("1.3.0", file)
        table = offers.site.table()
        assert [each["version"] for each in table["releases"]] == ["1.3.0"]
        seen.append(table["sequence"])
    assert seen == sorted(set(seen))
