"""The plates of the Americas as a table.

The rule to know: patterns are written as `designs` says; what stands small and stacked beside the
serial (`=`) is never in the text, as in the labels of the real crops.
"""

from dataclasses import replace

from tools.train.looks import (
    AMBER,
    BLACK,
    BLUE,
    CONSONANTS,
    CREAM,
    GREEN,
    GREY,
    MAROON,
    MINT,
    NAVY,
    NO_IO,
    NO_IOQ,
    PEACH,
    RED,
    SILVER,
    SKY,
    WHITE,
    YELLOW,
    Colour,
    Design,
)  # fmt: skip

_SIZE, _BOX = (305, 152), (0.035, 0.2, 0.965, 0.84)
_STATES = ("CALIFORNIA", "Texas", "FLORIDA", "New Jersey", "PENNSYLVANIA", "NORTH CAROLINA",
    "WISCONSIN", "OHIO", "WYOMING", "Virginia", "GEORGIA", "ILLINOIS", "Michigan", "COLORADO",
    "ARIZONA", "OREGON", "Massachusetts", "CONNECTICUT", "MARYLAND", "NORTH DAKOTA", "MINNESOTA",
    "WASHINGTON", "NEVADA", "UTAH", "Vermont", "Maine", "Louisiana", "Scenic IDAHO", "Hawaii",
    "Rhode Island", "Tennessee", "KANSAS", "Arkansas", "Montana", "Alaska", "INDIANA", "Delaware",
    "New Hampshire", "Mississippi", "OKLAHOMA", "South Carolina", "IOWA", "NEBRASKA", "Kentucky",
    "ALABAMA", "West Virginia", "NEW MEXICO", "Missouri", "South Dakota")  # fmt: skip
_SLOGANS = ("Garden State", "Sunshine State", "The Lone Star State", "First in Flight",
    "America's Dairyland", "TRK", "Discover the Spirit", "Land of Lincoln", "Great Lakes",
    "GRAND CANYON STATE", "10,000 lakes", "visitpa.com", "Famous Potatoes", "Green Mountain State",
    "TAXATION WITHOUT REPRESENTATION", "Evergreen State", "Constitution State", "dmv.gov",
    "The Spirit of America", "Birthplace of Aviation", "ALOHA STATE", "Ocean State", "TRUCK",
    "LIVE FREE OR DIE", "Vacationland", "Sportsman's Paradise", "Wild, Wonderful", "COMMERCIAL",
    "29 - Hamilton", "WARREN", "THE FIRST STATE", "APPORTIONED", "www.michigan.gov",
    "Treasure State", "SESQUICENTENNIAL", "Native America", "")  # fmt: skip
_US = ("aaa dddd", "aaa-dddd", "aaa*dddd", "aaa ddd", "aaa-ddd", "aaa*ddd", "ddd aaa",
    "ddd-aaa", "ddd*aaa", "naaaddd", "aadd aaa", "add aaa", "addaaa", "dddddd", "aad ddda",
    "ddaa dd", "aa ddddd", "dddd aa", "a dddddd", "ddd ddd", "d*ddda", "aa dd", "xxxxx", "xxxxxx",
    "xxxxxxx", "aaa daa", "aaa*aaa", "ddda dd", "aa dddd", "daa dddd", "dddaaa", "aaadd", "nadddd",
    "dd ddd", "ddd=ddd", "aaa~ddd", "aad~daa", "ddd~aaa", "n~ddda", "aaddd~aa")  # fmt: skip
_STACKED = ("=ddddd", "=aaaa", "=addd", "aaaa=", "dddd=", "=aa ddd", "ddd aa=", "=dd ddd",
    "=adddd", "~dddd", "=~ddd", "~aaaad", "=dddddd", "dddda=", "d=ddda", "aa=ddd")  # fmt: skip
_BR_TOWNS = ("SP-SAO PAULO", "PR-CURITIBA", "RJ-RIO DE JANEIRO", "PE-RECIFE", "RS-PORTO ALEGRE",
    "SC-JOINVILLE", "PR-PARANAGUA", "MG-BELO HORIZONTE", "DF-BRASILIA", "RJ-NITEROI")  # fmt: skip
_PROVINCES = ("Ontario", "Quebec", "ALBERTA", "Beautiful British Columbia", "Manitoba",
    "SASKATCHEWAN", "Nova Scotia", "New Brunswick", "Newfoundland & Labrador",
    "YUKON")  # fmt: skip

