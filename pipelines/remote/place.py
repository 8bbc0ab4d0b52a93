"""A folder on any file system that fsspec knows; credentials come from the environment alone.

What is written is whole or not there: an object of a store appears at once, a file is renamed into its place.
"""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from pipelines.errors import B12Error, ConfigurationError
from pipelines.publish.history import write_atomically

UNFINISHED = ".unfinished"
LOCAL, S3 = ("file", "local"), ("s3", "s3a")
WITHOUT_MEANING = ("memory", "http", "https", "data")
"""File systems that end with this process, or that cannot be written."""


class Changed(B12Error):
    """An object is no longer what it was when it was read."""


class Place:
    """A folder that fsspec can reach. Names of files are below it, with ``/`` between their parts."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._files, self._root = _opened(self.url)
        protocol = self.url.split("://", maxsplit=1)[0]
        self._is_local, self._is_s3 = protocol in LOCAL, protocol in S3

    def versions(self, folder: str) -> dict[str, str]:
        """Every finished file below a folder by name, with a mark that changes when the file does."""
        with self._told("listed"):
            self._files.invalidate_cache()
            try:
                found: Mapping[str, Any] = self._files.find(self._path(folder), detail=True)
            except FileNotFoundError:
                found = {}
        start = len(self._root) + 1
        return {path[start:]: _mark(info) for path, info in found.items() if not path.endswith(UNFINISHED)}

    def read(self, name: str) -> tuple[bytes, str] | None:
        """What a file holds, and its mark; null when there is none."""
        with self._told("read"):
            self._files.invalidate_cache()
            try:
                mark = _mark(self._files.info(self._path(name)))
                return self._files.cat_file(self._path(name)), mark
            except FileNotFoundError:
                return None

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that must not exist; of several who try at once, one is told true."""
        with self._told("written"):
            try:
                if self._is_local:
                    self._local(name).parent.mkdir(parents=True, exist_ok=True)
                    with self._local(name).open("xb") as file:
                        file.write(content)
                else:
                    self._files.pipe_file(self._path(name), content, mode="create")
            except FileExistsError:
                return False
            return True

    def replace(self, name: str, content: bytes, mark: str | None) -> None:
        """Put new content in place of what was read with ``mark``; null for a file that was not there.

        Raises:
            Changed: Somebody else wrote it since. S3 and its like decide that in the same step; others just before it.
        """
        if mark is None:
            if not self.create(name, content):
                raise self._changed(name)
            return
        if not self._is_s3 and (self.read(name) or (b"", ""))[1] != mark:
            raise self._changed(name)
        with self._told("written"):
            if self._is_local:
                write_atomically(self._local(name), content.decode())
            elif self._is_s3:
                self._replace_matching(name, content, mark)
            else:
                self._files.pipe_file(self._path(name), content)

    def _replace_matching(self, name: str, content: bytes, mark: str) -> None:
        try:
            self._files.pipe_file(self._path(name), content, IfMatch=mark)
        except OSError as error:
            if error.errno == errno.EINVAL or isinstance(error, FileExistsError | FileNotFoundError):
                raise self._changed(name) from None
            raise

    def upload(self, files: Mapping[str, Path]) -> None:
        """Write files of this machine under names, several at a time."""
        if not files:
            return
        with self._told("written"):
            if not self._is_local:
                self._files.put([str(path) for path in files.values()], [self._path(name) for name in files])
                return
            for name, path in files.items():
                target = self._local(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                beside = target.with_name(f".{uuid4().hex}{UNFINISHED}")  # two may write one file at once
                self._files.put_file(str(path), str(beside))
                beside.replace(target)

    def download(self, files: Mapping[str, Path]) -> None:
        """Write files under names to this machine, each whole or not at all, several at a time."""
        if not files:
            return
        beside = {name: path.with_name(path.name + UNFINISHED) for name, path in files.items()}
        with self._told("read"):
            for path in files.values():
                path.parent.mkdir(parents=True, exist_ok=True)
            self._files.get([self._path(name) for name in beside], [str(path) for path in beside.values()])
        for name, path in files.items():
            beside[name].replace(path)

    def remove(self, *names: str) -> None:
        """Remove files; one that is gone already is no error."""
        with self._told("removed"):
            for name in names:
                try:
                    self._files.rm_file(self._path(name))
                except FileNotFoundError:
                    continue

    def clear(self) -> None:
        """Remove the folder with everything in it."""
        with self._told("removed"):
            self._files.invalidate_cache()
            try:
                self._files.rm(self._root, recursive=True)
            except FileNotFoundError:
                return

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _local(self, name: str) -> Path:
        return Path(self._path(name))

    def _changed(self, name: str) -> Changed:
        return Changed(
            f"{self.url}/{name} was changed by somebody else in the meantime, so it was left as it is. "
            "See that one machine writes at a time, then run again."
        )

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        """Turns what a file system's library says into an error that a user can act on; its words are not repeated.

        Raises:
            B12Error: The place failed.
        """
        try:
            yield
        except B12Error:
            raise
        except Exception as error:
            reason = "" if type(error) is OSError and not error.errno else f" ({type(error).__name__})"
            raise B12Error(
                f"{self.url} cannot be {done}{reason}. Check the address, the network, and the credentials in the "
                "environment (for S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL), then try again."
            ) from error


def _opened(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path on it without a slash at its end."""
    import fsspec

    protocol, _, rest = url.partition("://")
    if ":" in rest.partition("/")[0].rpartition("@")[0]:
        raise ConfigurationError(
            f"The address of a folder on {protocol}:// holds a password, and would be shown wherever it is named. "
            "Take it out: credentials come from the environment."
        )
    if protocol in WITHOUT_MEANING:
        raise ConfigurationError(
            f"{url} can hold no home: it cannot be written, or ends with this process. "
            "Use s3://bucket/folder or a path."
        )
    try:
        files, root = fsspec.core.url_to_fs(url)
    except ImportError:
        extra = "b12-care-gaps[s3]" if protocol in S3 else f"the fsspec library for {protocol}://"
        raise ConfigurationError(f"{url} cannot be reached from here: install {extra}.") from None
    except OSError as error:  # of a protocol that connects at once
        raise B12Error(
            f"{url} cannot be reached ({type(error).__name__}). Check the address and the network, then try again."
        ) from None
    except ValueError:
        raise ConfigurationError(
            f"{url} is no address that can be understood. Use s3://bucket/folder, file:///folder or a path."
        ) from None
    return files, root.rstrip("/")


def _mark(info: Mapping[str, Any]) -> str:
    return str(info.get("ETag") or f"{info.get('mtime')}-{info['size']}")
