"""The plates of Europe and its neighbours as a table.

The rule to know: patterns are written as `designs` says; I, O and Q stand in an alphabet only
where the region issues them.
"""

from dataclasses import replace

from tools.train.looks import (
    BLACK, BLUE, CONSONANTS, CYRILLIC, CZECH, EU_BOTH, EU_BOX, EU_SQUARE, FULL, GREEK, GREEN,
    MAROON, NO_I, NO_IO, NO_IOQ, NO_IOU, NO_IQ, NO_QWX, POLISH, RED, SILVER, TURKISH, UKRAINIAN,
    WHITE, YELLOW, Design,
)  # fmt: skip

_DE = ("a:a dddd", "a:aa ddd", "a:aa dddd", "aa:a ddd", "aa:aa ddd", "aa:a dddd",
    "aaa:aa dd", "aaa:a ddd", "aaa:aa ddd")  # fmt: skip
# 01 to 20 and 51 to 70 in the current form; the older forms and dateless ones are rarer.
_GB = ("aadd aaa",) * 6 + ("addd aaa", "add aaa", "ad aaa", "aaa ddda", "aaa ddd", "aaa da",
    "dd aa", "dddd aa", "aaZ dddd", "a ddd")  # fmt: skip
_GB_TWO = ("aadd|aaa", "addd|aaa", "aaa|ddda", "aaa|ddd", "aad|aaa")
_DEALER = ("", "", "www.cars.co.uk", "HYLTON FORD", "Marshall Motor Group", "01632 960 960")
_GREAT_BRITAIN = Design("gb", _GB, (520, 111), letters=NO_IQ, family="gb", height=0.7,
    aspect=0.62, border=0.3, bottom=_DEALER)  # fmt: skip
_PLAIN = Design("se", ("aaa ddd",), letters=NO_IOQ, box=EU_BOX)


def _eu(region: str, patterns: tuple[str, ...], band: str, letters: str = FULL) -> Design:
    """A plate with the blue band, in the usual size and type."""
    return replace(_PLAIN, region=region, patterns=patterns, band=band, letters=letters)


