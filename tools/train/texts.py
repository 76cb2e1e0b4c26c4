"""The texts that no syntax makes: vanity plates and free strings.

The rule to know: a layout may hold separators (`designs` lists them); what is read is its letters
and digits alone. The words are our own list: names, hobbies, moods, as drivers choose them.
"""

import numpy as np

from tools.train.looks import DIGITS, FULL, Design

# Scarce in the real crops (plates/read, split train) or easily confused.
RARE = "IOQDWV01"
WORDS = tuple(
    # A literal would be 300 lines of quotes.
    """
    ACE ADA AIR ALL AMY ANGEL ANNA ART ASH AUNTY AWAY BABY BAD BASS BEACH BEAR BEE BEN BIG BIKE BIRD
    BLUE BOAT BOB BOO BOSS BOX BOY BRAVO BREW BUG BUS CAB CALM CAPT CARS CASH CAT CHEF CHILL COACH
    COFFEE COOL COP COW CRAZY CUB CUTE DAD DAISY DAN DANCE DAVE DAY DEB DIVA DIVE DOC DOG DREAM
    DRIVE DRUM DUDE DUKE EARTH EASY EGO ELK ELVIS EMMA ENJOY EVA EVIL EXIT FAB FAITH FAN FARM FAST
    FIRE FISH FLY FOX FREE FROG FUN GAMER GATOR GEEK GEM GIRL GO GOD GOLD GOLF GOOD GRACE GRAM GRL
    GURU GUY HAPPY HAWK HERO HIKE HIP HOCKEY HOG HONEY HOPE HORSE HOT HUG HUNT ICE ICON IDOL INDIGO
    IRISH IRON ISLAND IVY JACK JAM JAZZ JEEP JEN JET JIM JOB JOE JOHN JOY JUDO JUMP JUST KAT KAYAK
    KEN KEY KIDS KIM KING KITE KITTY LADY LAKE LAW LEO LIFE LIL LION LIVE LOLA LOVE LUCKY LUV LUX
    MAC MAGIC MAMA MAN MARY MAX MAY MED MEL MIA MIKE MILK MINI MOJO MOM MOON MOOSE MR MRS MUSIC MY
    NANA NAVY NED NEW NICE NICK NIN NINJA NO NOLA NURSE OAK OCEAN OH OIL OLD ONE OPEN OTTER OUT OWL
    PAM PAPA PARTY PAT PEACE PHD PIG PILOT PINK PIXIE POLO POP PRO PUG QUACK QUEEN QUEST QUICK QUILT
    RACE RAD RAIN RAY RED RELAX RIDE RIO ROAD ROB ROCK ROLL ROSE ROY RUN RUNNER SAIL SAM SASSY SEA
    SHARK SHE SHOW SING SKI SKY SLOW SMILE SNOW SOLO SON SOUL SPEED STAR STEVE SUN SURF SWIM TANGO
    TEA TED TEX THE TIA TIGER TIM TINY TOM TOP TOY TRUCK TURBO TWIN UNO UP USA USMC VAN VEGAN VET
    VIC VINO VIOLIN VIP VIVID VW WAG WAVE WEED WICKED WILD WIN WINE WITCH WOLF WOW WRLD XENA XMAS
    YAK YES YODA YOGA YOU YUM ZEN ZIP ZOE ZOO ZOOM
    """.split()  # noqa: SIM905
)
HEADS = ("", "", "", "", "I", "IM", "MY", "MR", "MS", "GO", "THE", "2", "4", "U", "BE", "LUV", "O")
TAILS = ("", "", "", "", "1", "2", "4U", "S", "ER", "99", "11", "07", "01", "ME", "X", "IT", "Q")
LEET = {"E": "3", "S": "5", "A": "4", "I": "1", "O": "0", "T": "7", "B": "8", "G": "6", "Z": "2"}
VOWELS = frozenset("AEIOU")


def vanity(rng: np.random.Generator, most: int = 7) -> str:
    """A layout such as `IM JSAYN` or `K5EYEMD` of 2 to `most` characters, as North America has."""
    while True:
        parts = [_one(rng, HEADS), _bent(rng, _one(rng, WORDS)), _one(rng, TAILS)]
        if rng.random() < 0.2:
            parts = [_one(rng, WORDS), _one(rng, WORDS)]
        said = "".join(parts)
        if 2 <= len(said) <= most:
            return ((" " if rng.random() < 0.4 else "").join(filter(None, parts))).strip()


def _bent(rng: np.random.Generator, word: str) -> str:
    """The word as it is, without its inner vowels, with figures for letters, or misspelt."""
    kind = rng.random()
    if kind < 0.25:
        return word[0] + "".join(c for c in word[1:-1] if c not in VOWELS) + word[-1]
    if kind < 0.45:
        return "".join(LEET.get(c, c) if rng.random() < 0.5 else c for c in word)
    if kind < 0.65:
        place = int(rng.integers(len(word)))
        return word[:place] + FULL[int(rng.integers(26))] + word[place + int(rng.integers(2)) :]
    return word


def worded(rng: np.random.Generator, layout: str, letters: str) -> str:
    """`layout` with a run of three letters or more replaced by a word of `letters`, if one fits."""
    for length in (3, 4):
        start = next(
            (i for i in range(len(layout) - length + 1) if layout[i : i + length].isalpha()), None
        )
        fitting = [w for w in WORDS if len(w) == length and set(w) <= set(letters)]
        if start is not None and fitting:
            return layout[:start] + _one(rng, fitting) + layout[start + length :]
    return layout


def random_text(rng: np.random.Generator, letters: str = FULL) -> str:
    """3 to 9 of `letters` and the digits, every second one from the rare ones on average.

    Where the alphabet lacks I or O its figure is drawn in their place: the region's own rule.
    """
    allowed = letters + DIGITS
    pools = ([c for c in RARE if c in allowed], list(allowed))
    picks = [pools[int(rng.integers(2))] for _ in range(int(rng.integers(3, 10)))]
    return "".join(pool[int(rng.integers(len(pool)))] for pool in picks)


def freely(rng: np.random.Generator, design: Design, text: str) -> str:
    """`text` laid out without a syntax: in as many lines as the design has."""
    middle = max(1, len(text) // 2)
    if "|" in design.patterns[0] and len(text) > 1:
        return f"{text[:middle]}|{text[middle:]}"
    separator = ("", "", " ", "-")[int(rng.integers(4))] if len(text) > 1 else ""
    return text[:middle] + separator + text[middle:]


def _one(rng: np.random.Generator, options: tuple[str, ...] | list[str]) -> str:
    return options[int(rng.integers(len(options)))]