_STATE = Design("us", _US, _SIZE, ink=NAVY, height=0.46, aspect=0.48, family="die", box=_BOX,
    top=_STATES, bottom=_SLOGANS, art="us")  # fmt: skip
_FLAT = replace(_STATE, family="flat", height=0.44, aspect=0.5)
_NY = replace(_STATE, patterns=("aaa*dddd",), paper=(245, 235, 225), height=0.48,
    aspect=0.43, top=("NEW YORK",), bottom=("EMPIRE STATE", "EXCELSIOR", "T&LC",
    "COMMERCIAL", ""), slogan_ink=NAVY, art="ny")  # fmt: skip
_TAXI = ("TddddddC",) * 3 + ("YddddddC", "dadd^a", "dadd ^a")
_CANADA = replace(_STATE, region="ca", top=_PROVINCES, slogan_ink=NAVY)
_BRAZIL = Design("br", ("aaa-dddd", "aaa.dddd"), (400, 130), GREY, BLACK, height=0.52, aspect=0.58,
    family="br", box=(0.02, 0.22, 0.98, 0.98), top=_BR_TOWNS, art="br")  # fmt: skip
_MERCOSUR = Design("br", ("aaadadd",), (400, 130), height=0.52, family="fe",
    box=(0.05, 0.25, 0.97, 1.0), top=("BRASIL",), slogan_ink=WHITE, art="mercosur")  # fmt: skip


def _recoloured(paper: Colour, ink: Colour, weight: float) -> Design:
    """A Brazilian plate of another use: red for hire, green for trade, and so on."""
    return replace(_BRAZIL, paper=paper, ink=ink, slogan_ink=ink, weight=weight)


