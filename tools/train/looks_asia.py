"""The plates of Asia, Africa and Oceania as a table.

The rule to know: patterns are written as `designs` says; hanzi and Arabic script are marks beside
the text and never in it.
"""

from dataclasses import replace

from tools.train.looks import (
    BLACK,
    BLUE,
    EU_BOX,
    GREEN,
    MAROON,
    MINT,
    NAVY,
    NO_IO,
    NO_IOQ,
    RED,
    SAUDI,
    SKY,
    VIETNAMESE,
    WHITE,
    YELLOW,
    Colour,
    Design,
)  # fmt: skip

_TWO = (0.05, 0.04, 0.95, 0.96)
_IN = ("OD dd a dddd", "aa dd aa dddd", "aa dd a dddd", "aadd aa dddd", "aa-dd-aa-dddd",
    "aa dd aadddd", "aa.dd.aa.dddd", "aa d aa dddd", "aa d a dddd", "aadda dddd",
    "aaddaadddd")  # fmt: skip
_IN_TWO = ("aa dd|aa dddd", "aadd aa|dddd", "aa dd a|dddd", "aa-dd|a-dddd", "aa dd aa|dddd",
    "aadd|aadddd", "aa d a|dddd", "aa-dd-aa|dddd")  # fmt: skip
_INDIA = Design("in", _IN, (500, 120), letters=NO_IO, family="any", height=0.52, aspect=0.55)
_INDIA_TWO = replace(_INDIA, patterns=_IN_TWO, size=(200, 100), height=0.37, aspect=0.6,
    box=(0.04, 0.03, 0.96, 0.97))  # fmt: skip
_HAND = replace(_INDIA, family="hand", art="hand", border=0.4)
_VN_TWO = ("dd-an|ddd.dd", "dd-an|dddd", "dd-aa|ddd.dd")
_VIETNAM = Design("vn", ("dda-ddd.dd", "dda-dddd"), (480, 110), letters=VIETNAMESE, family="vn",
    height=0.64, aspect=0.54)  # fmt: skip
_VN_CAR = replace(_VIETNAM, patterns=("dda|ddd.dd", "dda|dddd", "ddaa|ddd.dd"), size=(280, 200),
    height=0.38, aspect=0.6, box=_TWO)  # fmt: skip
_CN = ("#a.ddddd", "#a.xdddd", "#a.dxddd", "#a.xxddd", "#a.xxxxx", "#a.ddddx", "#a.dddxx")
_CHINA = Design("cn", _CN, (440, 140), BLUE, WHITE, letters=NO_IO, family="cn", height=0.64,
    aspect=0.48, gap=0.25)  # fmt: skip
_GULF = Design("ae", ("a ddddd",), (520, 110), family="sans", height=0.6, aspect=0.56,
    box=(0.3, 0.0, 0.97, 1.0), art="gulf")  # fmt: skip
_GULF_TWO = replace(_GULF, size=(310, 155), height=0.42, aspect=0.5, box=(0.04, 0.42, 0.96, 0.98),
    art="gulf top")  # fmt: skip
_SAUDI = Design("sa", ("dddd aaa", "ddd aaa", "dddd  aaa"), (520, 110), letters=SAUDI,
    family="sans", height=0.4, aspect=0.56, gap=0.35, box=(0.03, 0.48, 0.88, 1.0),
    art="sa")  # fmt: skip


def _gulf(region: str, patterns: tuple[str, ...], names: tuple[str, ...]) -> tuple[Design, Design]:
    """A country's long and its short plate, with its name in the small type."""
    above = replace(_GULF_TWO, bottom=names, box=(0.04, 0.3, 0.96, 0.82))
    return (
        replace(_GULF, region=region, patterns=patterns),
        replace(above, region=region, patterns=patterns),
    )


def _recoloured(design: Design, paper: Colour, ink: Colour, weight: float) -> Design:
    return replace(design, paper=paper, ink=ink, slogan_ink=ink, weight=weight)


