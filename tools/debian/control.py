"""What a package says of itself: its name, what it needs, how large it is.  Pure.

The rule to know: its modules were compiled for one architecture and one minor version of Python,
so both are what it depends on, and its version names the Python: a system that has moved on to the
next takes the next package.
"""

from __future__ import annotations

from dataclasses import dataclass

MACHINES = {"arm64": "aarch64", "amd64": "x86_64"}
"""Debian's word for an architecture, and the wheels'."""
PYTHONS = ("3.10", "3.11", "3.13")
"""Of Ubuntu 22.04 (JetPack 6), of Debian 12 and of 13, and of what Raspberry Pi makes of these."""
NEEDED = (
    "init-system-helpers (>= 1.54~)",
    "libc6 (>= 2.28)",  # as the wheels say: manylinux_2_28
    "libgcc-s1",
    "libstdc++6",
    "openssl (>= 3)",
    "systemd (>= 247)",
    "zlib1g",
)
LINES = {"3.10": "python3-jetson-gpio"}
"""The RPi.GPIO API as the system has it; elsewhere than on a Jetson it is rpi-lgpio."""
CAMERAS = {"3.10": "python3-gi, gir1.2-gst-plugins-base-1.0", "3.13": "python3-picamera2"}
"""Whose picamera2 was built for numpy 1 has none that Gatepost could use: README, "Installing"."""
SUMMARY = "open number-plate reader that lives on the device"
WORDS = """\
 Gatepost reads number plates at the roadside, on a Raspberry Pi or a Jetson.
 It opens a gate for those that it knows, tells of each vehicle over MQTT, and
 forgets what it has no right to keep.
 .
 It comes with its libraries and models, below /opt/gatepost."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a package is for.

    Attributes:
        arch: a key of MACHINES.
        python: the minor version of Python, one of PYTHONS.
    """

    arch: str
    python: str

    @property
    def platform(self) -> str:
        """As the images of libraries name it, such as linux-aarch64-cp313."""
        return f"linux-{MACHINES[self.arch]}-cp{self.python.replace('.', '')}"


def package_version(release: str, target: Target) -> str:
    """Such as 0.1.0+py313; that of a later Python is newer."""
    return f"{release}+py{target.python.replace('.', '')}"


def file_name(release: str, target: Target) -> str:
    """As apt would name it."""
    return f"gatepost_{package_version(release, target)}_{target.arch}.deb"


def control(release: str, target: Target, installed_kib: int) -> str:
    """The file `control`.

    Args:
        release: version of Gatepost.
        target: what it is for.
        installed_kib: of all files, in KiB.
    """
    major, minor = target.python.split(".")
    python = f"python3 (>= {target.python}~), python3 (<< {major}.{int(minor) + 1}~)"
    fields = {
        "Package": "gatepost",
        "Version": package_version(release, target),
        "Architecture": target.arch,
        "Maintainer": "the Gatepost authors <gatepost@gatepost.invalid>",
        "Installed-Size": str(installed_kib),
        "Depends": ", ".join((*NEEDED, python)),
        "Recommends": ", ".join(_recommended(target)),
        "Suggests": CAMERAS.get(target.python, "") if target.arch == "arm64" else "",
        "Section": "misc",
        "Priority": "optional",
        "Description": f"{SUMMARY}\n{WORDS}",
    }
    return "".join(f"{name}: {text}\n" for name, text in fields.items() if text)


def _recommended(target: Target) -> tuple[str, ...]:
    lines = LINES.get(target.python, "python3-rpi-lgpio")
    return ("ca-certificates", "tzdata", *((lines,) if target.arch == "arm64" else ()))
