"""What we call of the RPi.GPIO API is in the source of each library that provides it."""

from __future__ import annotations

import ast
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import contact, gpio
from tests.standin import FOLDER

WHEELS = Path(__file__).parents[1] / ".wheels"
RPI_LGPIO, JETSON = WHEELS / "rpi_lgpio-0.6-py3-none-any.whl", WHEELS / "jetson_gpio-2.1.13.tar.gz"
JETSON_FILES = ("gpio.py", "constants.py")
OURS = [ast.parse(Path(str(module.__file__)).read_text()) for module in (gpio, contact)]


def of_rpi_lgpio() -> list[str]:
    """The source of what a Pi 5 has."""
    with zipfile.ZipFile(RPI_LGPIO) as wheel:
        return [wheel.read("RPi/GPIO/__init__.py").decode()]


def of_jetson() -> list[str]:
    """The source of what a Jetson has."""
    sources = []
    with tarfile.open(JETSON) as archive:
        for name in JETSON_FILES:
            file = archive.extractfile(f"jetson_gpio-2.1.13/lib/python/Jetson/GPIO/{name}")
            assert file is not None
            sources.append(file.read().decode())
    return sources


def of_the_stand_in() -> list[str]:
    """The source of what the tests have."""
    return [(Path(FOLDER) / "RPi" / "GPIO.py").read_text()]


LIBRARIES = {
    "rpi-lgpio": (RPI_LGPIO, of_rpi_lgpio),
    "Jetson.GPIO": (JETSON, of_jetson),
    "stand-in": (Path(FOLDER), of_the_stand_in),
}


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> list[ast.Module]:
    """Each of them, parsed."""
    path, sources = LIBRARIES[request.param]
    if not path.exists():
        pytest.skip(f"{path} is not there: tools/test fetches it")
    return [ast.parse(source) for source in sources()]


def is_library(node: ast.expr) -> bool:
    """`self._gpio`."""
    return isinstance(node, ast.Attribute) and node.attr == "_gpio"


def calls() -> Iterator[tuple[str, ast.Call]]:
    """What we call, by name."""
    for node in (node for tree in OURS for node in ast.walk(tree)):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and is_library(called.value):
            yield called.attr, node


def named() -> set[str]:
    """Every attribute that we ask for."""
    nodes = (node for tree in OURS for node in ast.walk(tree))
    return {n.attr for n in nodes if isinstance(n, ast.Attribute) and is_library(n.value)}


def functions(library: list[ast.Module]) -> dict[str, list[str]]:
    """Those of a library, each with its arguments."""
    found = [node for tree in library for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {function.name: [a.arg for a in function.args.args] for function in found}


def constants(library: list[ast.Module]) -> set[str]:
    """Names that a library binds."""
    names = (node for tree in library for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


def test_what_we_call_is_there(library: list[ast.Module]) -> None:
    """With as many arguments, and with the names that we give them."""
    real = functions(library)
    called = list(calls())
    assert {"setup", "output", "input", "add_event_detect"} <= {name for name, _ in called}
    for name, call in called:
        assert len(call.args) <= len(real[name]), name
        assert {keyword.arg for keyword in call.keywords} <= set(real[name]), name


def test_what_we_name_is_there(library: list[ast.Module]) -> None:
    """Constants too."""
    assert {"BCM", "OUT", "HIGH", "BOTH"} <= named()
    assert named() <= constants(library) | set(functions(library))


def test_what_is_said_of_jetsons_library_still_holds() -> None:
    """It ignores pulls, which a contact needs; and it provides `RPi.GPIO` itself."""
    if not JETSON.exists():
        pytest.skip(f"{JETSON} is not there: tools/test fetches it")
    assert "ignores setup()'s pull_up_down parameter" in of_jetson()[0]
    with tarfile.open(JETSON) as archive:
        assert "jetson_gpio-2.1.13/lib/python/RPi/GPIO/__init__.py" in archive.getnames()
