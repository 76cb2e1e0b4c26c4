"""Plate syntax: the files that ship, the notation, and what weighing may and may not do."""

from __future__ import annotations

from dataclasses import replace
from math import fsum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import Candidate, Read
from appliance.errors import ConfigurationError, ModelError
from appliance.recognize.regions import LISTED, load_regions
from appliance.recognize.syntax import Region

FOLDER = Path(__file__).parents[2] / "models" / "regions"
REGIONS = load_regions(FOLDER)
HOMES = st.lists(st.sampled_from(sorted(REGIONS.by_code)), max_size=3, unique=True)
ALL_EXAMPLES = [
    (region.code, example)
    for region in REGIONS.by_code.values()
    for form in region.formats
    for example in form.examples
]
TEXTS = st.one_of(
    st.text("ABIOSZGQ0158269", min_size=1, max_size=9),
    st.sampled_from([example for _, example in ALL_EXAMPLES]),
)


def read(text: str, *others: tuple[str, float], p: float = 0.9, sure: float = 0.95) -> Read:
    """A read of `text` with probability `p`, every character `sure`, and other candidates."""
    listed = ((text, p), *others)
    return Read(text, p, (sure,) * len(text), tuple(Candidate(t, q) for t, q in listed))


@st.composite
def reads(draw: st.DrawFn) -> Read:
    """Reads as the reader gives them: up to eight distinct texts, at most the whole mass."""
    texts = draw(st.lists(TEXTS, min_size=1, max_size=8, unique=True))
    shares = draw(
        st.lists(st.floats(0.01, 1.0), min_size=len(texts), max_size=len(texts)).map(
            lambda values: sorted(values, reverse=True)
        )
    )
    whole = fsum(shares) / draw(st.floats(0.05, 1.0))
    listed = [Candidate(text, share / whole) for text, share in zip(texts, shares, strict=True)]
    sure = draw(st.lists(st.floats(0.0, 1.0), min_size=len(texts[0]), max_size=len(texts[0])))
    return Read(listed[0].text, listed[0].confidence, tuple(sure), tuple(listed))


REAL = {
    "British": ("KX53PXF", [], "gb"),
    "Croatian": ("ZG900DO", ["hr"], "hr"),
    "German": ("MXY123", ["de"], "de"),
    "German historic": ("WESQ501H", ["de"], "de"),
    "French at home": ("AB344CA", ["fr"], "fr"),
    "Italian at home": ("GX123AB", ["it"], "it"),
    "Spanish": ("7439BBG", ["es"], "es"),
    "Dutch": ("39VFGR", ["nl"], "nl"),
    "Swiss": ("ZH445789", ["ch"], "ch"),
    "Polish": ("WE1234A", ["pl"], "pl"),
    "Romanian": ("CJ34ABC", ["ro"], "ro"),
    "Turkish": ("34ABC123", [], "tr"),
    "Ukrainian": ("AA1234BB", [], "ua"),
    "Russian": ("A123BC77", [], "ru"),
    "Indian": ("MH12AB1234", [], "in"),
    "Vietnamese motorcycle": ("59P178999", [], "vn"),
    "Brazilian Mercosul": ("BRA2E19", ["br"], "br"),
    "Argentine": ("AD937XK", ["ar"], "ar"),
    "South African": ("BB12CDGP", [], "za"),
    "New York hired car": ("T790697C", ["us"], "us-ny"),
    "Californian": ("8BCE623", ["us"], "us-ca"),
    "a score of American states": ("LFV4539", ["us"], "us"),
    "Ontarian": ("BKTC123", ["ca"], "ca-on"),
}


@pytest.mark.parametrize(("text", "home", "region"), REAL.values(), ids=REAL)
def test_region_of_real_plates(text: str, home: list[str], region: str) -> None:
    """A real plate's region is named, its text stays, and the confidence is that of a majority."""
    ranked = REGIONS.rank(read(text), home)
    assert (ranked.text, ranked.region, ranked.format_ok) == (text, region, True)
    assert 0.6 <= ranked.region_confidence <= 1.0


AMBIGUOUS = {
    "France or Italy, nobody's home": ("AB344CA", []),
    "France or Italy, both at home": ("AB344CA", ["fr", "it"]),
    "Belgium, Lithuania, Sweden and a dozen more": ("BKA123", []),
}


