"""Workbooks that come back: rows with a fate, or a refusal in words; neither quotes what somebody typed."""

import io
import zipfile
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from pipelines.errors import B12Error
from pipelines.sheets.entries import Entry, decided
from pipelines.sheets.importing import entries_in
from pipelines.sheets.opening import read_sheets
from tests.fuzz.material import SECRET, Material, hold
from tests.sheets.made import enter, workbook

WORDS = (
    "<c ", 't="s"', 't="str"', 't="inlineStr"', "<v>", "</v>", "<f>", "<is><t>", "<row r=", "</row>", "<sheetData>", "&#0;", "&lt;",
    "_x000D_", "item_key", "Decision", "done", "snooze", "2027-03-31", "46000", "1e400", "<!DOCTYPE", "<!ENTITY", 'r="XFD1048576"', "]]>",
    'dimension ref="A1:XFD9"', "sharedStrings", "count=", 's="99"', "-1", "99999999999", SECRET, "true", 't="d"', 't="b"', 't="e"',
)  # fmt: skip
NOW = datetime(2026, 11, 21, 9, 30)


@cache
def folder() -> Path:
    return Path(mkdtemp(prefix="b12-fuzz-"))


@cache
def filled() -> dict[str, bytes]:
    """The parts of a workbook in which a reviewer entered something, the sheets of items first."""
    path = workbook(folder() / "made.xlsx", {}, {"item_key": "k2", "rank": 2})
    enter(
        path, {0: {"Decision": "Done", "Note": "told SECRET"}, 1: {"Decision": "Snooze", "Snooze until": "2027-03-31"}}
    )
    with zipfile.ZipFile(path) as parts:
        found = {name: parts.read(name) for name in parts.namelist()}
    return dict(sorted(found.items(), key=lambda part: "sheet" not in part[0]))


SEEDS = (
    b"\0\0\0\0\0",
    b'\0\2\1\0\0<c r="A9" t="s"><v>99999</v></c>',
    b"\0\4\0\0\3&#0;",
    b"\1\0\0\0\0PK\3\4",
    b'\0\3\2\0\1<row r="9"><c t="d"><v>2026-99-99</v></c></row>',
)


def check(data: bytes) -> None:
    material = Material(data)
    path = folder() / "sent.xlsx"
    path.write_bytes(material.rest() if material.number(8) == 1 else _spliced(material))
    try:
        entries, notes = entries_in(path, read_sheets(path))
    except B12Error as error:
        hold(str(error))
        return
    for note in notes:
        hold(note)
    for entry in entries:
        _hold(entry)


def _spliced(material: Material) -> bytes:
    """The workbook with some bytes of one part replaced."""
    parts = dict(filled())
    name = material.pick(list(parts))
    content = parts[name]
    start = (material.number(256) * 256 + material.number(256)) % (len(content) + 1)
    end = start + material.pick((0, 0, 1, 4, 16, 64, 1024))
    parts[name] = content[:start] + material.rest() + content[end:]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for each, held in parts.items():
            archive.writestr(each, held)
    return packed.getvalue()


def _hold(entry: Entry) -> None:
    assert entry.problem is None or SECRET not in entry.problem
    if entry.problem is None and entry.item_key:
        new = decided(entry, worklist="low", person_id="p", by="ann", now=NOW, seen_at=NOW)
        assert not isinstance(new, str) or SECRET not in new
