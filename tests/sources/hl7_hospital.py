"""Messages drawn in a line each, and a hospital that sends them."""

from tests.clinic import Clinic
from tests.sources.hl7_writer import segment

B12 = "2132-9^Cobalamin^LN"
METFORMIN = "861007^metformin hydrochloride 500 MG Oral Tablet^RXNORM"
INJECTION = "309594^vitamin B12 1 MG/ML Injectable Solution^RXNORM"


def msh(kind="ORU^R01", sent="20261119100000", control="M1", character_set="UNICODE UTF-8", facility="HOSPITAL"):
    return segment(
        "MSH", _1="^~\\&", _2="ENGINE", _3=facility, _6=sent, _8=kind, _9=control, _11="2.5.1", _17=character_set
    )


def obr(number="F1", collected="20261118083000", reported="20261119090000", status="", placer=""):
    return segment("OBR", _2=placer, _3=number, _7=collected, _22=reported, _25=status)


def obx(value="150", *, kind="NM", code=B12, unit="ng/L", sub="", limits="", flag="", status="F", at=""):
    return segment("OBX", _2=kind, _3=code, _4=sub, _5=value, _6=unit, _7=limits, _8=flag, _11=status, _14=at)


def message(*segments, end="\r", **header):
    return end.join([msh(**header), *segments, ""])


def results(*observations, pid="PID|||7", order=None, **header):
    """An ORU message about patient 7 with one order."""
    return message(pid, order or obr(), *observations, **header)


class Hospital(Clinic):
    """A clinic whose hl7 folder holds messages."""

    def __init__(self, folder, **source):
        super().__init__(folder, source=[{"name": "engine", "kind": "hl7v2", "path": "hl7"} | source])
        (self.extracts / "hl7").mkdir()

    def night(self, on="2026-11-20"):
        """Take in what lies there; whatever it is, no record of it is lost."""
        intake = super().night(on)
        assert all(entry.conserved for entry in self.store.entries())
        return intake

    def send(self, *messages, name="a.hl7", encoding="utf-8"):
        data = b"".join(m if isinstance(m, bytes) else m.encode(encoding) for m in messages)
        self.put(f"hl7/{name}", data)
        return self

    def entries(self):
        return [entry for entry in self.store.entries() if entry.source == "engine"]

    def account(self, table="labs"):
        """Rows read, kept, off the pathway and quarantined."""
        [entry] = [entry for entry in self.entries() if entry.table == table]
        assert entry.conserved
        return entry.rows_read, entry.rows_kept, entry.rows_off_pathway, entry.rows_quarantined

    def measured(self, *columns, **when):
        return self.table("measurement", *columns, **when)

    def read(self, column, *messages):
        """A column of the measurements of these messages, in the order of their segments."""
        self.send(*messages).night()
        return [None if row[1] is None else str(row[1]) for row in sorted(self.measured("source_row", column))]

    def refused(self):
        rows = self.part("quarantine")
        return [] if rows.is_empty() else sorted(rows.select("source_row", "reason", "detail").rows())
