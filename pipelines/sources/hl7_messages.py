"""The messages of a delivered HL7 v2 file, one after another: framing taken off, decoded, split into segments.

Nothing but one message and one block of the file is held at a time.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipelines.errors import UnreadableFile
from pipelines.ingest.physical import DeliveredText, text_codec

MOST_BYTES = 64 << 20
"""More than this without the beginning of another message is no file of messages: an embedded document has a few MB."""

FRAMES = ("FHS", "BHS", "BTS", "FTS")
"""Segments that stand around messages."""

_LOOK_AHEAD = 16
"""Bytes that tell a beginning: the name of the segment and its delimiters."""

_BEGINNING = re.compile(rb"MSH[!-/:-@[-`{-~]")
_UNMISTAKABLE = re.compile(rb"MSH([!-/:-@[-`{-~])[!-/:-@[-`{-~]{3,5}\1")
"""A header that is one even in the middle of a line, where what was before it was cut."""

_AROUND = b"\r\n\v\x1c\x1a "
"""What stands around messages: line ends, the frame of the minimal lower layer protocol, an old end of file."""

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(?![A-Za-z0-9])")

_CHARACTER_SETS = {
    **{f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))},
    **dict.fromkeys(("UNICODE", "UNICODE UTF-8", "UNICODE UTF-16", "UNICODE UTF-32"), "utf-8"),
    "ISO IR14": "iso2022-jp", "ISO IR87": "iso2022-jp", "ISO IR159": "iso2022-jp-2",
    "GB 18030-2000": "gb18030", "KS X 1001": "euc-kr", "CNS 11643-1992": "euc-tw", "BIG-5": "big5",
}  # fmt: skip
"""Codecs by the names of HL7 table 0211. A file in UTF-16 or UTF-32 was turned into UTF-8 before it is split."""


class Chunk(NamedTuple):
    """The bytes of a message, or (``number`` 0) what stands outside of messages.

    ``is_framed``: it began with a start block; ``is_ended``: an end block came; ``is_closed``: so did a line end.
    """

    number: int
    data: bytes
    is_framed: bool
    is_ended: bool
    is_closed: bool


@dataclass
class Message:
    """A message: its segments, and how it was delivered.

    ``first`` is the number in the file of its first segment. ``codec`` is null, and the message is not to be read, when
    it names a character set that nobody knows. ``is_damaged``: some of its bytes are not of that set, or NUL.
    """

    number: int
    first: int
    segments: list[str]
    codec: str | None
    is_damaged: bool
    is_cut: bool
    is_closed: bool


def messages_of(path: Path, encoding: str, sha256: str | None = None) -> Iterator[Message]:
    """Each message of a file, and as one numbered 0 whatever stands outside them: before the first, after an end block.

    ``encoding`` is that of messages that name no character set. Line breaks within a field, which some senders leave in
    texts, come out as line feeds.

    Raises:
        UnreadableFile: The file is broken as a whole, or holds no message at all.
    """
    wide = _wide_encoding(path, encoding)
    first, found, is_blank = 1, False, True
    for chunk in _chunks(DeliveredText(path, wide or "utf-8", sha256).blocks(), path):
        message = _message(chunk, first, "utf-8" if wide else encoding)
        if not message.segments:
            continue
        is_blank = False
        found = found or chunk.number > 0 or any(segment[:3] in FRAMES for segment in message.segments)
        first += len(message.segments)
        yield message
    if not found and not is_blank:
        raise UnreadableFile(
            f"{path.name} holds no HL7 message: no segment begins with MSH. Expected messages of HL7 version 2 as "
            "text with delimiters. Nothing of it was taken; deliver it again, or keep it out of this source's folder."
        )


def _wide_encoding(path: Path, encoding: str) -> str | None:
    """The encoding of a file whose characters are wider than bytes, else null."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return encoding if text_codec(encoding).startswith(("utf-16", "utf-32")) else None


