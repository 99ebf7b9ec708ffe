"""The characters of a text file, or a refusal: a detector's best guess on a short table is no evidence.

UTF-8, UTF-16 and ASCII are certain. A single byte of a Western file (Windows-1252, Mac Roman) is believed when every character beyond ASCII
is where such files have one: a sign of a unit in its place (µ before S, ° behind a number, Å by itself), or a Latin letter inside a
word, all of them of one Western language. The bytes of GBK, Shift-JIS, Big5, EUC-KR and Cyrillic files do not look like that: two or more
Western letters in a row make no word, and their signs stand where no sign belongs. Those of Central European and Turkish files mostly do
not either; a short text of theirs may, so the note names the characters for the reader to look at.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from pipeline.errors import InputError

CURE = "save the table as 'CSV UTF-8' (or .xlsx), or name its encoding: --encoding gbk, cp932, big5, euc-kr, koi8-r, cp1250, ..."
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_LETTERS = "À-ÖØ-öø-ÿ"
#: Characters before and behind one beyond ASCII that can tell whether it belongs there.
NEAR = 1000
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(rf"[A-Za-z{_LETTERS}]+")
#: Letters that the languages of Western files have besides those of names that stand in any of them (ä, ö, ü, ß, é).
_NAMES = frozenset("äöüßé")
_ALPHABETS = [
    _NAMES | frozenset(letters)
    for letters in ("àâæçèêëîïôùûœ", "áíñóú", "áàâãçêíóôõú", "àèìíîòóùú", "àçèíïòóú", "áëïóèíú", "åæøóòôèêâáà", "åáà")
]
#: Letters that stand where no Western language has them, though files of Central Europe do once they are misread: Hungarian ő as õ,
#: Polish ń as ñ and ę as ê, Czech ě, ů and ď as ì, ù and ï.
_MISPLACED = re.compile(r"õ(?!e)|ñ(?![aeiouáéíóú])|[ìù](?=[^\W\d_])|(?<![aeiou])ï|ê(?![^\W\d_])")
#: Scripts and letters of two bytes that a short text in another encoding turns into by chance.
_CHANCE = re.compile(r"[\u0180-\u02af\u0460-\u07ff]{1,3}")
#: A sign of a unit, or punctuation of an office program, where each belongs.
_SIGNS = (
    re.compile(r"°(?=\s*[CFK](?![A-Za-z])|[\s,;\t)\]\"'/.:–-]|$)", re.MULTILINE),
    re.compile(r"(?<![A-Za-z])µ(?=[SmAΩ])"),
    re.compile(r"×(?=\s*10)|(?<=\d)\s*×(?=\s*\d)"),
    re.compile(r"(?<=[\d)\s])±(?=\s*[\d.])"),
    re.compile(r"(?<=[A-Za-zÅ])[²³](?![^\W\d])"),
    re.compile(r"(?<=[A-Za-z])¹"),
    re.compile(r"(?<=[SΩ])\s?·\s?(?=c?m)|(?<=[\dA-Za-z)])\s?·\s?(?=(?:\d[\d.]*)?H2O|10)"),
    re.compile(r"(?<=[\d)\s])[–—](?=[\d(\s])"),
    re.compile(r"(?<=[A-Za-z])[’´`](?=[A-Za-z\s])"),
    re.compile(r"[“„«](?=[^“”„«»\n]{1,200}[”“»])|(?<=[A-Za-z\d)!?])[”“»]"),
    re.compile(r"(?<=[A-Za-z.])[®™](?![A-Za-z])|(?<=[a-z)])…"),
    re.compile(r"\u00a0"),
    re.compile(r"(?<=\d)[º˚](?=\s*[CFK]|\W|$)|(?<=[nN])º"),
    re.compile(r"(?<=\s)[àéèòóìíùåÅýõãêôö](?=\s)|(?<=[(\[\d/,;\s])Å(?=[)\]/,;\s²³\"']|$)", re.MULTILINE),
)  # fmt: skip


def decoded(data: bytes, file: str, encoding: str = "") -> tuple[str, tuple[str, ...]]:
    """Text of the bytes, and notes when it was not plain UTF-8.

    Parameters
    ----------
    encoding
        The encoding's name where the user gave one; it then decides, except against a byte-order mark.

    Raises
    ------
    InputError
        When the encoding cannot be told, or the bytes are not in the one that was named.
    """
    mark = next((name for begin, name in _MARKS if data.startswith(begin)), "")
    if encoding:
        return _named(data, file, encoding, mark)
    if mark:
        return _strict(data, file, "utf-8-sig" if mark == "utf-8" else mark), ("read as " + mark.upper(),) if mark != "utf-8" else ()
    if b"\0" in data:
        return _wide(data, file)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _western(data, file)
    if "\x1b$" in text or "\x1b(" in text:
        raise InputError("the text is in an encoding that shifts by escapes (ISO-2022), which is not read unasked", file=file, cure=CURE)
    if text.isascii():
        return text, ()
    foreign = "".join(_FOREIGN.findall(text))
    western = data.decode("cp1252", "replace")
    if _CHANCE.fullmatch(foreign) or not unexplained(western):
        raise InputError(f"the characters {foreign[:10]!r} may be those of another encoding than UTF-8", file=file, cure=CURE)
    return text, ()


def _named(data: bytes, file: str, encoding: str, mark: str) -> tuple[str, tuple[str, ...]]:
    try:
        info = codecs.lookup(encoding)
        "".encode(info.name)
    except (LookupError, TypeError, ValueError):
        raise InputError(
            f"there is no encoding {encoding!r}", file=file, cure="name one such as utf-8, gbk, cp932, big5, euc-kr, cp1252"
        ) from None
    if mark and not info.name.startswith(mark):
        raise InputError(f"the file begins with the mark of {mark.upper()}, not of {info.name}", file=file, cure="leave --encoding out")
    return _strict(data, file, "utf-8-sig" if mark == "utf-8" else info.name), (f"read as {info.name}, as --encoding says",)


def _strict(data: bytes, file: str, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, ValueError) as error:
        name = encoding.removesuffix("-sig").upper()
        place = error.start + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise InputError(f"the file says it is {name}, but byte {place} is not", file=file, cure="save it again as CSV UTF-8") from None
    if "\0" in text:
        raise InputError("this is not a text file", file=file, cure=CURE)
    return text.removeprefix("\ufeff")


def _wide(data: bytes, file: str) -> tuple[str, tuple[str, ...]]:
    """UTF-16 without a mark: every second byte of its separators and digits is zero."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    wide = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = data.decode(wide)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or not re.search(r"[,;\t\n\r]", text):
        raise InputError("this is not a text file", file=file, cure=CURE)
    return text, ("read as UTF-16",)


