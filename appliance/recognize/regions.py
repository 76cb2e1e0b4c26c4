"""Plate syntax as a weight on what the reader saw.

The one rule: syntax weighs, it never rejects.  What was read stays among the candidates, and a
character is reinterpreted only where the picture cannot decide (O and 0, I and 1) or the reader
itself was unsure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import product
from pathlib import Path

from appliance.domain import Candidate, Read
from appliance.errors import ConfigurationError, ModelError
from appliance.recognize.syntax import Format, Region, read_region, shape_of

LISTED = 5
"""Candidates in the answer, as `Read` promises."""

ABROAD, STRANGE = 0.8, 0.5
"""Weight of a text that fits only regions away from home, and of one that fits none; at home it
is 1.  Mild, because 2.2 % of the real plates in `plates/read` (split train) fit nothing: personal,
diplomatic, military."""

HOME_SHARE = 0.97
"""Share of the traffic that belongs to the home regions, as a prior for the region; the rest of the
world shares what is left by its number of vehicles.  A guess, for no label says where its camera
hung; at 0.9 Chinese syntax outvoted German at home.  Near a border name the neighbours too."""

MAJORITY, ANYWHERE = 0.6, 0.9
"""A region is named when it is at least this likely; the second where no home is named, for then
the shares of the traffic are a guess.  On the training labels without a home 0.6 named 50 % of the
plates, 90 % of them right (the EU counted as one), 0.9 names 35 %, 96 % of them right."""

SURE = 0.9
"""A character below this confidence may have been its look-alike."""

MOST_SWAPS = 4
"""Characters that are tried both ways, 15 variants at most: the time of a plate stays bounded."""

ALIKE = {"O": "0", "0": "O", "I": "1", "1": "I"}
"""Drawn the same on many plates: the picture cannot tell them apart, so the odds are even whatever
the reader says."""

SIMILAR = {"B": "8", "8": "B", "S": "5", "5": "S", "Z": "2", "2": "Z", "G": "6", "6": "G"}
"""Confused under blur: the odds are what the character's own confidence leaves over."""


