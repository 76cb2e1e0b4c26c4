"""`gatepost broker-acl` as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.__main__ import main


def test_it_prints_a_block_for_each_name(capsys: pytest.CaptureFixture[str]) -> None:
    """The user where it differs from the unit, Home Assistant's under the name that is given."""
    asked = ["pole-1", "pole-2=CN of two", "--homeassistant", "ha", "--prefix", "lab"]
    assert main(["broker-acl", *asked]) == 0
    lines = capsys.readouterr().out.splitlines()
    users = [line for line in lines if line.startswith("user ")]
    assert users == ["user ha", "user pole-1", "user CN of two"]
    assert "topic write gatepost/pole-2/#" in lines
    assert "topic write lab/device/pole-2/config" in lines
    assert not [line for line in lines if "homeassistant" in line]


def test_without_a_name_it_is_for_the_unit_of_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under the name with which that unit comes to the broker."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[unit]\nid = "pole-7"\n[mqtt]\nhost = "b"\nusername = "seven"\n')
    assert main(["broker-acl", "--config", str(config)]) == 0
    out = capsys.readouterr().out
    assert "user seven\ntopic write gatepost/pole-7/#\n" in out


def test_the_prefix_is_that_of_the_configuration_unless_another_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the unit writes its document, and where Home Assistant tells of its birth."""
    config = tmp_path / "gatepost.toml"
    config.write_text('[homeassistant]\nprefix = "lab/ha"\n')
    assert main(["broker-acl", "pole-1", "--config", str(config)]) == 0
    out = capsys.readouterr().out
    assert "topic write lab/ha/device/pole-1/config\n" in out
    assert "homeassistant/" not in out
    assert main(["broker-acl", "pole-1", "--config", str(config), "--prefix", "own"]) == 0
    out = capsys.readouterr().out
    assert "topic write own/device/pole-1/config\n" in out
    assert "lab" not in out


@pytest.mark.parametrize("unit", ["a.b", "gatepost/x", "+", "=user", "one=two\nuser homeassistant"])
def test_a_name_that_would_change_the_file_is_refused(
    unit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No wildcard, no level, no line of its own."""
    with pytest.raises(SystemExit) as ended:
        main(["broker-acl", unit])
    assert ended.value.code == 2
    assert "expected a u" in capsys.readouterr().err


@pytest.mark.parametrize("prefix", ["#", "a//b", "/a", "a b"])
def test_a_prefix_that_is_no_topic_is_refused(
    prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wildcard would let a unit write everybody's discovery."""
    with pytest.raises(SystemExit):
        main(["broker-acl", "pole-1", "--prefix", prefix])
    assert "expected levels" in capsys.readouterr().err
