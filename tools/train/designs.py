"""Plate designs as tables: what each region's plates look like and which texts they carry.

A pattern is written as it is seen on the plate. `a` stands for a letter of the design's alphabet,
`d` for a digit, `n` for a digit from 1, `x` for either; capitals and figures stand for themselves;
all else separates and is never part of the text: space, `-` hyphen, `.` dot, `:` two stickers,
`*` emblem, `#` a hanzi-like glyph, `|` new line. Colours are (blue, green, red), 0 to 255. Sizes,
letters and syntax follow the plates in `plates/read` (split train) and what is publicly known of
the regions' rules; they are close, not exact.
"""

from dataclasses import dataclass, replace

import numpy as np

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
NO_IO = "ABCDEFGHJKLMNPQRSTUVWXYZ"
NO_IOQ = "ABCDEFGHJKLMNPRSTUVWXYZ"
NO_IOU = "ABCDEFGHJKLMNPQRSTVWXYZ"
CONSONANTS = "BCDFGHJKLMNPRSTVWXYZ"
CZECH = "ABCEHJKLMPSTUVXYZ"
POLISH = "ACEFGHJKLMNPRSTUVWXY"
TURKISH = "ABCDEFGHIJKLMNOPRSTUVYZ"
CYRILLIC = "ABEKMHOPCTYX"
VIETNAMESE = "ABCDEFGHKLMNPSTUVXYZ"
SAUDI = "ABDEGHJKLNRSTUVXZ"
DIGITS = "0123456789"
# Scarce in the real crops (plates/read, split train) or easily confused.
RARE = "IOQDWV01"


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
    "NimbusSansNarrow-Bold.otf": FontFile("fonts-urw-base35"),
    "NimbusSans-Regular.otf": FontFile("fonts-urw-base35", 4),
}
FAMILIES: dict[str, tuple[str, ...]] = {
    "din": ("OSP-DIN.ttf", "RG2014D.ttf", "RG2014C.ttf", "routed-gothic.ttf"),
    "fe": ("OSP-DIN.ttf", "RG2014D.ttf", "OCRB.otf", "NationalPark-Regular.otf"),
    "gb": ("NationalPark-Heavy.otf", "RG2014D.ttf", "LiberationSans-Bold.ttf", "RG2014C.ttf"),
    "sans": ("NimbusSansNarrow-Bold.otf", "LiberationSans-Bold.ttf", "NimbusSans-Regular.otf"),
    "die": ("RG2014B.ttf", "RG2014C.ttf", "routed-gothic.ttf", "routed-gothic-narrow.ttf",
            "BebasNeue-Regular.otf", "NationalPark-Regular.otf"),
    "cn": ("RG2014C.ttf", "RG2014D.ttf", "BebasNeue-Bold.otf", "routed-gothic.ttf"),
    "any": tuple(FONTS),
}  # fmt: skip
SMALL_TYPE = "LiberationSans-Bold.ttf"

