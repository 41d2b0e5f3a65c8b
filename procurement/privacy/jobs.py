"""Taking erased files out of the store, after the erasure is committed: what was rolled back must still be there."""

from collections.abc import Mapping
from typing import Any

from procurement import storage
from procurement.jobs import Work, job


@job("privacy.remove")
def remove(work: Work, payload: Mapping[str, Any]) -> None:
    """Remove the files of one erasure. Once more changes nothing."""
    store = storage.store(work.config)
    for digest in payload["files"]:
        store.remove(digest)