@pytest.mark.parametrize(("text", "home"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_several_likely_regions_name_none(text: str, home: list[str]) -> None:
    """Where several regions are about equally likely none is named, yet the format is right."""
    ranked = REGIONS.rank(read(text), home)
    assert (ranked.region, ranked.region_confidence, ranked.format_ok) == (None, 0.0, True)


def test_personal_plate_is_kept() -> None:
    """A text that fits no syntax is kept as read, without a region, with less confidence."""
    ranked = REGIONS.rank(read("JUSTMAUID"), ["us"])
    assert (ranked.text, ranked.region, ranked.format_ok) == ("JUSTMAUID", None, False)
    assert 0.5 < ranked.confidence < 0.9


MENDED = {
    "O among Croatian digits": ("ZGO00DO", "ZG000DO", ["hr"]),
    "O among Croatian digits, in the middle": ("ZG90ODO", "ZG900DO", ["hr"]),
    "I among British digits": ("KX5IPXF", "KX51PXF", ["gb"]),
    "O and I in a British age": ("KXIOPXF", "KX10PXF", ["gb"]),
    "0 in an old Brazilian prefix": ("0IP4357", "OIP4357", ["br"]),
    "O in a Vietnamese number": ("59P1O8999", "59P108999", ["vn"]),
}


@pytest.mark.parametrize(("seen", "meant", "home"), MENDED.values(), ids=MENDED)
def test_indistinguishable_characters_are_settled_by_syntax(
    seen: str, meant: str, home: list[str]
) -> None:
    """O/0 and I/1 follow the home's syntax however sure the reader was; the text seen is listed."""
    ranked = REGIONS.rank(read(seen, sure=0.99), home)
    assert ranked.text == meant
    assert seen in [candidate.text for candidate in ranked.candidates]
    assert len(ranked.characters) == len(meant)


def test_similar_characters_need_doubt() -> None:
    """B/8 is settled by syntax where the reader doubted the character, and left elsewhere."""
    doubted = replace(read("KX5BPXF"), characters=(*[0.95] * 3, 0.5, *[0.95] * 3))
    assert REGIONS.rank(doubted, ["gb"]).text == "KX58PXF"
    sure = REGIONS.rank(read("KX5BPXF", sure=0.95), ["gb"])
    assert [candidate.text for candidate in sure.candidates] == ["KX5BPXF"]


def test_confidence_of_a_mended_character() -> None:
    """A similar character put in another's place is no surer than the doubt it came from."""
    doubted = replace(read("KX5BPXF"), characters=(*[0.95] * 3, 0.6, *[0.95] * 3))
    assert REGIONS.rank(doubted, ["gb"]).characters[3] == pytest.approx(0.4)


def test_fitting_look_alike_is_not_swapped() -> None:
    """A text that fits at home gains no look-alike, although both ways would fit."""
    ranked = REGIONS.rank(read("ADR2157"), ["br"])
    assert [candidate.text for candidate in ranked.candidates] == ["ADR2157"]


def test_syntax_overturns_a_close_second() -> None:
    """Of two close candidates the one that fits at home wins, and both stay."""
    ranked = REGIONS.rank(read("KX53PX7", ("KX53PXF", 0.4), p=0.45), ["gb"])
    assert [candidate.text for candidate in ranked.candidates] == ["KX53PXF", "KX53PX7"]


def test_syntax_does_not_overturn_a_clear_read() -> None:
    """A text that fits nothing still wins where the reader preferred it clearly."""
    assert REGIONS.rank(read("KX53PX7", ("KX53PXF", 0.2), p=0.7), ["gb"]).text == "KX53PX7"


def test_home_counts_more_than_abroad() -> None:
    """Of two equal candidates the one that fits at home comes first, whichever home it is."""
    pair = read("ZG900DO", ("BG123XY", 0.4), p=0.4)
    assert REGIONS.rank(pair, ["hr"]).text == "ZG900DO"
    assert REGIONS.rank(pair, ["ba"]).text == "ZG900DO"
    assert REGIONS.rank(read("ZG90DOA", ("KX53PXF", 0.4), p=0.4), ["gb"]).text == "KX53PXF"


def test_nothing_read_stays_nothing() -> None:
    """An empty read passes unchanged."""
    empty = Read("", 0.0, (), ())
    assert REGIONS.rank(empty, ["de"]) == empty


@given(reads(), HOMES)
def test_probabilities_are_probabilities(seen: Read, home: list[str]) -> None:
    """At most five distinct candidates, within 0..1, not increasing, of no more mass than seen."""
    ranked = REGIONS.rank(seen, home)
    chances = [candidate.confidence for candidate in ranked.candidates]
    assert 1 <= len(chances) <= LISTED
    assert len({candidate.text for candidate in ranked.candidates}) == len(chances)
    assert chances == sorted(chances, reverse=True)
    assert all(0.0 <= chance <= 1.0 for chance in chances)
    assert fsum(chances) <= fsum(c.confidence for c in seen.candidates) + 1e-9


@given(reads(), HOMES)
def test_what_was_seen_is_never_hidden(seen: Read, home: list[str]) -> None:
    """The text that the reader held likeliest is among the candidates, whatever syntax says."""
    ranked = REGIONS.rank(seen, home)
    assert seen.text in [candidate.text for candidate in ranked.candidates]


@given(reads(), HOMES)
def test_the_read_agrees_with_itself(seen: Read, home: list[str]) -> None:
    """Text and confidence are the first candidate's; one confidence a character, within 0..1."""
    ranked = REGIONS.rank(seen, home)
    assert (ranked.text, ranked.confidence) == (
        ranked.candidates[0].text,
        ranked.candidates[0].confidence,
    )
    assert len(ranked.characters) == len(ranked.text)
    assert all(0.0 <= chance <= 1.0 for chance in ranked.characters)
    assert (ranked.region is None) == (ranked.region_confidence == 0.0)
    assert ranked.format_ok or ranked.region is None


@given(reads(), HOMES)
def test_ranking_is_deterministic(seen: Read, home: list[str]) -> None:
    """The same read gives the same answer, also from files loaded anew and a home turned round."""
    assert REGIONS.rank(seen, home) == AGAIN.rank(seen, home[::-1])


AGAIN = load_regions(FOLDER)


@pytest.mark.parametrize(("code", "example"), ALL_EXAMPLES)
def test_examples_fit_their_own_region(code: str, example: str) -> None:
    """Every example in a file is found again as a text of that file's region."""
    assert code in {form.region for form in REGIONS.fitting(example)}


def test_enough_regions_and_no_file_left_out() -> None:
    """Every file is loaded under its own name, and there are at least forty."""
    assert sorted(REGIONS.by_code) == sorted(path.stem for path in FOLDER.glob("*.toml"))
    assert len(REGIONS.by_code) >= 40


@pytest.mark.parametrize("region", REGIONS.by_code.values(), ids=REGIONS.by_code)
def test_shares_of_a_region_add_up(region: Region) -> None:
    """A region's formats share its vehicles without rest."""
    assert fsum(form.share for form in region.formats) == pytest.approx(1.0)


SOUND = """
code = "xx"
name = "Nowhere"
vehicles = 1

[sets]
k = ["AB", "C"]

[[format]]
pattern = "k9{1,2}A"
weight = 1
examples = ["AB12C", "C1D"]
"""


def written(folder: Path, text: str) -> Path:
    """`folder` with `text` as the file of region xx."""
    (folder / "xx.toml").write_text(text, encoding="utf-8")
    return folder


NOTATION = {
    "a word and two digits": ("AB12C", True),
    "the short word and one digit": ("C1D", True),
    "no word": ("B1D", False),
    "too many digits": ("C123D", False),
    "a digit for the letter": ("C123", False),
}


@pytest.mark.parametrize(("text", "fits"), NOTATION.values(), ids=NOTATION)
def test_notation(tmp_path: Path, text: str, fits: bool) -> None:
    """Sets, repetition, letters and digits mean what the notation says."""
    assert bool(load_regions(written(tmp_path, SOUND)).fitting(text)) is fits


def test_pattern_counts_its_texts(tmp_path: Path) -> None:
    """The number of texts is that of all words, repetitions and letters: 2 x (10 + 100) x 26."""
    (form,) = load_regions(written(tmp_path, SOUND)).by_code["xx"].formats
    assert form.texts == 2 * 110 * 26


FAULTS = {
    "not TOML": ("vehicles = 1", "vehicles", "not a TOML file"),
    "another code": ('"xx"', '"yy"', "code: 'yy'"),
    "an unknown key": ("weight = 1", "weight = 1\nwieght = 1", "format.wieght"),
    "no name": ('name = "Nowhere"', "", "name: None"),
    "a weight of nothing": ("weight = 1", "weight = 0", "weight: 0"),
    "vehicles in words": ("vehicles = 1", 'vehicles = "many"', "vehicles: 'many'"),
    "an undeclared set": ("k9{1,2}A", "j9{1,2}A", "uses 'j'"),
    "a stray sign": ("k9{1,2}A", "k-9", "'k-9' is not in the notation"),
    "a repetition backwards": ("k9{1,2}A", "k9{2,1}A", "repeats 2 to 1"),
    "an example that does not fit": ('"C1D"', '"C1"', "'C1' does not fit"),
    "a set in lower case": ('"C"]', '"c"]', "sets.k"),
    "a word twice": ('"C"]', '"AB"]', "sets.k"),
}


@pytest.mark.parametrize(("sound", "bad", "named"), FAULTS.values(), ids=FAULTS)
def test_bad_file_is_named(tmp_path: Path, sound: str, bad: str, named: str) -> None:
    """A fault in a file names the file, the key and the value."""
    assert sound in SOUND
    with pytest.raises(ModelError) as raised:
        load_regions(written(tmp_path, SOUND.replace(sound, bad, 1)))
    assert "xx.toml" in str(raised.value)
    assert named in str(raised.value)


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    """A folder without region files is a fault, not a world without plates."""
    with pytest.raises(ModelError, match="no region files"):
        load_regions(tmp_path)


def test_unknown_home_names_the_nearest() -> None:
    """A home that no file describes is refused with the nearest code; countries of states pass."""
    REGIONS.require(["us", "us-ny", "ca", "de"])
    with pytest.raises(ConfigurationError, match=r"'us-nyc' is not known; did you mean 'us-n"):
        REGIONS.require(["de", "us-nyc"])
