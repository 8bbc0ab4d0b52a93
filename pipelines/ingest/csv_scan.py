"""One pass over the text of a CSV: which records it holds, which are malformed, and what a reader is to see instead."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipelines.errors import UnreadableFile
from pipelines.ingest.mend import Piece, mend
from pipelines.ingest.physical import ReadableCopy
from pipelines.ingest.structure import Dialect, physical_lines, uniform_records

LONGEST_PENDING_BYTES = 64 << 20
"""A line that has not ended after so much ends the reading; a shorter one is set aside and kept whole."""

MALFORMED_BYTES = 512 << 20
"""How much malformed text is kept of one file. With more the file as a whole is read in a wrong way."""

_BYTES_PER_RECORD = 100  # what a malformed record takes in memory besides its text


@dataclass
class CsvScan:
    """One pass over the text after the header: counts the records, sets the malformed aside, mends what can be read."""

    path: Path
    dialect: Dialect
    copy: ReadableCopy
    count: int = 0
    malformed: list[tuple[int, str, str]] = field(default_factory=list)
    malformed_bytes: int = 0
    is_mixed: bool = False
    is_multiline: bool = False

    def run(self, blocks: Iterator[bytes]) -> None:
        """Go through the text, keeping back at the end of each block what the next one may complete."""
        pending: list[bytes] = []
        for block in blocks:
            pending.append(block)
            if b"\n" in block:
                text = b"".join(pending)
                end = text.rfind(b"\n") + 1
                settled = self._take(text[:end], more=True)
                pending = [text[settled:]]
            elif sum(map(len, pending)) > LONGEST_PENDING_BYTES:
                self._refuse(f"a line of more than {LONGEST_PENDING_BYTES >> 20} MiB")
        if text := b"".join(pending):
            self._take(text if text.endswith(b"\n") else text + self.dialect.newline, more=False)

    def _take(self, text: bytes, *, more: bool) -> int:
        """Take in whole lines; returns how many bytes of them are settled."""
        if (count := uniform_records(text, self.dialect)) is not None:
            self.count += count
            self.copy.keep(text)
            return len(text)
        lines = physical_lines(text, self.dialect)
        self.is_mixed |= lines.is_mixed
        ends = lines.ends.tolist()
        settled = line = 0
        for first, last in _runs(~lines.is_whole):
            start = ends[first - 1] if first else 0
            self.count += first - line
            self.copy.keep(memoryview(text)[settled:start])
            settled, line = start, last
            run = [text[ends[i - 1] if i else 0 : ends[i]] for i in range(first, last)]
            for piece in mend(run, self.dialect, more=more and last == len(ends)):
                self._put(piece)
                settled += len(piece.text)
        if line < len(ends):
            self.count += len(ends) - line
            self.copy.keep(memoryview(text)[settled:])
            settled = len(text)
        return settled

    def _put(self, piece: Piece) -> None:
        self.count += piece.is_record
        if piece.detail is not None:
            self.malformed_bytes += len(piece.text) + _BYTES_PER_RECORD
            if self.malformed_bytes > MALFORMED_BYTES:
                self._refuse(f"more malformed records than can be kept, {len(self.malformed)} by record {self.count}")
            raw = piece.text.rstrip(b"\r\n").decode("utf-8", "backslashreplace")
            self.malformed.append((self.count, raw, piece.detail))
        self.is_multiline |= piece.lines > 1
        if piece.instead is None:
            self.copy.keep(piece.text)
        else:
            self.copy.write(piece.instead)

    def _refuse(self, found: str) -> None:
        raise UnreadableFile(
            f"{self.path.name} holds {found}. Expected records of {self.dialect.fields} fields, as in its header; "
            "nothing of it was taken. Are delimiter and encoding declared as they are, for example under [source.labs]?"
        )


def _runs(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """The stretches of true flags, as first and one past the last."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
