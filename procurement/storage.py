"""Files, written once and named by what is in them.

A blob is kept under its SHA-256, so writing it twice is the same as writing it once, nothing is ever overwritten, and
whoever reads it can check it. Blobs are stored before the transaction that mentions them: when that is rolled back, a
blob that nobody mentions is left, which harms nobody.

The store is a local folder by default, an S3 bucket when SUNLIT_STORAGE_URL names one.
"""

import hashlib
import os
import re
from contextlib import suppress
from functools import cache
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, MemoryStore, from_url

Backend = Any  # obstore's stores share no public base class

DIGEST = re.compile(r"[0-9a-f]{64}")
PROBE = "probe"


class StorageError(RuntimeError):
    """The store does not do what is needed of it: an operator's matter, not a user's."""


class Damaged(StorageError):
    """A blob is not what its name says."""


class Missing(StorageError, LookupError):
    """No blob of this name is stored."""


class Store:
    """A store of blobs. Safe to share between threads, not across a fork."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def put(self, data: bytes) -> str:
        """Store `data` and return its name, the SHA-256 in hex. Storing it again changes nothing."""
        digest = hashlib.sha256(data).hexdigest()
        if not self._create(_path(digest), data):
            self.get(digest)  # what lies there under this name must be this very blob
        return digest

    def get(self, digest: str) -> bytes:
        """The blob named `digest`. Raises Missing, or Damaged when its bytes have another digest."""
        try:
            data = bytes(obstore.get(self._backend, _path(digest)).bytes())
        except FileNotFoundError as error:
            raise Missing(digest) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise Damaged(digest)
        return data

    def __contains__(self, digest: str) -> bool:
        try:
            obstore.head(self._backend, _path(digest))
        except FileNotFoundError:
            return False
        return True

    def remove(self, digest: str) -> None:
        """Forget the blob named `digest`, if it is there. Only for what by law must go (`procurement.privacy`)."""
        with suppress(FileNotFoundError):
            obstore.delete(self._backend, _path(digest))

    def probe(self) -> None:
        """Raise StorageError unless the store refuses to overwrite: some that speak S3 do it silently."""
        self._create(PROBE, b"1")
        if self._create(PROBE, b"2"):
            raise StorageError("the store overwrites what it holds: it ignores create-only writes")

    def _create(self, path: str, data: bytes) -> bool:
        try:
            obstore.put(self._backend, path, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True


def store(config: Any) -> Store:
    """The store of an installation. The first call in a process opens and probes it."""
    return _open(config.storage_url or str((config.data_dir / "blobs").resolve()), os.getpid())


@cache
def _open(address: str, _process: int) -> Store:
    backend: Backend
    if address.startswith("memory:"):
        backend = MemoryStore()
    elif "://" in address:
        backend = from_url(address)
    else:
        backend = LocalStore(address, mkdir=True)
    opened = Store(backend)
    opened.probe()
    return opened


def _path(digest: str) -> str:
    """Two levels of folders: no folder grows beyond what file systems and listings like."""
    if not DIGEST.fullmatch(digest):
        raise Missing(digest)
    return f"{digest[:2]}/{digest[2:4]}/{digest}"
