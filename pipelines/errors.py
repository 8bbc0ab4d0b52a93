"""The errors that a user reads, and the exit code each one ends the command with."""


class B12Error(Exception):
    """Something failed; the message says what, what was expected, and what to do."""

    exit_code = 1


class ConfigurationError(B12Error):
    """Wrong usage or configuration, found before any data was read."""

    exit_code = 2


class Refused(B12Error):
    """The gate refused to publish; the previous publication stays."""

    exit_code = 3


class UnreadableFile(B12Error):
    """A delivered file cannot be read as a whole, so none of it was taken."""

    exit_code = 1