AMERICA: tuple[Design, ...] = (
    replace(_NY, weight=4),
    replace(_NY, patterns=("aaa*dddd", "ddddd*aa", "dddd*aa"), paper=AMBER, slogan_ink=AMBER,
        weight=3.5),
    replace(_NY, patterns=_TAXI, paper=AMBER, slogan_ink=AMBER, bottom=("T&LC", "TAXI"), weight=2),
    replace(_NY, patterns=_TAXI, paper=WHITE, aspect=0.4, art="plain", bottom=("T&LC", "")),
    replace(_STATE, patterns=("adda*aaa", "add*aaa", "aaa*ddd", "aa*dddd", "daaaddd", "aaadda"),
        paper=YELLOW, ink=BLACK, top=("New Jersey",), bottom=("Garden State", "APPORTIONED"),
        art="fade", weight=1.5),
    replace(_STATE, slogan_ink=RED, weight=4),
    replace(_STATE, patterns=_STACKED, slogan_ink=NAVY, art="scenery", weight=1.5),
    replace(_STATE, patterns=_STACKED, ink=GREEN, paper=CREAM, slogan_ink=NAVY, weight=1),
    replace(_STATE, paper=SKY, ink=BLACK, slogan_ink=NAVY, art="scenery", weight=3),
    replace(_STATE, paper=PEACH, ink=GREEN, top=_SLOGANS, bottom=_STATES, art="scenery", weight=2),
    replace(_STATE, paper=YELLOW, ink=BLACK, weight=1.5),
    replace(_STATE, ink=RED, slogan_ink=NAVY, art="scenery", weight=2),
    replace(_STATE, ink=MAROON, family="any", slogan_ink=BLUE, art="scenery", weight=1.5),
    replace(_STATE, paper=BLUE, ink=WHITE, slogan_ink=WHITE),
    replace(_STATE, paper=GREEN, ink=WHITE, slogan_ink=WHITE, art="plain", weight=0.8),
    replace(_STATE, paper=BLACK, ink=YELLOW, bottom=("",), slogan_ink=YELLOW, weight=0.5),
    replace(_STATE, paper=NAVY, ink=YELLOW, slogan_ink=YELLOW, weight=0.5),
    replace(_STATE, paper=CREAM, ink=BLACK, slogan_ink=MAROON, art="picture", weight=2),
    replace(_FLAT, ink=NAVY, slogan_ink=RED, art="picture", weight=2),
    replace(_FLAT, ink=BLACK, paper=MINT, slogan_ink=GREEN, art="scenery", weight=1.5),
    replace(_FLAT, patterns=_STACKED, ink=BLACK, slogan_ink=NAVY, art="picture", weight=1.5),
    # Motorcycles: half the size, two rows in some states.
    replace(_STATE, patterns=("ddddd", "adddd", "ddaaa", "=dddd", "aadddd"), size=(178, 102),
        slogan_ink=NAVY, weight=0.5),
    replace(_CANADA, patterns=("aaaa ddd", "aaaa*ddd", "aaa ddd", "aaaa~ddd"),
        bottom=("YOURS TO DISCOVER", ""), weight=1.2),
    replace(_CANADA, patterns=("add aaa", "aaa ddd", "aa*d ddd", "ddd aaa", "aaa-dddd", "aaa*ddd"),
        ink=RED, bottom=("Je me souviens", "Friendly", "Wild Rose Country"), slogan_ink=RED),
    replace(_CANADA, patterns=("aa*ddd", "aad ddd", "aa ddda", "ddd aaa", "a dddddd", "=dddd"),
        ink=BLUE, letters=NO_IOQ, bottom=("Beautiful", "Land of Living Skies", ""), art="scenery"),
    replace(_CANADA, patterns=("Lddddda", "adddddd", "add aaa", "ddd ddd"), ink=NAVY, paper=SKY,
        bottom=("Je me souviens", "CANADA'S OCEAN PLAYGROUND"), family="flat", art="picture"),
    replace(_BRAZIL, weight=5),
    _recoloured((70, 55, 150), SILVER, 2),
    _recoloured(WHITE, RED, 0.4),
    _recoloured(WHITE, BLACK, 0.8),
    replace(_BRAZIL, patterns=("aaa|dddd",), size=(200, 170), height=0.34, aspect=0.66,
        box=(0.04, 0.18, 0.96, 0.97), weight=1),
    replace(_MERCOSUR, weight=2),
    replace(_MERCOSUR, ink=RED, weight=0.5),
    replace(_MERCOSUR, patterns=("aaa|dadd",), size=(200, 170), height=0.34,
        box=(0.05, 0.22, 0.95, 0.97), weight=0.8),
    Design("ar", ("aaa ddd", "aaa*ddd"), (294, 129), BLACK, WHITE, family="die", height=0.5,
        aspect=0.5, box=(0.05, 0.2, 0.95, 0.95), top=("ARGENTINA",), slogan_ink=BLUE, art="ar"),
    replace(_MERCOSUR, region="ar", patterns=("aa ddd aa",), top=("REPUBLICA ARGENTINA",),
        box=(0.05, 0.25, 0.95, 1.0)),
    replace(_MERCOSUR, region="ar", patterns=("addd|aaa",), size=(236, 140), height=0.32,
        top=("REPUBLICA ARGENTINA",), box=(0.05, 0.24, 0.95, 0.97), weight=0.3),
    replace(_MERCOSUR, region="uy", patterns=("aaa dddd",), top=("URUGUAY",)),
    replace(_MERCOSUR, region="py", patterns=("aaaa ddd",), top=("PARAGUAY",)),
    replace(_STATE, region="mx", patterns=("aaa-dd-dd", "aaa-ddd-a", "a-ddd-aaa", "ddd-aaa"),
        letters=NO_IOQ, top=("JALISCO", "MEXICO", "NUEVO LEON", "Ciudad de Mexico", "SONORA"),
        bottom=("MEXICO", "DELANTERA", "TRASERA"), art="scenery"),
    Design("cl", ("aa:aa:dd", "aa*aa-dd", "aa-dddd"), (360, 130), letters=CONSONANTS, height=0.58,
        family="din", bottom=("CHILE",), box=(0.04, 0, 0.96, 0.86)),
    Design("co", ("aaa*ddd", "aaa ddd"), (330, 160), YELLOW, letters=NO_IO, height=0.52,
        family="din", bottom=("BOGOTA D.C.", "MEDELLIN", "CALI"), box=(0.05, 0.05, 0.95, 0.84)),
    Design("co", ("aaa|dda", "aaa|ddd"), (235, 160), YELLOW, letters=NO_IO, height=0.34,
        family="din", bottom=("BOGOTA D.C.", "CALI"), box=(0.05, 0.05, 0.95, 0.86), weight=0.4),
    Design("pe", ("aaa-ddd", "adx-ddd"), (300, 150), letters=NO_IOQ, height=0.5, family="din",
        top=("PERU",), box=(0.05, 0.2, 0.95, 1.0)),
)  # fmt: skip
AMERICA_WEIGHTS: dict[str, float] = {
    "us": 24, "ca": 5, "br": 10, "ar": 4, "uy": 0.3, "py": 0.3, "mx": 1, "cl": 0.4, "co": 0.5,
    "pe": 0.3,
}  # fmt: skip
