"""The table, the overlays, the README, config.txt and the picture say the same of every pin."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from appliance.config import load_config
from appliance.header import CONSOLE, FREE, PULLED_UP
from tools.overlays import compiler, tree
from tools.overlays.drawing import OURS, drawing
from tools.overlays.wiring import HEADER, PICTURE, Line, wiring

WIRING = wiring()
LINES = {line.signal: line for line in WIRING.lines}
README = compiler.SOURCES / "README.md"
CONFIG = compiler.SOURCES.parent / "firmware" / "config.txt"
NODES = {
    "head 1": ("gatepost-ir-pins", 0),
    "head 2": ("gatepost-ir2-pins", 0),
    "gate relay": ("gatepost-gate-rest", 0),
    "IR-cut A": ("gatepost-ircut-rest", 0),
    "IR-cut B": ("gatepost-ircut-rest", 1),
    "status LED": ("gatepost-status-pins", 0),
    "fan": ("gatepost-fan-pins", 0),
}
"""Where a signal's pin stands in an overlay; the second factor's does not."""


@pytest.mark.skipif(shutil.which("dtc") is None, reason="dtc is not installed")
@pytest.mark.parametrize("overlay", ["gatepost", "gatepost-pi5"])
def test_the_overlays_have_the_pins_of_the_table(overlay: str) -> None:
    """Each of them, and no pin state of theirs is missing in the table."""
    root = tree.read(compiler.overlay(overlay, {}))
    pins = root.at("fragment@0/__overlay__").children
    found = {signal: pins[node].cells("brcm,pins")[at] for signal, (node, at) in NODES.items()}
    assert found == {signal: line.gpio for signal, line in LINES.items() if signal in found}
    assert set(pins) == {node for node, _ in NODES.values()}


def test_the_readme_has_the_table() -> None:
    """Row by row, word by word."""
    rows = re.findall(
        r"^\| (.*) \| (\d+) \| (\d+) \| (.*) \| (.*) \| (.*) \|$", README.read_text(), re.MULTILINE
    )
    told = [
        Line(int(gpio), int(pin), signal, parameter.strip("`-"), driven_by, wire)
        for signal, gpio, pin, driven_by, wire, parameter in rows
    ]
    assert tuple(told) == WIRING.lines


def test_the_picture_is_drawn_from_the_table() -> None:
    """What is committed is what `tools/wiring` draws."""
    assert PICTURE.read_text() == drawing(WIRING)


def test_the_picture_shows_the_pins_of_the_table() -> None:
    """The numbers in the rings of our colour are our pins, and their names our GPIOs."""
    items = list(ET.fromstring(PICTURE.read_text()))  # noqa: S314  # our own file
    shown = {
        (int(number.text or ""), name.text)
        for ring, number, name in zip(items, items[1:], items[2:], strict=False)
        if ring.get("fill") == OURS and (number.text or "").isdigit()
    }
    assert shown == {(line.pin, f"GPIO {line.gpio}") for line in WIRING.lines}


def test_the_header_has_forty_pins() -> None:
    """Every GPIO once, and the supplies where they are."""
    assert sorted(HEADER) == list(range(1, 41))
    gpios = sorted(what for what in HEADER.values() if isinstance(what, int))
    assert gpios == list(range(28))


def test_each_signal_is_on_its_pin_and_in_nobody_s_way() -> None:
    """GPIO and pin belong together, nothing is on a HAT's, a PoE HAT's or the console's pins."""
    assert [HEADER[line.pin] for line in WIRING.lines] == [line.gpio for line in WIRING.lines]
    assert len({line.gpio for line in WIRING.lines}) == len(WIRING.lines)
    left = {gpio for gpios in WIRING.free.values() for gpio in gpios}
    assert left == {0, 1, 2, 3, 14, 15}
    assert not left & {line.gpio for line in WIRING.lines}


def test_what_is_driven_is_pulled_down_from_power_on() -> None:
    """Before any firmware runs, each output is low by the chip's own pull."""
    outputs = [line.gpio for line in WIRING.lines if line.signal != "second factor"]
    assert all(gpio > PULLED_UP for gpio in outputs)


def test_the_firmware_holds_what_must_rest() -> None:
    """config.txt pulls the heads, the gate and the filter down, before the kernel runs."""
    (pins,) = re.findall(r"^gpio=([\d,]+)=ip,pd$", CONFIG.read_text(), re.MULTILINE)
    resting = ("gate relay", "head 1", "head 2", "IR-cut A", "IR-cut B")
    assert [int(pin) for pin in pins.split(",")] == [LINES[signal].gpio for signal in resting]


def test_the_configuration_beside_the_table_fits(tmp_path: Path) -> None:
    """Gatepost takes it without a fault; its lines are the table's, its LEDs the overlay's."""
    (table,) = re.findall(r"```toml\n(.*?)```", README.read_text(), re.DOTALL)
    file = tmp_path / "gatepost.toml"
    file.write_text(table)
    config = load_config(file)
    assert config.gate is not None
    assert (config.gate.line, config.gate.confirm_line) == (
        LINES["gate relay"].gpio,
        LINES["second factor"].gpio,
    )
    assert config.light.filter.pair == (LINES["IR-cut A"].gpio, LINES["IR-cut B"].gpio)
    for head, signal in zip(config.light.head, ("head 1", "head 2"), strict=True):
        assert f"`{head.led}`" in LINES[signal].driven_by


@pytest.mark.skipif(shutil.which("dtc") is None, reason="dtc is not installed")
@pytest.mark.parametrize("overlay", ["gatepost", "gatepost-pi5"])
def test_the_leds_are_named_as_the_table_says(overlay: str) -> None:
    """Label by label, both heads and the status LED."""
    root = tree.read(compiler.overlay(overlay, {"head2": "on"}))
    named = {
        label for node in root.walk() if "label" in node.properties for label in node.texts("label")
    }
    told = {label for line in WIRING.lines for label in re.findall(r"LED `(.*)`", line.driven_by)}
    assert named == told


def test_what_is_left_alone_is_what_gatepost_refuses() -> None:
    """The console's lines and those below FREE, by the configuration's own knowledge."""
    left = {gpio for gpios in WIRING.free.values() for gpio in gpios}
    assert left == CONSOLE | set(range(FREE[0]))