def _western(data: bytes, file: str) -> tuple[str, tuple[str, ...]]:
    for encoding, name in (("cp1252", "Windows-1252"), ("mac-roman", "Mac Roman")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not unexplained(text):
            seen = "".join(dict.fromkeys(_FOREIGN.findall(text)))
            return text, (f"not UTF-8: read as {name}, with the characters {' '.join(seen)}",)
    raise InputError("the characters of the file cannot be told: it is neither UTF-8 nor plainly Western", file=file, cure=CURE)


def unexplained(text: str) -> str:
    """The characters beyond ASCII that a Western text would not have where they stand."""
    explained = set()
    for begin, end in _around(text):
        for sign in _SIGNS:
            explained |= {place for match in sign.finditer(text, begin, end) for place in range(match.start(), match.end())}
    words = [match for match in _WORD.finditer(text) if not match[0].isascii() and _is_word(match[0])]
    letters = {letter for match in words for letter in match[0].lower() if ord(letter) > 127}
    for match in words if any(letters <= alphabet for alphabet in _ALPHABETS) else ():
        explained |= set(range(match.start(), match.end()))
    return "".join(match[0] for match in _FOREIGN.finditer(text) if match.start() not in explained)


def _around(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of the text that hold its characters beyond ASCII and what stands near them; together, not overlapping."""
    begin = end = 0
    for match in _FOREIGN.finditer(text):
        if match.start() - NEAR > end:
            if end:
                yield begin, end
            begin = match.start() - NEAR
        end = match.end() + NEAR
    if end:
        yield begin, end


def _is_word(word: str) -> bool:
    """Whether the letters beyond ASCII stand in a word as Western languages have them."""
    foreign = [letter for letter in word if ord(letter) > 127]
    if not foreign:
        return True
    plain = len(word) - len(foreign)
    if len(word) < 3:
        return len(word) == 2 and word[0].isascii() and word[1].islower()
    if re.search(r"[a-zß-öø-ÿ][A-ZÀ-ÖØ-Þ]", word) or _MISPLACED.search(word.lower()):
        return False
    if re.search(rf"[{_LETTERS}]{{3,}}", word) or plain < len(foreign):
        return False
    capitals = [letter for letter in word[1:] if letter in foreign and letter.isupper()]
    if not capitals:
        return plain > 1
    # a capital inside a word: all of it is in capitals
    return word.upper() == word and plain >= 3 and plain >= 2 * len(foreign)
