"""The processors that are emulated: what QEMU takes, and what a Raspberry Pi's kernel says of them.

The rule to know: under qemu-user `/proc/cpuinfo` is the machine's own, of another processor, and
XNNPACK's reader of it ends with a segmentation fault (ai-edge-litert 2.3.0, QEMU 7.2).  So ours is
laid over it.
"""

from __future__ import annotations

from dataclasses import dataclass

CORES = 4


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor under qemu-user.

    Attributes:
        name: for the report.
        model: for QEMU's -cpu.
        part: its number, and variant, as the kernel tells them.
        features: the kernel's words for what it can do.
        stands_for: the boards that have it, or what it is tried for.
    """

    name: str
    model: str
    part: tuple[str, str]
    features: str
    stands_for: str

    @property
    def cpuinfo(self) -> str:
        """The text of its /proc/cpuinfo."""
        part, variant = self.part
        lines = {
            "BogoMIPS": "108.00",
            "Features": self.features,
            "CPU implementer": "0x41",
            "CPU architecture": "8",
            "CPU variant": variant,
            "CPU part": part,
            "CPU revision": "1",
        }
        rest = "".join(f"{key}\t: {value}\n" for key, value in lines.items())
        return "".join(f"processor\t: {core}\n{rest}\n" for core in range(CORES))


PLAIN = "fp asimd evtstrm crc32 cpuid"
DOT = f"{PLAIN} aes pmull sha1 sha2 atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"
A72 = Processor("Cortex-A72", "cortex-a72", ("0xd08", "0x0"), PLAIN, "Raspberry Pi 4")
A76 = Processor("Cortex-A76", "cortex-a76", ("0xd0b", "0x4"), DOT, "Raspberry Pi 5")
NEWER = Processor(
    "newer (int8 matrices)",
    "max,sve=off,pauth=off",
    ("0xd0b", "0x4"),
    f"{DOT} i8mm bf16",
    "no board yet",
)
"""SVE and pointer authentication are left out: QEMU computes them 3 to 7 times as slowly."""
PROCESSORS = (A72, A76, NEWER)