ASIA: tuple[Design, ...] = (
    replace(_INDIA, weight=2),
    _recoloured(_INDIA, YELLOW, BLACK, 1.2),
    _recoloured(_INDIA, BLACK, YELLOW, 0.5),
    _recoloured(_INDIA, GREEN, WHITE, 0.3),
    replace(_INDIA, band="IND", box=EU_BOX, family="sans", aspect=0.52),
    replace(_HAND, weight=0.6),
    _recoloured(_HAND, BLACK, WHITE, 0.3),
    replace(_INDIA_TWO, weight=1.2),
    _recoloured(replace(_INDIA_TWO, size=(285, 200), height=0.36), YELLOW, BLACK, 0.6),
    replace(_INDIA_TWO, size=(340, 200), family="sans", band="IND", box=(0.15, 0.03, 0.97, 0.97),
        weight=0.5),
    replace(_INDIA_TWO, family="hand", art="hand", border=0.4, weight=0.6),
    _recoloured(replace(_INDIA_TWO, family="hand", art="hand", border=0.4), BLACK, WHITE, 0.3),
    Design("pk", ("aaa-ddd", "aaa-dddd", "aa-ddd", "aaa dd ddd"), (330, 110), letters=NO_IO,
        family="sans", height=0.6, aspect=0.5, top=("", "PUNJAB", "SINDH"), border=0.6),
    Design("pk", ("aaa|ddd", "aaa|dddd", "aaa dd|dddd"), (280, 180), letters=NO_IO, family="any",
        height=0.34, box=(0.05, 0.03, 0.95, 0.82), bottom=("", "ICT-ISLAMABAD"), border=0.6),
    replace(_VIETNAM, weight=1.5),
    replace(_VIETNAM, patterns=_VN_TWO, size=(190, 140), height=0.37, aspect=0.56, box=_TWO,
        weight=5),
    replace(_VN_CAR, weight=1.5),
    _recoloured(_VN_CAR, BLUE, WHITE, 0.3),
    _recoloured(_VN_CAR, YELLOW, BLACK, 0.4),
    _recoloured(_VIETNAM, BLUE, WHITE, 0.2),
    _recoloured(_VIETNAM, YELLOW, BLACK, 0.3),
    _recoloured(replace(_VIETNAM, patterns=_VN_TWO, size=(190, 140), height=0.37, aspect=0.56,
        box=_TWO), BLUE, WHITE, 0.3),
    replace(_CHINA, weight=7),
    _recoloured(_CHINA, YELLOW, BLACK, 0.7),
    _recoloured(_CHINA, BLACK, WHITE, 0.2),
    _recoloured(_CHINA, WHITE, BLACK, 0.2),
    replace(_CHINA, patterns=("#a|ddddd", "#a|xxddd", "#a|xdddd"), size=(440, 220), paper=YELLOW,
        ink=BLACK, height=0.46, aspect=0.62, box=(0.04, 0.03, 0.96, 0.97), upper=0.6, weight=0.8),
    Design("cn", ("#a.Dddddd", "#a.Fddddd", "#a.Dxdddd", "#a.dddddD"), (480, 140), MINT,
        letters=NO_IO, family="cn", height=0.64, aspect=0.46, gap=0.2, art="fade", weight=1.2),
    _SAUDI,
    replace(_SAUDI, size=(310, 155), height=0.38, aspect=0.5, box=(0.03, 0.5, 0.88, 1.0)),
    Design("eg", ("dddd aaa", "ddd  aaa"), (350, 170), letters=SAUDI, family="sans", height=0.34,
        aspect=0.55, box=(0.04, 0.6, 0.96, 0.98), art="eg", top=("EGYPT",), slogan_ink=WHITE),
    *_gulf("ae", ("a ddddd", "a dddd", "dd ddddd", "n ddddd", "aa ddddd", "a ddd"), ("DUBAI",
        "AbuDhabi", "SHARJAH", "AJMAN", "RAK")),
    *_gulf("qa", ("dddddd", "ddddd", "dddd"), ("QATAR",)),
    *_gulf("kw", ("dd ddddd", "dd dddd", "n ddddd"), ("KUWAIT", "KWT")),
    *_gulf("bh", ("dddddd", "ddddd"), ("BAHRAIN",)),
    _recoloured(_gulf("om", ("ddddd a", "dddd aa", "ddd aa", "ddddd aa"), ("OMAN",))[0], YELLOW,
        BLACK, 1),
    _recoloured(_gulf("om", ("ddddd a", "dddd aa", "ddd aa"), ("OMAN",))[1], YELLOW, BLACK, 1),
    # Japan, Korea and Thailand as far as their Latin figures go.
    Design("jp", ("##ddd|#dd-dd", "##dd|#dd-dd"), (330, 165), ink=GREEN, family="din", height=0.5,
        aspect=0.5, box=(0.05, 0.03, 0.95, 0.97), upper=0.45),
    Design("jp", ("##ddd|#dd-dd",), (330, 165), YELLOW, family="din", height=0.5, aspect=0.5,
        box=(0.05, 0.03, 0.95, 0.97), upper=0.45, weight=0.4),
    Design("kr", ("dd#dddd", "ddd#dddd"), (520, 110), family="sans", height=0.6, aspect=0.54),
    Design("th", ("d##dddd", "##ddd", "##dddd"), (340, 150), height=0.42, aspect=0.46,
        family="din", box=(0.05, 0.05, 0.95, 0.68), art="thai"),
    Design("za", ("aaa ddd GP", "aa dd aa GP", "CA ddd ddd", "aaa ddd L"), (440, 120), WHITE,
        ink=NAVY, letters=NO_IOQ, family="fe", height=0.6, aspect=0.54),
    Design("au", ("aaa-ddd", "aaa*ddd", "daa-daa", "ddd-aaa", "add-aaa", "aa-dd-aa", "ddd*aad"),
        (372, 134), letters=NO_IOQ + "O", family="die", height=0.6, aspect=0.46,
        bottom=("NSW", "VICTORIA - ON THE MOVE", "QUEENSLAND", "SOUTH AUSTRALIA"),
        box=(0.04, 0.02, 0.96, 0.86)),
    Design("au", ("aa dd aa", "aaa dda"), (372, 134), YELLOW, letters=NO_IOQ, family="die",
        height=0.6, aspect=0.46, bottom=("NEW SOUTH WALES",), box=(0.04, 0.02, 0.96, 0.86)),
    Design("au", ("daa daa", "ddd aaa"), (372, 134), paper=SKY, ink=MAROON, letters=NO_IOQ,
        family="die", height=0.6, aspect=0.46, bottom=("QUEENSLAND",), slogan_ink=RED,
        box=(0.04, 0.02, 0.96, 0.86), weight=0.5),
)  # fmt: skip
ASIA_WEIGHTS: dict[str, float] = {
    "in": 7, "pk": 1.5, "vn": 11, "cn": 10, "sa": 1.5, "eg": 0.6, "ae": 1.5, "qa": 0.5, "kw": 0.5,
    "bh": 0.4, "om": 0.6, "jp": 0.6, "kr": 0.4, "th": 0.4, "za": 0.7, "au": 1,
}  # fmt: skip