def _chunks(blocks: Iterable[bytes], path: Path) -> Iterator[Chunk]:
    """The file, cut before each beginning of a message."""
    kept, searched, number, is_framed = b"", 0, 0, False
    for block, is_last in _with_last(blocks):
        kept += block
        limit = len(kept) if is_last else len(kept) - _LOOK_AHEAD
        begin = 0
        for found in _BEGINNING.finditer(kept, searched):
            at = found.start()
            if at >= limit:
                break
            if not _begins_message(kept, at):
                continue
            yield from _parted(number, kept[begin:at], is_framed=is_framed)
            is_framed = kept[max(0, at - 1) : at] == b"\v"
            begin, number = at, number + 1
        if is_last:
            yield from _parted(number, kept[begin:], is_framed=is_framed)
            return
        kept = kept[begin:]
        searched = max(0, len(kept) - _LOOK_AHEAD) or 1
        if len(kept) > MOST_BYTES:
            raise UnreadableFile(
                f"{path.name} holds {MOST_BYTES >> 20} MB without the beginning of a message. Nothing of it was taken; "
                "expected messages of HL7 version 2, each beginning with MSH."
            )


def _with_last(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last; at least one."""
    before = b""
    for block in blocks:
        if before:
            yield before, False
        before = block
    yield before, True


def _begins_message(data: bytes, at: int) -> bool:
    before = data[max(0, at - 3) : at]
    is_at_start = at == 0 or before[-1:] in (b"\r", b"\n", b"\v", b"\x1c") or before == codecs.BOM_UTF8
    return is_at_start or _UNMISTAKABLE.match(data, at) is not None


def _parted(number: int, data: bytes, *, is_framed: bool) -> Iterator[Chunk]:
    """A message and, where end blocks came before the next began, what stands between."""
    parts = data.split(b"\x1c")
    for place, part in enumerate(parts):
        if place and not part:
            continue
        bare, is_ended = part.rstrip(_AROUND + b"\0"), place < len(parts) - 1
        is_closed = is_ended or any(end in part[len(bare) :] for end in (b"\r", b"\n"))
        yield Chunk(0 if place else number, bare, is_framed and number > 0 and not place, is_ended, is_closed)


def _message(chunk: Chunk, first: int, encoding: str) -> Message:
    data = chunk.data if chunk.number else chunk.data.removeprefix(codecs.BOM_UTF8).lstrip(_AROUND)
    codec = _codec(data, encoding) if chunk.number else encoding
    text, is_damaged = _decoded(data, codec or "utf-8")
    segments = _segments(text)
    return Message(
        number=chunk.number,
        first=first,
        segments=segments,
        codec=codec,
        is_damaged=is_damaged or "\0" in text,
        is_cut=chunk.is_framed and not chunk.is_ended,
        is_closed=chunk.is_closed,
    )


def _decoded(data: bytes, codec: str) -> tuple[str, bool]:
    """The text, and whether bytes in it are not of the codec; these become lone surrogates."""
    try:
        return data.decode(codec), False
    except UnicodeDecodeError:
        pass
    try:
        return data.decode(codec, "surrogateescape"), True
    except UnicodeDecodeError:  # a codec of several bytes a character can refuse even that
        return data.decode("ascii", "surrogateescape"), True


def _codec(data: bytes, encoding: str) -> str | None:
    """The codec of a message by MSH-18, else the encoding of the file; null where nobody knows it."""
    header = re.split(rb"[\r\n]", data, maxsplit=1)[0].decode("latin-1")
    fields = header.split(header[3])
    if len(fields) < 18:
        return encoding
    named = re.split(r"[^A-Za-z0-9/_. -]", fields[17], maxsplit=1)[0].strip().upper()
    if named in ("", "ASCII"):
        return encoding  # what is called ASCII often is not, and every encoding here holds it
    if named in _CHARACTER_SETS:
        return _CHARACTER_SETS[named]
    try:
        return codecs.lookup(named.replace(" ", "-").removeprefix("UNICODE-")).name
    except LookupError:
        return None


def _segments(text: str) -> list[str]:
    """The segments of a message; a line that begins like none goes on with the one before."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    segments: list[str] = []
    for line in text.split("\n"):
        if _SEGMENT.match(line) or not segments:
            if line.strip():
                segments.append(line)
        elif line.strip(" \v\x1c"):
            segments[-1] += f"\n{line}"
    return segments
