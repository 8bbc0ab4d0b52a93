"""What a visitor is told when a page cannot be given: what happened, and what to do. Never a patient's data."""


class Turned(Exception):
    """The request ends here; the visitor reads ``told`` and ``to_do`` on a page of their own with this status."""

    def __init__(self, status: int, title: str, told: str, to_do: str = "", *, wait_seconds: int | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.told = told
        self.to_do = to_do
        self.wait_seconds = wait_seconds


def not_here() -> Turned:
    """Of a patient or list that does not exist and of one at another site the same is said: neither is confirmed."""
    return Turned(
        404,
        "Not found",
        "There is no such list or patient here, or it belongs to a site that you have no access to.",
        "Check the identifier as it stands in the record system, or ask whoever grants access to the sites.",
    )
