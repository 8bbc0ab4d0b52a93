"""What a run is asked to do, with its names checked before anything is read."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.codelists.concepts import known_concepts
from pipelines.codes import CodeBook, ListFile, LocalCodes, load_codebook
from pipelines.config import Settings
from pipelines.errors import ConfigurationError
from pipelines.profile import Profile, load_profile
from pipelines.worklists import worklists


@dataclass(frozen=True)
class Order:
    """What a run is asked to do."""

    home: Path
    extracts: Path
    settings: Settings
    as_of: date
    known_at: date
    profile: Profile
    site: str | None = None
    accept_change: frozenset[str] = frozenset()


def configured_codebook(home: Path, settings: Settings) -> CodeBook:
    """The code lists of a run: those that ship, and those that the configuration names or holds."""
    return load_codebook(
        user_folders=[home / folder for folder in settings.code_folders],  # an absolute one stays as it is
        about=[ListFile(**about.model_dump()) for about in settings.codelist],
        local=[LocalCodes(code.table, code.code_system, code.concepts, code.names) for code in settings.code],
    )


def make_order(
    home: Path,
    extracts: Path,
    settings: Settings,
    *,
    as_of: date,
    known_at: date | None = None,
    profile: str | None = None,
    site: str | None = None,
    accept_change: tuple[str, ...] = (),
) -> Order:
    """An order with its profile loaded and its names checked.

    Raises:
        ConfigurationError: A profile, override, or worklist name is unknown.
    """
    known = set(worklists())
    for name in (*accept_change, *settings.max_change):
        # Feeds (source/table) and files may be accepted too; only the run knows which there are.
        if name not in known | set(known_concepts()) and "/" not in name:
            raise ConfigurationError(f"No worklist named {name!r}. Known worklists: {', '.join(sorted(known))}.")
    return Order(
        home=home,
        extracts=extracts,
        settings=settings,
        as_of=as_of,
        known_at=known_at or as_of,
        profile=load_profile(profile or settings.profile, settings.overrides),
        site=site,
        accept_change=frozenset(accept_change),
    )
