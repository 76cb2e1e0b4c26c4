"""The table [light]: what of it cannot be meant, or would be lit before the unit runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import Config, examine_config, load_config
from appliance.lightsection import Head, IrCut

LED = "led = 'gatepost:ir:illuminator'"
HEAD = f"[[light.head]]\n{LED}\n"
FAULTS = {
    "nothing at all": ("[light]", "light.head is missing: without one, or light.filter, nothing"),
    "no head": ("[light]\npower = 50", "light.head is missing: without one"),
    "an empty head": ("[[light.head]]", "light.head: neither led nor line; expected one of them"),
    "a head of two kinds": (
        f"[[light.head]]\n{LED}\nline = 13",
        "light.head.line = 13 beside light.head.led: expected one of them",
    ),
    "an LED that the unit file does not know": (
        "[[light.head]]\nled = 'mmc0::'",
        "light.head.led = 'mmc0::': expected the name of an LED that begins with gatepost:ir:,",
    ),
    "a path for an LED": (
        "[[light.head]]\nled = 'gatepost:ir:../mmc0'",
        "light.head.led = 'gatepost:ir:../mmc0': expected the name",
    ),
    "a wavelength of nobody": (
        f"[[light.head]]\n{LED}\nwavelength_nm = 900",
        "light.head[#1].wavelength_nm = 900: expected 850 or 940",
    ),
    "a line that is high until the unit runs": (
        "[[light.head]]\nline = 5",
        "light.head.active_low = false: line 5 is pulled high from power-on",
    ),
    "a line that is low until the unit runs": (
        "[[light.head]]\nline = 13\nactive_low = true",
        "light.head.active_low = true: line 13 is pulled low from power-on",
    ),
    "the console's line": (
        "[[light.head]]\nline = 14",
        "light.head.line = 14: is the console's; expected another",
    ),
    "one LED twice": (
        HEAD + HEAD,
        "light.head.led = 'gatepost:ir:illuminator': is another head's too; expected another",
    ),
    "one line twice": (
        "[[light.head]]\nline = 13\n" * 2,
        "light.head.line = 13: is another head's too; expected another",
    ),
    "a power of nothing": (f"[light]\npower = 0\n{HEAD}", "light.power = 0: expected 5 to 100"),
    "a power that no head can give": (
        "[light]\npower = 20\n[[light.head]]\nline = 13",
        "light.power = 20: a head on a line gives all or nothing; expected 100, or an LED",
    ),
    "an unknown mode": (
        f"[light]\nmode = 'dim'\n{HEAD}",
        "light.mode = 'dim': expected 'auto', 'on', 'off' or 'schedule'",
    ),
    "a schedule without times": (
        f"[light]\nmode = 'schedule'\n{HEAD}",
        'light.mode = "schedule" without light.schedule: expected weekly times',
    ),
    "times without a schedule": (
        f"[light]\nschedule = ['20:00-06:00']\n{HEAD}",
        'light.schedule with light.mode = "auto": expected "schedule"',
    ),
    "times of no day": (
        f"[light]\nmode = 'schedule'\nschedule = ['fry 20:00-06:00']\n{HEAD}",
        "light.schedule[#1] = 'fry 20:00-06:00': fry is no day; expected mon, tue",
    ),
    "a strobe of another camera": (
        f"[light]\nstrobe = true\n{HEAD}",
        "light.strobe = true with camera.kind = 'video': only a camera of the Pi's own",
    ),
    "one table where a list of them is meant": (
        "[light.head]\nled = 'gatepost:ir:illuminator'",
        "expected a list of tables, each begun with [[light.head]]",
    ),
    "a third head": (
        "".join(f"[[light.head]]\nline = {line}\n" for line in (12, 13, 16)),
        "light.head: 3 of them, expected 2 at most",
    ),
    "an empty filter": ("[light.filter]", "light.filter: neither light.filter.lines nor"),
    "a filter of one line": (
        "[light.filter]\nlines = [23]",
        "light.filter.lines = [23]: expected two different lines",
    ),
    "a filter of one line twice": (
        "[light.filter]\nlines = [23, 23]",
        "light.filter.lines = [23, 23]: expected two different lines",
    ),
    "a coil that is under current until the unit runs": (
        "[light.filter]\nlines = [23, 5]",
        "light.filter.lines = [23, 5]: line 5 is pulled high from power-on",
    ),
    "a filter of two kinds": (
        "[light.filter]\nlines = [23, 24]\nline = 25",
        "light.filter.line = 25 beside light.filter.lines: expected one of them",
    ),
    "a pulse that is too long": (
        "[light.filter]\nlines = [23, 24]\npulse_s = 1.0",
        "light.filter.pulse_s = 1.0: expected 0.1 to 0.2",
    ),
    "a filter on a head's line": (
        "[[light.head]]\nline = 23\n[light.filter]\nlines = [23, 24]",
        "light.filter: line 23 is a head's too; expected another",
    ),
    "a head on the gate's line": (
        "[gate]\nline = 17\n[[light.head]]\nline = 17",
        "light.head.line = 17: is gate.line too; expected another",
    ),
    "a filter on the contact's line": (
        "[gate]\nline = 17\nconfirm_line = 24\n[light.filter]\nlines = [23, 24]",
        "light.filter.lines = 24: is gate.confirm_line too; expected another",
    ),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a configuration is written."""
    return tmp_path / "gatepost.toml"


@pytest.mark.parametrize(("text", "told"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_key_value_and_what_was_expected(file: Path, text: str, told: str) -> None:
    """One fault, and no other."""
    file.write_text(text)
    _, faults = examine_config(file)
    assert [told in fault for fault in faults] == [True], faults


def test_without_the_table_nothing_is_lit() -> None:
    """Nor moved."""
    assert Config().light.head == ()
    assert list(Config().light.lines()) == []


def test_a_whole_table_means_what_it_says(file: Path) -> None:
    """The pins of the overlay, a second head on a line."""
    file.write_text(
        "[camera]\nkind = 'pi'\n"
        "[light]\nmode = 'schedule'\nschedule = ['20:00-06:00']\npower = 80\nstrobe = true\n"
        f"{HEAD}[[light.head]]\nline = 13\nwavelength_nm = 940\n[light.filter]\nlines = [23, 24]\n"
    )
    light = load_config(file).light
    assert (light.mode, light.power, light.strobe) == ("schedule", 80, True)
    first = Head(led="gatepost:ir:illuminator")
    assert light.head == (first, Head(line=13, wavelength_nm=940))
    assert light.filter == IrCut(lines=(23, 24))
    assert light.filter.pair == (23, 24)
    assert [line for _, line in light.lines()] == [13, 23, 24]
    assert light.schedule[0].begin == 20 * 60
