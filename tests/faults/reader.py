"""A reader who looks at the publication at any moment: it is there, whole, and what it says it is."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from pipelines.duck import reading_connection
from pipelines.publish.editions import CURRENT, DATABASE

EVERY_SECONDS = 0.1


class Reader:
    """Looks at ``published`` of a home; an edition that was whole once is not opened again."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._whole: set[str] = set()
        self._was_published = False

    def look(self) -> None:
        """Hold the publication of this moment against what it says of itself.

        Raises:
            AssertionError: There was one and there is none, or it is not whole.
        """
        link = self._home / "published"
        if not link.is_symlink():
            assert not self._was_published, "The publication is gone."
            return
        self._was_published = True
        edition = link.resolve()  # once: the link may move on while we look
        facts = json.loads((edition / CURRENT).read_text(encoding="utf-8"))
        if facts["run_id"] in self._whole:
            assert (edition / DATABASE).stat().st_size
            return
        assert hashlib.sha256((edition / DATABASE).read_bytes()).hexdigest() == facts["sha256"]
        with reading_connection(edition / DATABASE) as con:
            for table, rows in facts["rows"].items():
                assert con.sql(f"SELECT count(*) FROM {table}").fetchall() == [(rows,)], table
        self._whole.add(facts["run_id"])

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look again and again, as long as the block lasts."""
        over, seen = Event(), []

        def watch() -> None:
            while not over.wait(EVERY_SECONDS):
                try:
                    self.look()
                except BaseException as error:
                    seen.append(error)
                    return

        thread = Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if seen:
            raise seen[0]
