"""The generated pages: what each holds, whether the one that lies there is still the same, and writing them."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipelines.docs.attacks import attacks
from pipelines.docs.catalogue import catalogue
from pipelines.docs.dictionary import dictionary
from pipelines.docs.recorded import with_tests
from pipelines.errors import B12Error

README = "pipelines/worklists/README.md"
CATALOGUE = "docs/catalogue.html"
DICTIONARY = "docs/data-dictionary.md"
TRIED = "docs/review/attacks.md"


def checkout() -> Path:
    """The top of the checkout that this package lies in.

    Raises:
        B12Error: the package was installed without its tests.
    """
    top = Path(__file__).parents[2]
    if not (top / "tests" / "worklists").is_dir():
        raise B12Error(
            f"{top} is no checkout: an installed package carries neither tests nor documents. "
            "Run this in a checkout of the repository."
        )
    return top


def pages(top: Path) -> dict[str, str]:
    """The text of every generated page by its path below the top of the checkout; the same code gives the same text."""
    with with_tests(top):
        found = catalogue()
        tried = attacks()
    tables = dictionary()
    return {
        README: _rendered("catalogue.md.j2", catalogue=found),
        CATALOGUE: _rendered("catalogue.html.j2", catalogue=found),
        DICTIONARY: _rendered("data-dictionary.md.j2", parts=tables),
        TRIED: _rendered("attacks.md.j2", attacks=tried),
    }


def stale_pages(top: Path, texts: Mapping[str, str]) -> list[str]:
    """The paths of the pages that are missing or say something else than these texts."""
    return [name for name, text in texts.items() if not _says(top / name, text)]


def write_pages(top: Path, texts: Mapping[str, str]) -> list[str]:
    """Write the pages that are stale, and name them."""
    stale = stale_pages(top, texts)
    for name in stale:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[name], encoding="utf-8", newline="\n")
    return stale


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _rendered(template: str, **content: object) -> str:
    is_html = template.endswith(".html.j2")
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=is_html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable] = {
        "prose": _prose_in_html if is_html else _prose,
        "cell": markdown_cell,
        "paragraphs": lambda text: [" ".join(part.split()) for part in text.split("\n\n")] if text else [],
    }
    templates.filters.update(filters)
    text = templates.get_template(template).render(**content)
    return text if is_html else re.sub(r"\n{3,}", "\n\n", text)


def _prose(text: str) -> str:
    """Text of a docstring as Markdown: code in single backticks, and nothing that looks like a tag."""
    parts = text.replace("``", "`").split("`")
    return "`".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))


def markdown_cell(text: str) -> str:
    """Text inside a cell of a Markdown table."""
    return _prose(text).replace("|", "\\|").replace("\n", " ")


def _prose_in_html(text: str) -> Markup:
    """Text of a docstring as HTML: escaped, with code where the backticks are."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text.replace("``", "`")))))
