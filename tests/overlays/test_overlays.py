"""The overlays compile, fit the boards, and their parameters do what the README says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tools.overlays import boards, compiler, firmware, tree
from tools.overlays.tree import Node

pytestmark = pytest.mark.skipif(shutil.which("dtc") is None, reason="dtc is not installed")

README = compiler.SOURCES / "README.md"
PUBLIC = ("bcm2837-rpi-3-b", "bcm2837-rpi-3-b-plus", "bcm2711-rpi-4-b", "bcm2711-rpi-cm4-io")
SMALL = Path(__file__).parent
OURS = {"gatepost": ("small", *PUBLIC), "gatepost-pi5": ("small-pi5",)}
ON_EACH_BOARD = pytest.mark.parametrize(
    ("name", "base"),
    [(name, base) for name, bases in OURS.items() for base in bases],
    indirect=["base"],
)
DOWN, UP, OFF = 1, 2, 0

Cells = list[int] | list[str]
EFFECTS: dict[str, tuple[dict[str, str], dict[str, Cells]]] = {
    "as it comes": (
        {},
        {
            "pins/ir brcm,pins": [18],
            "pins/ir brcm,function": [2],
            "pins/ir brcm,pull": [DOWN],
            "pins/gate brcm,pins": [17],
            "pins/gate brcm,pull": [DOWN],
            "pins/ircut brcm,pins": [23, 24],
            "pins/ircut brcm,pull": [DOWN, DOWN],
            "pins/status brcm,pins": [25],
            "pins/fan brcm,pins": [27],
            "light/led-0 label": ["gatepost:ir:illuminator"],
            "light/led-0 max-brightness": [100],
            "light/led-0 default-state": ["off"],
            "status/led-0 label": ["gatepost:green:status"],
            "status/led-0 linux,default-trigger": ["heartbeat"],
            "hot temperature": [60000],
            "hot hysteresis": [8000],
            "watchdog status": ["okay"],
        },
    ),
    "head 1 on the other pin of the channel": (
        {"irpin": "12"},
        {"pins/ir brcm,pins": [12], "pins/ir brcm,function": [4]},
    ),
    "a slower PWM with finer steps": (
        {"irperiod": "50000", "irmax": "0xff", "head2": "on"},
        {
            "light/led-0 max-brightness": [255],
            "light/led-1 max-brightness": [255],
        },
    ),
    "head 2": (
        {"head2": "true"},
        {"light/led-1 label": ["gatepost:ir:illuminator-2"], "pins/ir2 brcm,pins": [19]},
    ),
    "head 2 elsewhere": (
        {"head2": "true", "ir2pin": "13"},
        {"pins/ir2 brcm,pins": [13], "pins/ir2 brcm,function": [4]},
    ),
    "a relay that is on when low": (
        {"gatepin": "5", "gatepull": "up"},
        {"pins/gate brcm,pins": [5], "pins/gate brcm,pull": [UP]},
    ),
    "the filter elsewhere": (
        {"ircuta": "5", "ircutb": "6", "ircutpull": "off"},
        {"pins/ircut brcm,pins": [5, 6], "pins/ircut brcm,pull": [OFF, OFF]},
    ),
    "the status LED elsewhere": (
        {"statuspin": "21", "statustrigger": "none"},
        {
            "pins/status brcm,pins": [21],
            "status/led-0 linux,default-trigger": ["none"],
        },
    ),
    "a fan that starts earlier": (
        {"fanpin": "16", "fantemp": "55000", "fanhyst": "5000"},
        {
            "pins/fan brcm,pins": [16],
            "hot temperature": [55000],
            "hot hysteresis": [5000],
        },
    ),
}
"""Parameters, and what they make of the tree."""

CHANNELS = {
    "gatepost": {"12": 0, "13": 1, "18": 0, "19": 1},
    "gatepost-pi5": {"12": 0, "13": 1, "18": 2, "19": 3},
}
"""Of the PWM: BCM2835's manual, table 6-31; pinctrl-rp1.c and the RP1's manual."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The trees that are written here."""
    folder = tmp_path_factory.mktemp("trees")
    found = {source.stem: folder / f"{source.stem}.dtb" for source in SMALL.glob("*.dts")}
    for name, path in found.items():
        path.write_bytes(compiler.compiled(SMALL / f"{name}.dts"))
    return found