REGION_WEIGHTS: dict[str, float] = {
    "us": 22, "br": 9, "cn": 10, "vn": 10, "de": 6, "gb": 6, "fr": 3, "it": 3, "es": 3,
    "hr": 2, "pl": 3, "ro": 2,
    "cz": 2, "at": 2, "nl": 3, "tr": 2, "ru": 3, "ca": 4, "ar": 4, "in": 6, "sa": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Design:
    """One look of one region's plate.

    `size` is in millimetres; `height` is the letters' as a share of the plate's, `aspect` their
    width as a share of their height, `gap` the space between them as a share of their width; `box`
    bounds the text (left, top, right, bottom, shares of the plate). `art` is a key of
    `painters.PAINTERS`.
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


_EU_BOX = (0.09, 0.0, 0.98, 1.0)
_EU_BOTH = (0.09, 0.0, 0.91, 1.0)
_US_SIZE, _US_BOX = (305, 152), (0.035, 0.2, 0.965, 0.84)
_DE = ("a:a dddd", "a:aa ddd", "a:aa dddd", "aa:a ddd", "aa:aa ddd", "aa:a dddd",
    "aaa:aa dd", "aaa:a ddd", "aaa:aa ddd")  # fmt: skip
_GB = ("aadd aaa",) * 5 + ("addd aaa", "aaa ddda", "aaa ddd", "dd aa", "aaZ dddd")
_VN_TWO = ("dd-an|ddd.dd", "dd-an|dddd", "dd-aa|ddd.dd")
_IN = ("aa dd aa dddd", "aa dd a dddd", "aadd aa dddd", "aa-dd-aa-dddd", "aa dd aadddd")
_STATES = ("CALIFORNIA", "Texas", "FLORIDA", "New Jersey", "PENNSYLVANIA",
    "NORTH CAROLINA", "WISCONSIN", "OHIO", "WYOMING", "Virginia", "GEORGIA",
    "ILLINOIS", "Michigan", "COLORADO", "ARIZONA", "OREGON", "Massachusetts",
    "CONNECTICUT", "MARYLAND", "NORTH DAKOTA", "MINNESOTA", "WASHINGTON", "NEVADA",
    "UTAH")  # fmt: skip
_SLOGANS = ("Garden State", "Sunshine State", "The Lone Star State", "First in Flight",
    "America's Dairyland", "TRK", "Discover the Spirit", "Land of Lincoln",
    "Great Lakes", "GRAND CANYON STATE", "10,000 lakes", "visitpa.com",
    "Famous Potatoes", "TAXATION WITHOUT REPRESENTATION", "Evergreen State",
    "Constitution State", "dmv.gov", "The Spirit of America", "Birthplace of Aviation")  # fmt: skip
_US = ("aaa dddd", "aaa-dddd", "aaa*dddd", "aaa ddd", "aaa-ddd", "aaa*ddd", "ddd aaa",
    "ddd-aaa", "ddd*aaa", "naaaddd", "aadd aaa", "add aaa", "addaaa", "dddddd",
    "aad ddda", "ddaa dd", "aa ddddd", "dddd aa", "a dddddd", "ddd ddd", "d*ddda",
    "aa dd", "aaaaaaa", "aaaaaa", "aaaad", "xxxxx", "xxxxxx", "xxxxxxx", "aaa daa")  # fmt: skip
_BR_TOWNS = ("SP-SAO PAULO", "PR-CURITIBA", "RJ-RIO DE JANEIRO", "PE-RECIFE",
    "RS-PORTO ALEGRE", "SC-JOINVILLE", "PR-PARANAGUA", "MG-BELO HORIZONTE")  # fmt: skip
_PROVINCES = ("Ontario", "Quebec", "ALBERTA", "Beautiful British Columbia",
    "Manitoba", "SASKATCHEWAN", "Nova Scotia")  # fmt: skip

_STATE = Design("us", _US, _US_SIZE, ink=NAVY, height=0.46, aspect=0.48, family="die",
    box=_US_BOX, top=_STATES, bottom=_SLOGANS, art="us")  # fmt: skip
_NY = replace(_STATE, patterns=("aaa*dddd",), paper=(245, 235, 225), height=0.48,
    aspect=0.43, top=("NEW YORK",), bottom=("EMPIRE STATE", "EXCELSIOR", "T&LC",
    "COMMERCIAL", ""), slogan_ink=NAVY, art="ny")  # fmt: skip

DESIGNS: tuple[Design, ...] = (
    Design("de", _DE, family="fe", band="D", box=_EU_BOX, aspect=0.6, gap=0.16, weight=3),
    Design("de", ("a|:aa dddd", "aa:|aa ddd", "aaa:|a ddd"), (280, 200), family="fe", band="D",
        height=0.37, box=(0.16, 0.05, 0.97, 0.95), weight=0.6),
    Design("fr", ("aa-ddd-aa",), letters=NO_IOU, band="F", band_right=True, box=_EU_BOTH, weight=3),
    Design("fr", ("dddd aa dd", "ddd aaa dd", "ddd aa dd"), paper=YELLOW, letters=NO_IO, band="F",
        box=_EU_BOX),
    Design("it", ("aa*dddaa", "aa ddd aa"), letters=NO_IOQ, band="I", band_right=True, box=_EU_BOTH,
        aspect=0.5),
    Design("es", ("dddd aaa",), letters=CONSONANTS, band="E", box=_EU_BOX, family="fe"),
    Design("hr", ("aa*ddd-aa", "aa*dddd-a", "aa*dddd-aa"), band="HR", box=_EU_BOX, ink=BLACK),
    Design("hr", ("aa*aa-ddd", "aa*ad-ddd"), band="SLO", box=_EU_BOX, weight=0.3),
    Design("pl", ("aa*ddddd", "aa ddddd", "aaa:dddd", "aa:dddda", "aaa ddaa"), letters=POLISH,
        band="PL", box=_EU_BOX, aspect=0.54),
    Design("ro", ("aa:dd aaa", "B ddd aaa", "B dd aaa", "aa dd aaa"), letters=NO_IOQ + "IO",
        band="RO", box=_EU_BOX),
    Design("cz", ("nad dddd", "nad:dddd", "nad ddda"), letters=CZECH, band="CZ", box=_EU_BOX),
    Design("at", ("aa*ddda", "a*ddddaa", "aa*ddd aa", "aa*dddda", "a dddda"), band="A", box=_EU_BOX,
        family="din", art="at"),
    Design("nl", ("dd-aaa-d", "aa-ddd-a", "dd-aa-aa", "a-ddd-aa", "aa-dd-aa", "dd-aa-dd"),
        paper=YELLOW, letters=CONSONANTS, band="NL", box=_EU_BOX, family="gb"),
    Design("gb", _GB, (520, 111), letters=NO_IOQ + "O", family="gb", height=0.7, aspect=0.62,
        border=0, weight=1.5),
    Design("gb", _GB, (520, 111), YELLOW, letters=NO_IOQ + "O", family="gb", height=0.7,
        aspect=0.62, border=0, weight=1.5),
    Design("gb", _GB, (520, 111), YELLOW, letters=NO_IOQ + "O", family="gb", height=0.7, band="GB",
        box=_EU_BOX, border=0),
    Design("gb", ("aadd|aaa", "addd|aaa", "aaa|ddda"), (285, 203), YELLOW, letters=NO_IOQ + "O",
        family="gb", height=0.39, aspect=0.62, box=(0.04, 0.03, 0.96, 0.97), border=0),
    Design("tr", ("dd aa ddd", "dd aaa dd", "dd a dddd", "dd aa dddd", "dd aaa ddd"),
        letters=TURKISH, band="TR", box=_EU_BOX, height=0.7),
    Design("ru", ("adddaa dd", "adddaa ddd", "aa ddd dd"), letters=CYRILLIC, art="ru", height=0.6,
        family="die", aspect=0.62, box=(0.03, 0.0, 0.97, 1.0)),
    replace(_NY, weight=3),
    replace(_NY, patterns=("aaa*dddd", "ddddd*aa", "dddd*aa"), paper=AMBER, slogan_ink=AMBER,
        weight=3),
    replace(_NY, patterns=("TddddddC",), paper=AMBER, slogan_ink=AMBER, weight=2.5),
    replace(_NY, patterns=("TddddddC",), paper=WHITE, aspect=0.4, art="plain"),
    replace(_STATE, slogan_ink=RED, weight=4),
    replace(_STATE, paper=SKY, ink=BLACK, slogan_ink=NAVY, art="scenery", weight=3),
    replace(_STATE, paper=PEACH, ink=GREEN, top=_SLOGANS, bottom=_STATES, art="scenery", weight=2),
    replace(_STATE, paper=YELLOW, ink=BLACK, weight=1.5),
    replace(_STATE, ink=RED, slogan_ink=NAVY, art="scenery", weight=1.5),
    replace(_STATE, ink=MAROON, family="any", slogan_ink=BLUE, art="scenery", weight=2),
    replace(_STATE, paper=BLUE, ink=WHITE, slogan_ink=WHITE, weight=0.8),
    replace(_STATE, paper=BLACK, ink=YELLOW, bottom=("",), slogan_ink=YELLOW, weight=0.5),
    replace(_STATE, region="ca", patterns=("aaaa ddd", "aaaa*ddd", "aaa ddd"), top=_PROVINCES,
        bottom=("YOURS TO DISCOVER", ""), slogan_ink=NAVY),
    replace(_STATE, region="ca", patterns=("add aaa", "aaa ddd", "aa*d ddd", "ddd aaa", "aaa-dddd"),
        ink=RED, top=_PROVINCES, bottom=("Je me souviens", "Friendly", "Wild Rose"),
        slogan_ink=RED),
    Design("br", ("aaa-dddd", "aaa.dddd"), (400, 130), GREY, BLACK, height=0.52, aspect=0.58,
        family="din", box=(0.02, 0.22, 0.98, 0.98), top=_BR_TOWNS, art="br", weight=5),
    Design("br", ("aaa-dddd", "aaa.dddd"), (400, 130), (70, 55, 150), SILVER, height=0.52,
        aspect=0.58, family="din", box=(0.02, 0.22, 0.98, 0.98), top=_BR_TOWNS, slogan_ink=SILVER,
        art="br", weight=2),
    Design("br", ("aaa|dddd",), (200, 170), GREY, BLACK, height=0.34, aspect=0.66, family="din",
        box=(0.04, 0.18, 0.96, 0.97), top=_BR_TOWNS, art="br"),
    Design("br", ("aaadadd",), (400, 130), height=0.52, family="fe", box=(0.05, 0.25, 0.97, 1.0),
        top=("BRASIL",), slogan_ink=WHITE, art="mercosur", weight=2),
    Design("br", ("aaa|dadd",), (200, 170), height=0.34, family="fe", box=(0.05, 0.22, 0.95, 0.97),
        top=("BRASIL",), slogan_ink=WHITE, art="mercosur", weight=0.7),
    Design("ar", ("aaa ddd", "aaa*ddd"), (294, 129), BLACK, WHITE, family="die", height=0.5,
        aspect=0.5, box=(0.05, 0.2, 0.95, 0.95), top=("ARGENTINA",), slogan_ink=BLUE, art="ar"),
    Design("ar", ("aa ddd aa",), (400, 130), family="fe", height=0.52, box=(0.05, 0.25, 0.95, 1.0),
        top=("REPUBLICA ARGENTINA",), slogan_ink=WHITE, art="mercosur"),
    Design("in", _IN, (500, 120), family="any", height=0.52, aspect=0.55, weight=2),
    Design("in", _IN, (500, 120), YELLOW, family="any", height=0.52, aspect=0.55, weight=1.2),
    Design("in", _IN, (500, 120), BLACK, YELLOW, family="any", height=0.52, aspect=0.55,
        weight=0.5),
    Design("in", _IN, (500, 120), band="IND", box=_EU_BOX, family="sans", height=0.52, aspect=0.52),
    Design("in", ("aa dd|aa dddd", "aadd aa|dddd", "aa dd a|dddd", "aa-dd|a-dddd"), (200, 100),
        family="any", height=0.37, aspect=0.6, box=(0.04, 0.03, 0.96, 0.97), weight=1.2),
    Design("in", ("aa dd|aa dddd", "aadd aa|dddd"), (285, 200), YELLOW, family="any", height=0.36,
        aspect=0.6, box=(0.04, 0.03, 0.96, 0.97), weight=0.6),
    Design("vn", ("dda-ddd.dd", "dda-dddd"), (480, 110), letters=VIETNAMESE, family="cn",
        height=0.64, aspect=0.54),
    Design("vn", _VN_TWO, (190, 140), letters=VIETNAMESE, family="cn", height=0.37, aspect=0.56,
        box=(0.05, 0.04, 0.95, 0.96), weight=4),
    Design("vn", ("dda|ddd.dd", "dda|dddd"), (280, 200), letters=VIETNAMESE, family="cn",
        height=0.38, aspect=0.6, box=(0.05, 0.04, 0.95, 0.96), weight=1.5),
    Design("vn", ("dda|ddd.dd", "dda|dddd"), (280, 200), BLUE, WHITE, letters=VIETNAMESE,
        family="cn", height=0.38, aspect=0.6, box=(0.05, 0.04, 0.95, 0.96), weight=0.3),
    Design("cn", ("#a.ddddd", "#a.xdddd", "#a.dxddd", "#a.xxddd", "#a.xxxxx"), (440, 140), BLUE,
        WHITE, letters=NO_IO, family="cn", height=0.64, aspect=0.48, gap=0.25, weight=7),
    Design("cn", ("#a.ddddd", "#a.xxddd"), (440, 140), YELLOW, letters=NO_IO, family="cn",
        height=0.64, aspect=0.48, gap=0.25, weight=0.7),
    Design("cn", ("#a.Dddddd", "#a.Fddddd", "#a.Dxdddd"), (480, 140), MINT, letters=NO_IO,
        family="cn", height=0.64, aspect=0.46, gap=0.2, art="fade", weight=1.2),
    Design("sa", ("dddd aaa", "ddd aaa"), (520, 110), letters=SAUDI, family="sans", height=0.4,
        aspect=0.56, gap=0.35, box=(0.03, 0.48, 0.88, 1.0), art="sa"),
    Design("sa", ("dddd aaa", "dddd  aaa"), (310, 155), letters=SAUDI, family="sans", height=0.38,
        aspect=0.5, box=(0.03, 0.5, 0.88, 1.0), art="sa"),
    Design("sa", ("dddd aaa", "ddd  aaa"), (350, 170), letters=SAUDI, family="sans", height=0.34,
        aspect=0.55, box=(0.04, 0.6, 0.96, 0.98), art="eg", top=("EGYPT",), slogan_ink=WHITE,
        weight=0.5),
)  # fmt: skip
_PLACEHOLDERS: dict[str, str] = {"d": DIGITS, "n": "123456789"}


def choices(design: Design, place: str) -> str:
    """The characters that may stand at one `place` of a pattern; empty for a separator."""
    if place == "a":
        return design.letters
    if place == "x":
        return design.letters + DIGITS
    return _PLACEHOLDERS.get(place, place if place.isalnum() else "")


def fill(rng: np.random.Generator, design: Design, pattern: str) -> str:
    """A random layout, such as `S:AR 7039`, that follows `pattern`."""
    options = [choices(design, place) or place for place in pattern]
    return "".join(some[int(rng.integers(len(some)))] for some in options)


def fit(design: Design, pattern: str, text: str) -> str | None:
    """`text` laid out with the separators of `pattern`; None where it does not fit."""
    rest = list(text)
    layout = ""
    for place in pattern:
        options = choices(design, place)
        if options and (not rest or rest[0] not in options):
            return None
        layout += rest.pop(0) if options else place
    return None if rest else layout


def random_text(rng: np.random.Generator) -> str:
    """3 to 9 characters, every second one from the rare ones on average."""
    pools = (RARE, FULL + DIGITS)
    picks = [pools[int(rng.integers(2))] for _ in range(int(rng.integers(3, 10)))]
    return "".join(pool[int(rng.integers(len(pool)))] for pool in picks)


def freely(rng: np.random.Generator, design: Design, text: str) -> str:
    """`text` laid out without a syntax: in as many lines as the design has."""
    middle = max(1, len(text) // 2)
    if "|" in design.patterns[0] and len(text) > 1:
        return f"{text[:middle]}|{text[middle:]}"
    separator = ("", "", " ", "-")[int(rng.integers(4))] if len(text) > 1 else ""
    return text[:middle] + separator + text[middle:]
