"""Fetching a beacon's round, for the operator's command line alone: the web process asks nobody for anything."""

import json
import urllib.error
import urllib.parse
import urllib.request

from procurement.committee.beacon import Chain
from procurement.errors import N_, RuleBroken

TIMEOUT = 20
LARGEST = 10_000


def fetch_signature(server: str, chain: Chain, number: int) -> str:
    """The signature (hex) that `server` has for round `number` of `chain`; not verified here. Raises RuleBroken."""
    address = f"{server.rstrip('/')}/{chain.chain_hash}/public/{number}"
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise RuleBroken(N_("“%(server)s” is not the address of a server."), server=server)
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:  # noqa: S310 (the scheme is checked above)
            document = json.loads(answer.read(LARGEST))
    except (OSError, ValueError) as error:
        raise RuleBroken(
            N_("Round %(number)s could not be fetched from %(server)s: %(why)s"),
            number=number,
            server=server,
            why=str(error)[:200],
        ) from error
    signature = document.get("signature") if isinstance(document, dict) else None
    if not isinstance(signature, str):
        raise RuleBroken(N_("%(server)s answered something else than a round of the beacon."), server=server)
    return signature
