"""The one error tree.

An error carries a stable `code` and the parameters of its sentence; the sentence
itself stands in the message catalogue (`space_hub/text`), in English and French.
`kind` says what class of failure it is; only `api/errors.py` knows the HTTP
status and only `space_hub/cli.py` the exit status that belongs to it.
"""

from enum import StrEnum


class Kind(StrEnum):
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"


class HubError(Exception):
    """Base of every error that a person may read; raise one of the subclasses below."""

    kind: Kind

    causes: tuple["HubError", ...] = ()
    """The single faults, when several are refused at once."""

    def __init__(self, code: str, /, **params: object) -> None:
        self.code = code
        self.params = params
        super().__init__(" ".join([code, *(f"{name}={value!r}" for name, value in params.items())]))


class Invalid(HubError):
    """What was given cannot be accepted; the sender can mend it."""

    kind = Kind.INVALID


class Unauthenticated(HubError):
    """Nobody known is asking."""

    kind = Kind.UNAUTHENTICATED


class Forbidden(HubError):
    """The asker is known and may not do this."""

    kind = Kind.FORBIDDEN


class NotFound(HubError):
    """It does not exist, or the asker may not know that it exists."""

    kind = Kind.NOT_FOUND


class Conflict(HubError):
    """The state of things forbids it now."""

    kind = Kind.CONFLICT


class Unavailable(HubError):
    """It cannot be done now and may be tried again after `retry_after_s` seconds."""

    kind = Kind.UNAVAILABLE

    def __init__(self, code: str, /, *, retry_after_s: int = 5, **params: object) -> None:
        super().__init__(code, retry_after_s=retry_after_s, **params)
        self.retry_after_s = retry_after_s
