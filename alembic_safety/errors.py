"""The error tree: every error that a user can meet, each a subclass of Alembic's ``CommandError``.

SafetyError                     anything below; Alembic's command line prints it as one line and exits with 1
├── UsageError                  what the user named does not exist or does not fit (a file, a revision, an option)
│   └── SettingsError           a setting has a value that is not understood
├── SourceError                 a migration's source cannot be used as it is (carries file and line)
│   └── StatementError          the server refused a statement of a migration (carries statement and sqlstate too)
├── IrreversibleError           a downgrade that cannot be done says why
├── ServerError                 no PostgreSQL server to rehearse on, or it failed (carries its log)
│   └── ExtensionMissingError   an extension that a migration asks for is not installed on that server
├── OwnershipError              a destructive act on something that is not provably ours
├── PreservationError           rows cannot be kept before an upgrade, or given back by a downgrade
├── SynthesisError              no downgrade can be derived (carries the object and the reason)
├── RehearsalError              the rehearsal as a whole could not be done
└── GuardError                  the guard refuses or stops a real upgrade
    └── BackupError             a backup can't be taken, is damaged, or can't be given back
"""

from alembic.util import CommandError


class SafetyError(CommandError):
    """Root of every error that this package raises on purpose."""


class UsageError(SafetyError):
    """What the user named does not exist or does not fit."""


class SettingsError(UsageError):
    """A setting has a value that is not understood."""


class SourceError(SafetyError):
    """A migration's source cannot be used as it is."""

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(place + message)
        self.file = file
        self.line = line


class UnterminatedError(SourceError):
    """SQL ends within a string, a quoted name or a comment: no server can read it."""


class StatementError(SourceError):
    """The server refused a statement of a migration; the driver's own error is its ``__cause__``."""

    def __init__(
        self,
        message: str,
        *,
        statement: str,
        sqlstate: str | None = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message, file=file, line=line)
        self.statement = statement
        self.sqlstate = sqlstate


class IrreversibleError(SafetyError):
    """A downgrade was asked for that cannot be done, for the reason given."""


class ServerError(SafetyError):
    """No PostgreSQL server to rehearse on, or it failed."""

    def __init__(self, message: str, *, log: str = "") -> None:
        super().__init__(f"{message}\n{log}" if log else message)
        self.log = log


class ExtensionMissingError(ServerError):
    """An extension that a migration asks for is not installed on the server."""

    def __init__(self, message: str, *, extension: str) -> None:
        super().__init__(message)
        self.extension = extension


class OwnershipError(SafetyError):
    """A destructive act was asked for on something that is not provably ours."""


class PreservationError(SafetyError):
    """Rows cannot be kept before an upgrade, or given back by a downgrade."""


class SynthesisError(SafetyError):
    """No downgrade can be derived for an object."""

    def __init__(self, message: str, *, subject: str = "") -> None:
        super().__init__(message)
        self.subject = subject


class RehearsalError(SafetyError):
    """The rehearsal as a whole could not be done."""


class GuardError(SafetyError):
    """The guard refuses or stops a real upgrade."""


class BackupError(GuardError):
    """A backup can't be taken, is damaged, or can't be given back; the message says what is there all the same."""
