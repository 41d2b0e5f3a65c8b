"""The draws of a round out of a file that somebody downloaded: its page's draws.json, or its evidence file. Pure."""

import json
from typing import Any

import rfc8785

from procurement.committee.retracing import Retraced, retrace
from procurement.errors import N_, RuleBroken
from procurement.evidence.bundle import NotEvidence, unpack
from procurement.publiclog.entry import EntryError, Envelope, unseal


def read_draws(content: bytes) -> list[Retraced]:
    """The draws in `content`, retraced, the beacon's signature verified. Whether the entries are in the log at all is
    checked by `sunlit verify`. Raises RuleBroken when there is no draw in it or it is no such file."""
    try:
        envelopes = _from_evidence(content) if content[:2] == b"PK" else _from_json(content)
    except (NotEvidence, EntryError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise RuleBroken(N_("This file cannot be read: %(why)s"), why=str(error)[:200]) from error
    draws = retrace(envelopes)
    if not draws:
        raise RuleBroken(N_("There is no draw in this file."))
    return draws


def _from_evidence(content: bytes) -> list[Envelope]:
    return [unseal(entry.body) for entry in unpack(content).entries()]


def _from_json(content: bytes) -> list[Envelope]:
    document: Any = json.loads(content)
    return [unseal(rfc8785.dumps(one["entry"])) for one in document["entries"]]
