"""Signed notes (C2SP signed-note) and checkpoints (C2SP tlog-checkpoint). Pure.

A note is text that ends in a newline, an empty line, and signature lines `— <name> <base64(key id ‖ signature)>`.
A checkpoint is a note whose first three lines are the log's origin, its size and its root in base64.
"""

import base64
import binascii
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from procurement.publiclog.tree import HASH_BYTES

ED25519 = 0x01
COSIGNATURE = 0x04  # Ed25519 over "cosignature/v1", a time and the checkpoint: what a witness signs

_NAME = re.compile(r"[^\s+]+")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_SIZE = re.compile(r"0|[1-9]\d{0,18}")
_PRIVATE = "PRIVATE+KEY+"


class NoteError(ValueError):
    """A note, key or checkpoint is malformed, or a signature on it is wrong."""


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError("not base64 in its one spelling")
    return raw


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """The four bytes that tell keys apart: SHA-256(name ‖ 0x0A ‖ algorithm ‖ public key)[:4]."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or _CONTROL.search(name):
        raise NoteError(f"a key's name has no space and no plus: {name!r}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key by which notes are checked: its name, its algorithm byte and 32 bytes of Ed25519."""

    name: str
    algorithm: int
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if self.algorithm not in (ED25519, COSIGNATURE) or len(self.public) != 32:
            raise NoteError("only Ed25519 keys are known here")

    @property
    def id(self) -> bytes:
        """The key id that this key's signatures begin with."""
        return key_id(self.name, self.algorithm, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_encode(bytes([self.algorithm]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key written as `name+id+base64`. Raises NoteError; the base64 may itself contain a plus."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise NoteError("a verifier key has a name, an id and a key")
        raw = _decode(parts[2])
        if not raw:
            raise NoteError("the key is empty")
        key = cls(parts[0], raw[0], raw[1:])
        if key.id.hex() != parts[1]:
            raise NoteError("the key's id does not fit the key")
        return key

    def holds(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (behind the key id) is this key's over the note's `text`."""
        message = text.encode()
        if self.algorithm == COSIGNATURE:
            if len(signature) != 72:
                return False
            (time,) = struct.unpack(">Q", signature[:8])
            message = b"cosignature/v1\ntime %d\n" % time + message
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The log's private key: a name (the log's origin) and the 32-byte seed of an Ed25519 key."""

    name: str
    seed: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.seed) != 32:
            raise NoteError("an Ed25519 seed has 32 bytes")

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier})"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, ED25519, public)

    def encoded(self) -> str:
        """`PRIVATE+KEY+name+id+base64`, as Go's note tools write it. Secret."""
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{_encode(bytes([ED25519]) + self.seed)}"

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """The key written by `encoded`. Raises NoteError."""
        parts = text.strip().removeprefix(_PRIVATE).split("+", 2)
        if not text.strip().startswith(_PRIVATE) or len(parts) != 3:
            raise NoteError("not a private key for notes")
        raw = _decode(parts[2])
        if raw[:1] != bytes([ED25519]):
            raise NoteError("only Ed25519 keys are known here")
        key = cls(parts[0], raw[1:])
        if key.verifier.id.hex() != parts[1]:
            raise NoteError("the key's id does not fit the key")
        return key

    def sign(self, text: str) -> str:
        """The note made of `text` and this key's signature. Raises NoteError when `text` cannot be a note's."""
        _check_text(text)
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{text}\n— {self.name} {_encode(self.verifier.id + signature)}\n"


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("a note's text ends in a newline and has no other control character")


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note that at least one known key has signed: its text, and the keys whose signatures hold."""

    text: str
    signed_by: tuple[VerifierKey, ...]


def open_note(note: str, keys: Iterable[VerifierKey]) -> OpenedNote:
    """The text of `note`, checked against `keys`.

    Raises NoteError when it is malformed, when a signature that names a known key is wrong, or when none of the
    keys signed it. Signatures of unknown keys are passed over, as C2SP signed-note says.
    """
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise NoteError("not a signed note")
    text += "\n"
    _check_text(text)
    known = {(key.name, key.id): key for key in keys}
    good: list[VerifierKey] = []
    for line in signatures.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "—":
            raise NoteError("not a signature line")
        _check_name(name)
        raw = _decode(encoded)
        if len(raw) < 5:
            raise NoteError("the signature is too short")
        key = known.get((name, raw[:4]))
        if key is None or key in good:
            continue
        if not key.holds(text, raw[4:]):
            raise NoteError(f"the signature of {name} is wrong")
        good.append(key)
    if not good:
        raise NoteError("none of the known keys has signed this")
    return OpenedNote(text, tuple(good))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How large the log was and what its root was then. `root` is 32 bytes."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The note's text, to be signed."""
        return f"{self.origin}\n{self.size}\n{_encode(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The checkpoint in a note's text; extension lines after the third are allowed. Raises NoteError."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise NoteError("not a checkpoint")
        root = _decode(lines[2])
        if len(root) != HASH_BYTES:
            raise NoteError("a root has 32 bytes")
        return cls(lines[0], int(lines[1]), root)


def open_checkpoint(note: str, key: VerifierKey, origin: str) -> Checkpoint:
    """The checkpoint of log `origin` that `key` signed. Raises NoteError."""
    checkpoint = Checkpoint.parse(open_note(note, [key]).text)
    if checkpoint.origin != origin:
        raise NoteError(f"a checkpoint of {checkpoint.origin}, not of {origin}")
    return checkpoint
