"""The log's private key: a file with one `PRIVATE+KEY+…` line, readable by its owner only.

The key's name is the log's origin, and both stay the same for as long as the log lives, wherever it is served. A key
that was made for development says so in its file, and production refuses it.
"""

import os
import secrets
from pathlib import Path

from config import Config
from procurement.errors import Refused
from procurement.publiclog.checkpoint import NoteError, SigningKey, VerifierKey
from procurement.publiclog.witnessing import WitnessAddress, read_witnesses

_DEVELOPMENT = "# development only"


class KeyRefused(Refused):
    """The log's key cannot be used; the message says why."""


def new_key(path: Path, origin: str, *, development: bool = False) -> SigningKey:
    """Make a key for the log `origin` at `path`, which must not exist. Raises KeyRefused."""
    key = SigningKey(origin, secrets.token_bytes(32))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise KeyRefused(f"{path} exists already; a log keeps its key") from error
    with os.fdopen(file, "w", encoding="ascii") as out:
        out.write(f"{_DEVELOPMENT}\n" if development else "")
        out.write(f"{key.encoded()}\n")
    return key


def load_key(path: Path, *, production: bool) -> SigningKey:
    """The key in the file `path`. Raises KeyRefused; in production also when it is a development key or others may
    read it."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        key = SigningKey.parse(lines[-1])
    except (OSError, UnicodeDecodeError, IndexError, NoteError) as error:
        raise KeyRefused(f"{path}: no key for the log ({error})") from error
    if production and _DEVELOPMENT in lines:
        raise KeyRefused(f"{path} is a development key; make one with `sunlit log new-key`")
    if production and path.stat().st_mode & 0o077:
        raise KeyRefused(f"{path} can be read by others; chmod 600 it")
    return key


def development_key(folder: Path, origin: str) -> SigningKey:
    """The development key in `folder`, made for `origin` the first time."""
    path = folder / "log-development.key"
    if not path.exists():
        try:
            return new_key(path, origin, development=True)
        except KeyRefused:  # another process was quicker
            pass
    return load_key(path, production=False)


def key_of(config: Config) -> SigningKey:
    """The key of this installation's log: the configured file, else the development key in its data folder."""
    if config.log_key:
        return load_key(Path(config.log_key), production=config.production)
    if config.production:
        raise KeyRefused("SUNLIT_LOG_KEY must name the log's key: development keys are refused in production")
    return development_key(config.data_dir, config.log_origin)


def verifier_of(config: Config) -> VerifierKey:
    """The public key of this installation's log, for pages: the configured text, else out of the key itself."""
    return VerifierKey.parse(config.log_public_key) if config.log_public_key else key_of(config).verifier


def guard_of(config: Config) -> Path:
    """Where this installation keeps the newest checkpoint outside its database (see `signer`)."""
    return Path(config.log_guard) if config.log_guard else config.data_dir / "log-guard"


def witnesses_of(config: Config) -> list[WitnessAddress]:
    """The witnesses of this installation's log: what the configured file names, else none. Raises KeyRefused."""
    if not config.witnesses:
        return []
    try:
        return read_witnesses(Path(config.witnesses))
    except (OSError, NoteError) as error:
        raise KeyRefused(f"{config.witnesses}: no list of witnesses ({error})") from error