class Regions:
    """The known jurisdictions, ready to weigh texts; it never changes, so threads may share it."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self.by_code = {region.code: region for region in regions}
        self._by_shape: dict[str, list[Format]] = defaultdict(list)
        for form in (form for region in regions for form in region.formats):
            for shape in form.shapes:
                self._by_shape[shape].append(form)

    def require(self, home: Sequence[str]) -> None:
        """Raise ConfigurationError, naming each, unless all of `home` are regions or countries."""
        known = sorted({*self.by_code, *map(_country, self.by_code)})
        strange = [code for code in home if code not in known]
        if strange:
            raise ConfigurationError("\n".join(_unknown(code, known) for code in strange))

    def fitting(self, text: str) -> list[Format]:
        """The formats that `text` fits, of all regions."""
        forms = self._by_shape.get(shape_of(text), ())
        return [form for form in forms if form.expression.fullmatch(text)]

    def rank(self, read: Read, home: Sequence[str]) -> Read:
        """The read with its candidates weighed by syntax, and its region where the syntax tells.

        Probabilities never gain mass: what the reader left to unlisted texts stays with them.

        Args:
            read: as the reader gives it; `characters` may be empty where they are not known.
            home: codes of the regions whose plates are expected here; "us" stands for its states
                too.  Empty: no region is expected more than another.
        """
        if not read.text or not read.candidates:
            return replace(read, candidates=read.candidates[:LISTED])
        homes = {code for code in self.by_code if code in home or _country(code) in home}
        found = {candidate.text: candidate.confidence for candidate in read.candidates}
        found = _weighed(self._with_look_alikes(read, found, homes), self, homes)
        best = _best(found, read.text)
        text = best[0].text
        region, confidence = self._region(text, homes)
        return replace(
            read,
            text=text,
            confidence=best[0].confidence,
            characters=_characters(read, best[0]),
            candidates=best,
            region=region,
            region_confidence=confidence,
            format_ok=bool(self.fitting(text)),
        )

    def weight(self, text: str, homes: set[str]) -> float:
        """1 where a text fits at home (anywhere, if there is none), else ABROAD or STRANGE."""
        fitting = self.fitting(text)
        if not fitting:
            return STRANGE
        return 1.0 if not homes or any(form.region in homes for form in fitting) else ABROAD

    def _with_look_alikes(
        self, read: Read, found: Mapping[str, float], homes: set[str]
    ) -> dict[str, float]:
        """The texts, and where the read one does not fit at home its look-alikes that do.

        Only at home: with look-alikes from abroad 18 of the 115 personal and rare plates in the
        American training labels became another country's (ATHEIST a Polish ATHE1ST).
        """
        if not found.get(read.text) or self.weight(read.text, homes) == 1.0:
            return dict(found)
        odds = {t: chance for t, chance in _look_alikes(read) if self.weight(t, homes) == 1.0}
        likeliest = sorted(odds, key=lambda text: -odds[text])[: LISTED - 1]
        return _shared(found, read.text, {text: odds[text] for text in likeliest})

    def _region(self, text: str, homes: set[str]) -> tuple[str | None, float]:
        """The region that is likely enough, else the country that is, else none."""
        likely = self._posterior(text, homes)
        countries: dict[str, float] = defaultdict(float)
        for code, probability in likely.items():
            countries[_country(code)] += probability
        for level in (likely, countries):
            code = max(level, key=lambda code: level[code], default="")
            if level.get(code, 0.0) >= (MAJORITY if homes else ANYWHERE):
                return code, min(1.0, level[code])
        return None, 0.0

    def _posterior(self, text: str, homes: set[str]) -> dict[str, float]:
        """Probability of each region that `text` fits: Bayes with densities and traffic."""
        joint: dict[str, float] = defaultdict(float)
        near, far = self._traffic(homes)
        for form in self.fitting(text):
            traffic = near if form.region in homes else far
            joint[form.region] += form.density * traffic * self.by_code[form.region].vehicles
        total = sum(joint.values())
        return {code: value / total for code, value in joint.items()} if total else {}

    def _traffic(self, homes: set[str]) -> tuple[float, float]:
        """Share of the traffic for a million vehicles of a home region, and of any other."""
        vehicles = {code: region.vehicles for code, region in self.by_code.items()}
        inside = sum(count for code, count in vehicles.items() if code in homes)
        outside = sum(vehicles.values()) - inside
        if not homes:
            return 0.0, 1.0 / outside
        return HOME_SHARE / inside, (1 - HOME_SHARE) / max(outside, 1e-9)


def load_regions(folder: Path) -> Regions:
    """All `*.toml` of `folder`.

    Raises:
        ModelError: there is none, or one is not as it must be (file, key and value are named).
    """
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError as fault:
        raise ModelError(f"{folder}: cannot be read: {fault.strerror}") from fault
    regions = [read_region(path) for path in paths]
    if not regions:
        raise ModelError(f"{folder}: no region files (*.toml) here")
    return Regions(regions)


def _unknown(code: str, known: Sequence[str]) -> str:
    near = get_close_matches(code, known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"region {code!r} is not known{hint}"


def _country(code: str) -> str:
    return code.partition("-")[0]


def _weighed(found: Mapping[str, float], regions: Regions, homes: set[str]) -> dict[str, float]:
    """Bayes over the listed texts and the rest, which nobody looked at and which weighs 1."""
    weighed = {text: p * regions.weight(text, homes) for text, p in found.items()}
    total = sum(weighed.values()) + max(0.0, 1.0 - sum(found.values()))
    return {text: p / total for text, p in weighed.items()}


def _best(found: Mapping[str, float], raw: str) -> tuple[Candidate, ...]:
    """The likeliest texts, best first; `raw` is among them, in the last place if it earned none."""
    ranked = sorted(found, key=lambda text: (-found[text], text != raw, text))
    kept = ranked[:LISTED]
    if raw not in kept and raw in found:
        kept[-1] = raw
    return tuple(Candidate(text, found[text]) for text in kept)


def _look_alikes(read: Read) -> Iterator[tuple[str, float]]:
    """Texts that could look like the read one, with their odds against it, 0 to 1."""
    sure = read.characters if len(read.characters) == len(read.text) else (1.0,) * len(read.text)
    swaps: dict[int, tuple[str, float]] = {}
    for place, (character, confidence) in enumerate(zip(read.text, sure, strict=True)):
        if character in ALIKE:
            swaps[place] = (ALIKE[character], 1.0)
        elif character in SIMILAR and confidence < SURE:
            swaps[place] = (SIMILAR[character], min(1.0, (1 - confidence) / max(confidence, 1e-9)))
    places = sorted(swaps, key=lambda place: -swaps[place][1])[:MOST_SWAPS]
    for choice in product((False, True), repeat=len(places)):
        chosen = [place for place, swap in zip(places, choice, strict=True) if swap]
        if chosen:
            yield _swapped(read.text, {place: swaps[place] for place in chosen})


def _swapped(text: str, swaps: Mapping[int, tuple[str, float]]) -> tuple[str, float]:
    characters, odds = list(text), 1.0
    for place, (other, chance) in swaps.items():
        characters[place] = other
        odds *= chance
    return "".join(characters), odds


def _shared(found: Mapping[str, float], raw: str, odds: Mapping[str, float]) -> dict[str, float]:
    """`found` with the mass of `raw` and its look-alikes divided by their odds; the sum stays.

    A look-alike that the reader listed itself keeps at least the odds that the reader gave it.
    """
    odds = {text: max(chance, found.get(text, 0.0) / found[raw]) for text, chance in odds.items()}
    mass = found[raw] + sum(found.get(text, 0.0) for text in odds)
    unit = mass / (1.0 + sum(odds.values()))
    return {**found, raw: unit, **{text: unit * chance for text, chance in odds.items()}}


def _characters(read: Read, best: Candidate) -> tuple[float, ...]:
    """Confidence of each character of `best`, as far as those of the read text tell."""
    if best.text == read.text:
        return read.characters
    if len(best.text) != len(read.text) or len(read.characters) != len(read.text):
        even = best.confidence ** (1 / max(1, len(best.text)))
        return (even,) * len(best.text)
    seen = zip(best.text, read.text, read.characters, strict=True)
    return tuple(p if a == b or ALIKE.get(a) == b else 1.0 - p for a, b, p in seen)
