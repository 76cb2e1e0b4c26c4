"""What a plate's design is made of: the record, colours, alphabets and types.

The rule to know: colours are (blue, green, red), 0 to 255; the tables of designs are in
`looks_europe`, `looks_america` and `looks_asia`, and `designs` brings them together.
"""

from dataclasses import dataclass

Colour = tuple[int, int, int]

WHITE: Colour = (240, 242, 240)
GREY: Colour = (178, 184, 182)
SILVER: Colour = (205, 208, 206)
YELLOW: Colour = (30, 195, 245)
AMBER: Colour = (20, 150, 240)
CREAM: Colour = (200, 230, 240)
BLACK: Colour = (24, 22, 22)
BLUE: Colour = (150, 62, 12)
NAVY: Colour = (95, 40, 20)
RED: Colour = (40, 30, 185)
MAROON: Colour = (50, 40, 120)
GREEN: Colour = (60, 110, 20)
SKY: Colour = (235, 205, 160)
MINT: Colour = (150, 215, 130)
PEACH: Colour = (170, 205, 245)

FULL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_I = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
NO_IO = "ABCDEFGHJKLMNPQRSTUVWXYZ"
NO_IOQ = "ABCDEFGHJKLMNPRSTUVWXYZ"
NO_IOU = "ABCDEFGHJKLMNPQRSTVWXYZ"
NO_IQ = "ABCDEFGHJKLMNOPRSTUVWXYZ"
NO_QWX = "ABCDEFGHIJKLMNOPRSTUVYZ"
CONSONANTS = "BCDFGHJKLMNPRSTVWXYZ"
CZECH = "ABCEHJKLMPSTUVXYZ"
POLISH = "ACEFGHJKLMNPRSTUVWXY"
TURKISH = "ABCDEFGHIJKLMNOPRSTUVYZ"
CYRILLIC = "ABEKMHOPCTYX"
UKRAINIAN = "ABCEHIKMOPTX"
GREEK = "ABEZHIKMNOPTYX"
VIETNAMESE = "ABCDEFGHKLMNPSTUVXYZ"
SAUDI = "ABDEGHJKLNRSTUVXZ"
DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font's Debian package, and the brush (diameter, pixels) that thickens its strokes."""

    package: str
    bolden: int = 0


FONTS: dict[str, FontFile] = {
    "OSP-DIN.ttf": FontFile("fonts-opendin", 3),
    "RG2014B.ttf": FontFile("fonts-roadgeek"),
    "RG2014C.ttf": FontFile("fonts-roadgeek"),
    "RG2014D.ttf": FontFile("fonts-roadgeek"),
    "RG2014E.ttf": FontFile("fonts-roadgeek"),
    "BebasNeue-Regular.otf": FontFile("fonts-bebas-neue"),
    "BebasNeue-Bold.otf": FontFile("fonts-bebas-neue"),
    "NationalPark-Heavy.otf": FontFile("fonts-national-park"),
    "NationalPark-Regular.otf": FontFile("fonts-national-park", 4),
    "routed-gothic.ttf": FontFile("fonts-routed-gothic", 9),
    "routed-gothic-narrow.ttf": FontFile("fonts-routed-gothic", 8),
    "OCRB.otf": FontFile("fonts-ocr-b", 5),
    "DejaVuSans-Bold.ttf": FontFile("fonts-dejavu-core"),
    "LiberationSans-Bold.ttf": FontFile("fonts-liberation"),
    "LiberationSerif-Bold.ttf": FontFile("fonts-liberation"),
    "NimbusSansNarrow-Bold.otf": FontFile("fonts-urw-base35"),
    "NimbusSans-Regular.otf": FontFile("fonts-urw-base35", 4),
    "Z003-MediumItalic.otf": FontFile("fonts-urw-base35", 3),
    "C059-Bold.otf": FontFile("fonts-urw-base35"),
}
# Names without a file's ending are styles of `strokes`.
FAMILIES: dict[str, tuple[str, ...]] = {
    "din": ("OSP-DIN.ttf", "RG2014D.ttf", "RG2014C.ttf", "routed-gothic.ttf", "plain", "fe"),
    "fe": ("fe", "fe", "fe", "OSP-DIN.ttf", "RG2014D.ttf"),
    "gb": ("wright", "wright", "wright-3d", "NationalPark-Heavy.otf", "RG2014D.ttf"),
    "sans": ("NimbusSansNarrow-Bold.otf", "LiberationSans-Bold.ttf", "NimbusSans-Regular.otf"),
    "die": ("RG2014B.ttf", "RG2014C.ttf", "routed-gothic.ttf", "routed-gothic-narrow.ttf",
            "BebasNeue-Regular.otf", "NationalPark-Regular.otf", "plain", "plain-bold"),
    "flat": ("NimbusSansNarrow-Bold.otf", "LiberationSans-Bold.ttf", "RG2014C.ttf", "plain"),
    "br": ("wright-3d", "wright", "RG2014D.ttf", "OSP-DIN.ttf", "plain-bold"),
    "cn": ("asian", "asian-bold", "RG2014C.ttf", "RG2014D.ttf", "BebasNeue-Bold.otf",
           "routed-gothic.ttf"),
    "vn": ("asian", "asian", "asian-bold", "plain", "RG2014C.ttf", "routed-gothic.ttf"),
    "hand": ("plain", "plain-bold", "NationalPark-Heavy.otf", "LiberationSans-Bold.ttf"),
    "any": (*(name for name in FONTS if "Z003" not in name), "wright", "fe", "plain",
            "plain-bold", "asian-bold"),
}  # fmt: skip
SMALL_TYPES = (
    "LiberationSans-Bold.ttf", "LiberationSerif-Bold.ttf", "Z003-MediumItalic.otf",
    "C059-Bold.otf", "NimbusSansNarrow-Bold.otf",
)  # fmt: skip
SMALL_TYPE = SMALL_TYPES[0]
# Regions whose slogans stand in all kinds of type.
SCRIPTED = ("us", "ca", "mx", "au")


@dataclass(frozen=True, slots=True)
class Design:
    """One look of one region's plate.

    `patterns` are as in `designs`. `size` is in millimetres; `height` is the letters' as a share
    of the plate's, `aspect` their width as a share of their height, `gap` the space between them
    as a share of their width; `box` bounds the text (left, top, right, bottom, shares of the
    plate); `upper` is the height of the first of two lines as a share of the second's. `art` is a
    key of `painters.PAINTERS`.
    """

    region: str
    patterns: tuple[str, ...]
    size: tuple[int, int] = (520, 112)
    paper: Colour = WHITE
    ink: Colour = BLACK
    letters: str = FULL
    family: str = "din"
    height: float = 0.67
    aspect: float = 0.6
    gap: float = 0.2
    box: tuple[float, float, float, float] = (0.03, 0.0, 0.97, 1.0)
    band: str = ""
    band_right: bool = False
    art: str = "plain"
    border: float = 1.0
    top: tuple[str, ...] = ()
    bottom: tuple[str, ...] = ()
    slogan_ink: Colour = BLACK
    weight: float = 1.0
    upper: float = 1.0


EU_BOX = (0.09, 0.0, 0.98, 1.0)
EU_BOTH = (0.09, 0.0, 0.91, 1.0)
EU_SQUARE = (0.16, 0.05, 0.97, 0.95)
