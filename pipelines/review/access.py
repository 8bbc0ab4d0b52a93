"""Who may do what, and where: a role, from viewer to lead, for some sites or for all."""

from collections.abc import Collection
from dataclasses import dataclass

from pipelines.config import Grant

ROLES = ("viewer", "reviewer", "lead")
"""From the least to the most: a viewer reads, a reviewer also decides and exports, a lead also undoes the decisions of
others and reads the audit log."""


@dataclass(frozen=True)
class Access:
    """What somebody may do. ``sites`` of a grant is null for every site, those of unknown site included."""

    grants: tuple[tuple[str, frozenset[str] | None], ...]

    def may(self, role: str, site: str | None) -> bool:
        """Whether this role, or a higher one, is given at the site; an unknown site needs a grant for every site."""
        return any(sites is None or site in sites for sites in self._of(role))

    def sites(self, role: str = "viewer") -> frozenset[str] | None:
        """The sites at which this role is given; null for every site."""
        given = self._of(role)
        return None if None in given else frozenset().union(*given)

    def anywhere(self, role: str) -> bool:
        """Whether this role is given at any site."""
        return bool(self._of(role))

    def everywhere(self, role: str) -> bool:
        """Whether this role is given for every site."""
        return None in self._of(role)

    @property
    def role(self) -> str:
        """The highest role given at any site."""
        return max((role for role, _ in self.grants), key=ROLES.index)

    def _of(self, role: str) -> list[frozenset[str] | None]:
        return [sites for given, sites in self.grants if ROLES.index(given) >= ROLES.index(role)]


@dataclass(frozen=True)
class Visitor:
    """Somebody who was let in. ``form_key`` must come back with every form."""

    name: str
    access: Access
    form_key: str


EVERYTHING = Access((("lead", None),))
"""For the one user of a machine who serves the screen to themselves."""


def access_of(grants: Collection[Grant], user: str, groups: Collection[str]) -> Access | None:
    """What the configured grants give to a user of these groups; null when nothing."""
    given = tuple(
        (grant.role, None if grant.sites is None else frozenset(grant.sites))
        for grant in grants
        if grant.user == user or grant.group in groups
    )
    return Access(given) if given else None
