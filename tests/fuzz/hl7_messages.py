"""HL7 v2: segments in any order, framed or not, cut and broken."""

from tests.fuzz.delivered import check_delivered
from tests.fuzz.material import SECRET, Material
from tests.sources.hl7_hospital import INJECTION, METFORMIN, message, msh, obr, obx

WORDS = (
    msh(), msh("ADT^A08"), msh("RDE^O11"), msh("RAS^O17"), msh("ACK"), obr(), obx(), "MSH|", "MSH", "MSH|^~\\&", "PID|||" + SECRET, "PID", "OBR",
    "OBX|1|NM", "ORC|NW||R1", f"RXE||{METFORMIN}", f"RXA||1|2026|20260101|{INJECTION}", "FHS|^~\\&", "BTS|1", "\r", "\n", "\v", "\x1c\r",
    "|", "^", "~", "\\X", "\\F\\", "&", '""', "\0", "\udce9", "8859/1", "UNICODE UTF-16", SECRET,
)  # fmt: skip
NAMES = ("results.hl7", "results.mllp", "results.er7", "results.txt", "results.hl7.gz")
WHOLE = "\r".join(
    [msh(), "PID|||" + SECRET, obr(), obx(), msh("RDE^O11"), "PID|||7", "ORC|NW||R1", f"RXE||{METFORMIN}", ""]
).encode()
SEEDS = (
    b"\0" + WHOLE,
    b"\0" + message("ORU^R01", "PID|||" + SECRET, obr(), obx()).encode(),
    b"\1\v" + WHOLE + b"\x1c\r\v" + WHOLE,
    b"\0" + WHOLE.replace(b"\r", b"\n")[:-20],
    b"\0FHS|^~\\&\rBHS|^~\\&\r" + WHOLE + b"BTS|9\rFTS|1\r",
    b"\0" + msh(character_set="8859/1").encode() + b"\rPID|||SECRET\xe9\r" + WHOLE,
    b"\0MSH\x1c\r",
    b"\0\nBTS|5\x1d",  # a count that is a number only once it is trimmed
    "\0BTS|\u00b2\r".encode(),  # a digit that is no number
    b"\0" + WHOLE.replace(b"RXE||", b"RXE|1^^D" + b"9" * 5000 + b"|"),
    b"\4" + WHOLE,
)  # fmt: skip


def check(data: bytes) -> None:
    material = Material(data)
    check_delivered("hl7v2", material.pick(NAMES), material.rest())