@pytest.fixture(scope="module")
def public() -> dict[str, Path]:
    """Debian's."""
    try:
        return boards.trees(boards.package(boards.TREES))
    except boards.NotHadError as fault:
        pytest.skip(f"Debian's device trees cannot be had: {fault}")


@pytest.fixture
def base(request: pytest.FixtureRequest) -> Path:
    """The tree of a name."""
    found: dict[str, Path] = request.getfixturevalue(
        "small" if request.param in {"small", "small-pi5"} else "public"
    )
    return found[request.param]


def place(board: Node, words: str) -> Node:
    """Where a node of ours is in a board's tree, whatever the board."""
    symbols = board.at("__symbols__")
    kind, _, name = words.partition("/")
    if kind == "pins":
        suffix = "rest" if name in {"gate", "ircut"} else "pins"
        return board.at(symbols.texts("gpio")[0]).children[f"gatepost-{name}-{suffix}"]
    if kind == "hot":
        return board.at(symbols.texts("cpu_thermal")[0]).at("trips/gatepost-hot")
    if kind == "watchdog":
        return board.at(symbols.texts("pm")[0])
    return board.at(f"gatepost-{words}")


@pytest.mark.parametrize("name", OURS)
def test_compiles_without_a_warning(name: str) -> None:
    """Dtc has nothing to say."""
    assert compiler.overlay(name, {})


@pytest.mark.parametrize("case", EFFECTS)
@ON_EACH_BOARD
def test_parameters_have_their_effect(name: str, base: Path, case: str) -> None:
    """On each board, each parameter changes what it is for."""
    parameters, effects = EFFECTS[case]
    board = compiler.board(base, name, **parameters)
    for where, expected in effects.items():
        path, name_ = where.split()
        node = place(board, path)
        found = node.texts(name_) if isinstance(expected[0], str) else node.cells(name_)
        assert found == expected, where


@ON_EACH_BOARD
def test_lines_and_pins_agree(name: str, base: Path) -> None:
    """Where a pin moves, the line that is asked for there moves with it."""
    board = compiler.board(base, name, statuspin="21", fanpin="16")
    assert place(board, "status/led-0").cells("gpios")[1:] == [21, 0]
    assert place(board, "fan").cells("gpios")[1:] == [16, 0]


@ON_EACH_BOARD
@pytest.mark.parametrize("pin", ["12", "13", "18", "19"])
def test_heads_have_the_channel_of_their_pin(name: str, base: Path, pin: str) -> None:
    """A head asks for the PWM channel that its pin can show, at 25 kHz, not inverted."""
    board = compiler.board(base, name, irpin=pin, ir2pin=pin, head2="on")
    for head in ("light/led-0", "light/led-1"):
        assert place(board, head).cells("pwms")[1:] == [CHANNELS[name][pin], 40_000, 0]


@ON_EACH_BOARD
def test_the_period_is_both_heads(name: str, base: Path) -> None:
    """`irperiod` is the period of either head."""
    board = compiler.board(base, name, irperiod="50000", head2="on")
    assert [place(board, f"light/led-{n}").cells("pwms")[2] for n in (0, 1)] == [50_000] * 2


@ON_EACH_BOARD
def test_what_is_not_wanted_is_not_there(name: str, base: Path) -> None:
    """No head 2 unless asked for; no fan and no trip with `nofan`; the watchdog as it was."""
    board = compiler.board(base, name, nofan="true", nowatchdog="true")
    assert set(board.at("gatepost-light").children) == {"led-0"}
    assert "gatepost-fan" not in board.children
    thermal = board.at(board.at("__symbols__").texts("cpu_thermal")[0])
    assert not {"gatepost-hot", "gatepost-map"} & {
        *thermal.at("trips").children,
        *thermal.at("cooling-maps").children,
    }
    assert "early-watchdog" not in place(board, "watchdog").properties


@ON_EACH_BOARD
def test_the_process_s_lines_are_only_pulled(name: str, base: Path) -> None:
    """A function would claim the pin for the kernel; nothing of ours names them as GPIOs."""
    board = compiler.board(base, name)
    for pins in ("pins/gate", "pins/ircut"):
        assert "brcm,function" not in place(board, pins).properties
    lines = [
        node.cells("gpios")[1]
        for key, child in board.children.items()
        if key.startswith("gatepost-")
        for node in child.walk()
        if "gpios" in node.properties
    ]
    assert sorted(lines) == [25, 27]


