"""``make fuzz``: every parser under coverage guidance for a while; a table of what was run and what was found.

B12_FUZZ_SECONDS is the time for each (60). Corpora are kept under ``build/fuzz`` and begun with again; an input that
fails is kept there too, and belongs among the SEEDS of its fuzzer once the parser is mended. Arguments choose parsers.
"""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.finding import fuzzer, names

TOP = Path(__file__).parents[2]
SECONDS = int(os.environ.get("B12_FUZZ_SECONDS", "60"))
LONGEST_CASE_SECONDS = 20
LONGEST_INPUT = 4096


def main() -> int:
    """Fuzz; returns how many parsers failed."""
    if find_spec("atheris") is None:
        _say("make fuzz: left out, for atheris runs on Linux x86-64 only. `pytest tests/fuzz` draws cases without it.")
        return 0
    asked = sys.argv[1:] or names()
    _say(f"{'parser':<16} {'executions':>10} {'a second':>9} {'covered':>8} {'inputs kept':>11}  found")
    failed = 0
    for name in asked:
        code, said, folder = _fuzz(name)
        failed += code != 0
        _say(_told(name, code, said, folder))
    return failed


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _fuzz(name: str) -> tuple[int, str, Path]:
    folder = TOP / "build" / "fuzz" / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    module = fuzzer(name)
    for number, seed in enumerate(module.SEEDS):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in (*module.WORDS, "\xff")))
    options = [
        f"-max_total_time={SECONDS}", f"-timeout={LONGEST_CASE_SECONDS}", f"-max_len={LONGEST_INPUT}", "-rss_limit_mb=4096",
        "-print_final_stats=1", f"-dict={words}", f"-artifact_prefix={folder}/", str(corpus),
    ]  # fmt: skip
    process = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", name, *options],
        cwd=TOP, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    said = process.stdout + process.stderr
    (folder / "log").write_text(said)
    return process.returncode, said, folder


def _escaped(word: str) -> str:
    content = b"\xff" if word == "\xff" else word.encode("utf-8", "surrogatepass")
    return "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in content)


def _told(name: str, code: int, said: str, folder: Path) -> str:
    executions = _last(r"stat::number_of_executed_units: (\d+)", said) or _last(r"#(\d+)", said)
    speed = _last(r"stat::average_exec_per_sec: +(\d+)", said) or "-"
    covered = _last(r"cov: (\d+)", said) or "-"
    kept = len(list((folder / "corpus").iterdir()))
    raised = _last(r"=== Uncaught.*?: ===\s*(.*)", said) or f"exit code {code}"
    found = f"{raised} ({folder.relative_to(TOP)}/log)" if code else "nothing"
    return f"{name:<16} {executions or '-':>10} {speed:>9} {covered:>8} {kept:>11}  {found}"


def _last(pattern: str, text: str) -> str | None:
    found = re.findall(pattern, text)
    return found[-1] if found else None


if __name__ == "__main__":
    sys.exit(main())