EUROPE: tuple[Design, ...] = (
    Design("de", _DE, family="fe", band="D", box=EU_BOX, aspect=0.6, gap=0.16, weight=3),
    Design("de", ("a|:aa dddd", "aa:|aa ddd", "aaa:|a ddd"), (280, 200), family="fe", band="D",
        height=0.37, box=EU_SQUARE, weight=0.6),
    Design("de", ("a:aa ddH", "aa:a dddE", "aa:aa ddE", "a:a dddH"), family="fe", band="D",
        box=EU_BOX, gap=0.12, weight=0.4),
    Design("fr", ("aa-ddd-aa",), letters=NO_IOU, band="F", band_right=True, box=EU_BOTH, weight=3),
    Design("fr", ("dddd aa dd", "ddd aaa dd", "ddd aa dd"), paper=YELLOW, letters=NO_IO, band="F",
        box=EU_BOX),
    Design("fr", ("aa-|ddd-aa", "aa|ddd-aa"), (210, 130), letters=NO_IOU, band="F", height=0.37,
        box=EU_SQUARE, weight=0.4),
    Design("it", ("aa*dddaa", "aa ddd aa"), letters=NO_IOQ, band="I", band_right=True, box=EU_BOTH,
        aspect=0.5),
    Design("it", ("aa*|dddaa", "aaa|dddd"), (297, 214), letters=NO_IOQ, band="I", height=0.37,
        box=EU_SQUARE, weight=0.4),
    Design("es", ("dddd aaa", "dddd-aaa"), letters=CONSONANTS, band="E", box=EU_BOX, family="fe"),
    Design("es", ("dddd|aaa",), (220, 160), letters=CONSONANTS, band="E", height=0.38,
        box=EU_SQUARE, weight=0.3),
    Design("hr", ("aa*ddd-aa", "aa*dddd-a", "aa*dddd-aa"), band="HR", box=EU_BOX),
    Design("hr", ("aa*ddd-aa", "aa*dddd-a", "aa*dddd-aa"), weight=0.6),
    Design("pl", ("aa*ddddd", "aa ddddd", "aaa:dddd", "aa:dddda", "aaa ddaa"), letters=POLISH,
        band="PL", box=EU_BOX, aspect=0.54),
    Design("pl", ("aa|ddddd", "aaa|dddd", "aa|dddda"), (305, 214), letters=POLISH, band="PL",
        height=0.37, box=EU_SQUARE, weight=0.3),
    Design("ro", ("aa dd aaa", "B ddd aaa", "B dd aaa", "aa:dd aaa"), letters=NO_IOQ + "IO",
        band="RO", box=EU_BOX),
    Design("cz", ("nad dddd", "nad:dddd", "nad ddda"), letters=CZECH, band="CZ", box=EU_BOX),
    Design("cz", ("aaa dd-dd", "aa:dd-dd"), letters=CZECH, weight=0.4),
    Design("cz", ("nad|dddd",), (280, 200), letters=CZECH, band="CZ", height=0.37, box=EU_SQUARE,
        weight=0.3),
    Design("at", ("aa*ddda", "a*ddddaa", "aa*ddd aa", "aa*dddda", "a dddda"), band="A", box=EU_BOX,
        art="at"),
    Design("nl", ("dd-aaa-d", "aa-ddd-a", "dd-aa-aa", "a-ddd-aa", "aa-dd-aa", "dd-aa-dd"),
        paper=YELLOW, letters=CONSONANTS, band="NL", box=EU_BOX, family="gb"),
    Design("nl", ("dd-aa|aa", "aa-dd|dd", "aa-aa|dd"), (210, 143), YELLOW, letters=CONSONANTS,
        band="NL", height=0.38, box=EU_SQUARE, family="gb", weight=0.3),
    replace(_GREAT_BRITAIN, weight=1.5),
    replace(_GREAT_BRITAIN, paper=YELLOW, weight=1.5),
    replace(_GREAT_BRITAIN, paper=YELLOW, band="GB", box=EU_BOX, weight=1.2),
    replace(_GREAT_BRITAIN, band="GB", box=EU_BOX, weight=0.8),
    replace(_GREAT_BRITAIN, band="UK", box=EU_BOX, weight=0.4),
    replace(_GREAT_BRITAIN, patterns=_GB_TWO, size=(285, 203), paper=YELLOW, height=0.39,
        box=(0.04, 0.03, 0.96, 0.97)),
    replace(_GREAT_BRITAIN, patterns=_GB_TWO, size=(285, 203), height=0.39, weight=0.5,
        box=(0.04, 0.03, 0.96, 0.97)),
    replace(_GREAT_BRITAIN, patterns=_GB_TWO, size=(229, 178), paper=YELLOW, height=0.38,
        box=(0.05, 0.03, 0.95, 0.97), weight=0.5),
    replace(_GREAT_BRITAIN, patterns=("aaa ddda", "aaa ddd", "aa dddd"), paper=BLACK, ink=SILVER,
        bottom=(), weight=0.3),
    Design("tr", ("dd aa ddd", "dd aaa dd", "dd a dddd", "dd aa dddd", "dd aaa ddd"),
        letters=TURKISH, band="TR", box=EU_BOX, height=0.7),
    Design("tr", ("dd|aa ddd", "dd|aaa dd", "dd aa|dddd"), (320, 210), letters=TURKISH, band="TR",
        height=0.36, box=EU_SQUARE, weight=0.2),
    Design("ru", ("adddaa dd", "adddaa ddd", "aa ddd dd"), letters=CYRILLIC, art="ru", height=0.6,
        family="die", aspect=0.62),
    replace(_eu("be", ("n-aaa-ddd", "aaa-ddd", "ddd-aaa"), "B"), ink=MAROON),
    replace(_eu("be", ("n-aaa|ddd", "aaa|ddd"), "B"), size=(210, 140), ink=MAROON, height=0.37,
        box=EU_SQUARE, weight=0.3),
    replace(_PLAIN, region="ch", patterns=("aa*ddddd", "aa*dddddd", "aa dddddd"), letters=FULL,
        box=(0.03, 0, 0.97, 1), art="ch"),
    replace(_PLAIN, region="ch", patterns=("aa*|ddddd", "aa*|dddddd"), size=(300, 160), height=0.37,
        letters=FULL, box=(0.05, 0.03, 0.95, 0.97), art="ch", weight=0.6),
    replace(_eu("dk", ("aa dd ddd", "aa ddddd"), "DK", NO_IO), art="red rim"),
    _eu("fi", ("aaa-ddd", "aaa-dd"), "FIN", NO_IQ),
    _eu("gr", ("aaa-dddd", "aaa*dddd"), "GR", GREEK),
    _eu("hu", ("aaa-ddd", "aa:aa-ddd"), "H", NO_IQ),
    replace(_eu("ie", ("dd-a-ddddd", "ddd-a-ddddd", "dd-aa-dddd", "ddd-aa-ddd"), "IRL", NO_IO),
        height=0.62, box=(0.09, 0.12, 0.98, 1), top=("CORCAIGH", "BAILE ATHA CLIATH", "GAILLIMH")),
    _eu("lt", ("aaa*ddd", "aaa:ddd"), "LT", NO_QWX),
    _eu("lv", ("aa-dddd", "aa-ddd", "aa-dd"), "LV", NO_QWX),
    _eu("pt", ("aa-dd-dd", "dd-aa-dd", "dd-dd-aa", "aa-dd-aa", "aa dd aa"), "P", NO_IOQ + "IO"),
    _eu("rs", ("aa*ddd-aa", "aa*dddd-aa"), "SRB"),
    _eu("se", ("aaa ddd", "aaa dda", "aaa:ddd"), "S", NO_IQ),
    _eu("si", ("aa*aa-ddd", "aa*ad-ddd", "aa*ddd-aa", "aa*da-dda"), "SLO"),
    replace(_eu("si", ("aa*aa-ddd", "aa*ad-ddd"), "SLO"), ink=BLACK, art="green rim", weight=0.5),
    _eu("sk", ("aa*dddaa", "aa-dddaa", "aa*ddd-aa"), "SK", NO_IQ),
    _eu("bg", ("aa dddd aa", "a dddd aa"), "BG", CYRILLIC),
    _eu("ua", ("aa dddd aa", "aa dddd aa"), "UA", UKRAINIAN),
    _eu("ee", ("ddd aaa", "dd aaa"), "EST", NO_IQ),
    replace(_eu("lu", ("aa dddd", "ddddd", "dddd"), "L", NO_IO), paper=YELLOW),
    _eu("ba", ("add-a-ddd", "ddd-a-ddd"), "BIH", "AEJKMOT"),
    _eu("mk", ("aa*dddd-aa", "aa*ddd-aa"), "NMK", NO_QWX),
    _eu("mt", ("aaa ddd", "aaa:ddd"), "M"),
    _eu("cy", ("aaa ddd",), "CY", NO_IOQ + "I"),
    replace(_eu("cy", ("aaa ddd",), "CY", NO_IOQ + "I"), paper=YELLOW, weight=0.5),
    _eu("no", ("aa ddddd",), "N", NO_IOQ),
    replace(_eu("no", ("aa ddddd",), "N", NO_IOQ), paper=GREEN, ink=BLACK, weight=0.3),
    _eu("me", ("aa*aa ddd", "aa aa-ddd"), "MNE"),
    _eu("al", ("aa ddd aa",), "AL", NO_IO),
    _eu("md", ("aaa ddd", "aa aa ddd"), "MD", NO_I),
    replace(_eu("il", ("dd-ddd-dd", "ddd-dd-ddd"), "IL"), paper=YELLOW),
    # Trade, diplomatic, police and temporary kinds: the colours that the others do not have.
    replace(_eu("xe", ("aa dddd", "a dddd", "aaa ddd", "dddd aa", "aa ddd-d"), ""), ink=RED,
        box=(0.03, 0, 0.97, 1)),
    replace(_eu("xe", ("aa dddd", "aa-ddd-aa", "ddd-aaa"), ""), paper=RED, ink=WHITE,
        box=(0.03, 0, 0.97, 1), weight=0.7),
    replace(_eu("xe", ("aa-ddd", "aa dd-dd", "dddd aa"), ""), ink=GREEN, box=(0.03, 0, 0.97, 1)),
    replace(_eu("xe", ("aa ddd", "aa-dddd", "ddd aa dd"), ""), paper=BLUE, ink=WHITE,
        box=(0.03, 0, 0.97, 1), weight=0.7),
    replace(_eu("xe", ("aaaa", "aaaaa", "aaadd", "aaaaaa"), ""), weight=0.5),
)  # fmt: skip
EUROPE_WEIGHTS: dict[str, float] = {
    "de": 6, "gb": 8, "fr": 3, "it": 3, "es": 3, "hr": 2.5, "pl": 3, "ro": 2, "cz": 2.5, "at": 2,
    "nl": 3, "tr": 2, "ru": 2, "be": 1, "ch": 0.7, "dk": 0.6, "fi": 0.6, "gr": 1, "hu": 0.8,
    "ie": 0.8, "lt": 0.8, "lv": 0.7, "pt": 0.8, "rs": 0.6, "se": 1, "si": 1, "sk": 0.9, "bg": 0.6,
    "ua": 0.6, "ee": 0.6, "lu": 0.7, "ba": 0.4, "mk": 0.3, "mt": 0.3, "cy": 0.4, "no": 0.6,
    "me": 0.3, "al": 0.3, "md": 0.3, "il": 0.6, "xe": 1.2,
}  # fmt: skip