@ON_EACH_BOARD
@pytest.mark.parametrize(("head2", "heads"), [("off", ["ir"]), ("on", ["ir", "ir2"])])
def test_pin_states_are_taken(name: str, base: Path, head2: str, heads: list[str]) -> None:
    """The PWM takes the heads' pins, the status LED its own and the pulls, the fan its own."""
    board = compiler.board(base, name, head2=head2)
    pwm = board.of_phandle(place(board, "light/led-0").cells("pwms")[0])
    assert pwm.texts("status") == ["okay"]
    for taker, names in (
        (pwm, heads),
        (place(board, "status"), ["status", "gate", "ircut"]),
        (place(board, "fan"), ["fan"]),
    ):
        taken = [board.of_phandle(phandle) for phandle in taker.cells("pinctrl-0")]
        assert taken == [place(board, f"pins/{name_}") for name_ in names]


@ON_EACH_BOARD
def test_the_fan_cools_the_processor(name: str, base: Path) -> None:
    """The trip of ours switches the fan of ours on, and nothing between."""
    board = compiler.board(base, name)
    thermal = board.at(board.at("__symbols__").texts("cpu_thermal")[0])
    cooling = thermal.at("cooling-maps/gatepost-map")
    assert board.of_phandle(cooling.cells("trip")[0]) == place(board, "hot")
    fan, *states = cooling.cells("cooling-device")
    assert (board.of_phandle(fan), states) == (place(board, "fan"), [1, 1])


@ON_EACH_BOARD
def test_heads_begin_on_their_own_channels(name: str, base: Path) -> None:
    """As they come, the heads are on the channels of GPIO 18 and 19."""
    board = compiler.board(base, name, head2="on")
    found = [place(board, f"light/led-{n}").cells("pwms")[1] for n in (0, 1)]
    assert found == [CHANNELS[name]["18"], CHANNELS[name]["19"]]


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"irpins": "18"}, "irpins: expected one of irpin, "),
        ({"irpin": "17"}, "'17': expected one of 12, 13, 18, 19"),
        ({"fantemp": "hot"}, "'hot': expected a number or one of y, "),
    ],
)
def test_what_the_firmware_would_refuse_is_refused(
    name: str, parameters: dict[str, str], told: str
) -> None:
    """An unknown parameter, a pin without PWM, a temperature that is no number."""
    with pytest.raises(ValueError, match=re.escape(told)):
        compiler.overlay(name, parameters)


@pytest.mark.parametrize("name", OURS)
def test_readme_names_the_parameters(name: str) -> None:
    """The entry in the kernel's form has each parameter, and no other."""
    blob = compiler.compiled(compiler.SOURCES / f"{name}-overlay.dts")
    known = set(tree.read(blob).at("__overrides__").properties)
    entry = README.read_text().split("Name:   gatepost\n")[1].split("Name:")[0]
    assert set(re.findall(r"^(?:Params:| {7}) (\w+)  ", entry, re.MULTILINE)) == known


@pytest.mark.parametrize("name", OURS)
def test_every_parameter_is_tried(name: str) -> None:
    """A parameter that no test sets would be one that nobody has seen work."""
    tried = {key for parameters, _ in EFFECTS.values() for key in parameters}
    blob = compiler.compiled(compiler.SOURCES / f"{name}-overlay.dts")
    known = set(tree.read(blob).at("__overrides__").properties)
    assert known == tried | {"nofan", "nowatchdog", "irpin", "ir2pin"}


def test_a_tree_that_is_written_is_the_tree_that_was_read() -> None:
    """Reading and writing lose nothing, as dtc sees it too."""
    blob = compiler.compiled(compiler.SOURCES / "gatepost-overlay.dts")
    root = tree.read(blob)
    assert tree.read(tree.write(root)) == root


def test_unknown_kinds_of_parameters_are_refused() -> None:
    """A kind that is not written out here must not pass as another."""
    root = tree.read(compiler.compiled(compiler.SOURCES / "gatepost-overlay.dts"))
    overrides = root.at("__overrides__").properties
    overrides["odd"] = overrides["statustrigger"].replace(b"trigger\0", b"trigger?\0")
    with pytest.raises(ValueError, match="no kind of parameter that is known here"):
        firmware.apply(root, {"odd": "on"})
