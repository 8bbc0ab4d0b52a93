"""The audit log keeps every line, and can be read whatever its lines hold and however the last one ended."""

from datetime import datetime

import pytest

from pipelines.review import audit
from pipelines.review.audit import AuditLog
from pipelines.review.turned import Turned

AT = datetime(2024, 3, 4, 9)


@pytest.mark.parametrize("odd", ["a\u2028b", "a\x85b", "a\x1eb", "a\r\nb"])
def test_an_identifier_may_hold_any_line_end(tmp_path, odd):
    log = AuditLog(tmp_path)
    log.record(AT, "nora", "patient", [odd])
    assert [entry["persons"] for entry in log.latest()] == [[odd]]


@pytest.mark.parametrize("torn", [b'{"at": "2024-03-0', b'{"who": "Zo\xc3', b'{"at": "2024"}'])
def test_a_line_that_was_cut_short_takes_no_other_with_it(tmp_path, torn):
    log = AuditLog(tmp_path)
    log.record(AT, "nora", "patient", ["p07"])
    (path,) = tmp_path.iterdir()
    with path.open("ab") as handle:
        handle.write(torn)
    log.record(AT, "paul", "patient", ["p09"])
    known = [entry["who"] for entry in log.latest() if "who" in entry]
    assert known == ["paul", "nora"]


def test_a_line_that_the_disk_took_in_part_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(audit.os, "write", lambda handle, line: len(line) - 1)
    with pytest.raises(Turned):
        AuditLog(tmp_path).record(AT, "nora", "patient", ["p07"])
