"""A new worklist: its rule, its suite and its test, which agree from the start."""

import ast
import re
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import pipelines.worklists as engine
from pipelines.clinical._term import terms
from pipelines.contract import CORE_TABLES, ddl_files
from pipelines.errors import B12Error, ConfigurationError
from pipelines.worklists import worklists

SLUG = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
LONGEST_SLUG, LONGEST_TITLE = 40, 90  # a line of the rule must hold them
SETTINGS = ("as_of", "first_exposure")
FILES = {
    "pipelines/worklists/{slug}.py": "rule.py.j2",
    "expectations/worklists/{slug}.json": "suite.json.j2",
    "tests/worklists/test_{slug}.py": "test.py.j2",
}


def new_worklist(top: Path, slug: str, *, title: str | None, owner: str, reviewed: date) -> list[str]:
    """Write the three files of a worklist below the top of a checkout, and name them.

    The rule is a real one, small: people with a low B12 and no treatment running. Everything that finds lists by their
    name takes it up at once; only the generated pages have to be written again.

    Args:
        top: the top of the checkout.
        slug: cohort, then what is missing: ``metformin_unmonitored``.
        title: the list in words; the slug in words when none is given.
        owner: who answers for the definition.
        reviewed: the day of its first review.

    Raises:
        ConfigurationError: the slug, the title or the owner cannot be used; the message says why. Nothing was written.
        B12Error: one of the files is there already. Nothing was written.
    """
    title = _checked("title", slug.replace("_", " ") if title is None else title)
    title = title[:1].upper() + title[1:]
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    content = {"slug": slug, "title": title, "owner": _checked("owner", owner), "reviewed": reviewed}
    texts = {
        path.format(slug=slug): templates.get_template(template).render(content) for path, template in FILES.items()
    }
    rule, *_ = texts.values()
    if problem := _slug_problem(slug, rule):
        raise ConfigurationError(f"{slug!r} cannot name a worklist: {problem}")
    if there := [name for name in texts if (top / name).exists()]:
        raise B12Error(
            f"{', '.join(there)} is there already. Take another slug, or remove what is left of the old list."
        )
    for name, text in texts.items():
        (top / name).write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def _slug_problem(slug: str, rule: str) -> str | None:
    """Why a slug cannot be used; null when it can."""
    if not SLUG.fullmatch(slug):
        return "write words of a-z and 0-9 joined by underscores: cohort, then what is missing, metformin_unmonitored."
    if len(slug) > LONGEST_SLUG:
        return f"it has {len(slug)} characters; {LONGEST_SLUG} are allowed."
    if slug.startswith("test_"):
        return "a function of that name is taken for a test. Begin with the cohort."
    taken = {
        "a worklist": worklists(),
        "a table, a shared term or a setting of the rules": {*terms(), *CORE_TABLES, *ddl_files(), *SETTINGS},
        "something that rules call": {*dir(engine), *_imported(rule)},
    }
    return next((f"{what} has that name. Take another." for what, names in taken.items() if slug in names), None)


def _imported(rule: str) -> set[str]:
    """The names that a rule imports; a rule of such a name would hide what it calls."""
    try:
        tree = ast.parse(rule)
    except SyntaxError:  # the slug is to blame, and was told so before
        return set()
    return {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


def _checked(what: str, text: str) -> str:
    """The text without surrounding blanks and a final stop, if a line of Python can hold it."""
    plain = text.strip().rstrip(".")
    if not plain or len(plain) > LONGEST_TITLE or not plain.isprintable() or re.search(r'["\\]', plain):
        raise ConfigurationError(
            f"The {what} cannot be used. Write one line of at most {LONGEST_TITLE} characters, "
            "without double quotes or backslashes."
        )
    return plain
