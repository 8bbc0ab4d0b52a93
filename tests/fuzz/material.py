"""From bytes to what a parser takes: choices, texts and rows; any bytes give something."""

from collections.abc import Sequence
from typing import TypeVar

BETWEEN = b"\xff"
"""Parts two texts from each other: no byte of UTF-8."""

SECRET = "SECRET"
"""Stands for what a patient's record says: inputs carry it, and no message may."""

Option = TypeVar("Option")


class Material:
    """Bytes, used up from the front for choices; what is left is text."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, below: int) -> int:
        """A number from 0; 0 where no byte is left."""
        value = self._data[self._at] if self._at < len(self._data) else 0
        self._at += 1
        return value % below

    def pick(self, options: Sequence[Option]) -> Option:
        """One of some options."""
        return options[self.number(len(options))]

    def rest(self) -> bytes:
        """The bytes that no choice used."""
        return self._data[self._at :]

    def texts(self, most: int = 200) -> list[str | None]:
        """The rest as texts, an empty one null."""
        parts = self.rest().split(BETWEEN, most)[:most]
        return [part.decode("utf-8", "replace") or None for part in parts]

    def rows(self, width: int, most: int = 40) -> list[list[str | None]]:
        """The rest as rows of so many texts; what is missing at the end is null."""
        texts = self.texts(width * most)
        texts += [None] * (-len(texts) % width)
        return [texts[place : place + width] for place in range(0, len(texts), width)]


def joined(*texts: str, choices: bytes = b"") -> bytes:
    """The bytes that ``Material`` reads as these choices and texts."""
    return choices + BETWEEN.join(text.encode() for text in texts)


def hold(message: str, secret: str = SECRET) -> None:
    """A message says something, and nothing of what is secret."""
    assert message
    assert secret not in message
