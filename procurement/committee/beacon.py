"""A public source of randomness that nobody can foresee and everybody can check: drand's quicknet beacon. Pure.

Every three seconds the beacon's members publish together a BLS signature over the number of the round. A draw names
a future round before it exists; afterwards the round's signature, fetched or pasted from anywhere, is verified here
against the chain's public key alone, so it does not matter who brought it. The randomness is the signature's SHA-256.

Scheme `bls-unchained-g1-rfc9380`: the message is SHA-256 of the round's number (8 bytes, big-endian), hashed to the
group G1 as in RFC 9380 (suite BLS12381G1_XMD:SHA-256_SSWU_RO_), signatures in G1, public key in G2.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from procurement.errors import N_, RuleBroken

_SUITE = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"


@dataclass(frozen=True, slots=True)
class Chain:
    """A beacon's fixed facts. `public_key`: compressed G2 point, hex. `genesis`: round 1. `period`: seconds."""

    name: str
    chain_hash: str
    public_key: str
    genesis: datetime
    period: int

    def round_at(self, instant: datetime) -> int:
        """The latest round published at `instant` (0: none yet)."""
        if instant < self.genesis:
            return 0
        return int((instant - self.genesis).total_seconds()) // self.period + 1

    def published_at(self, number: int) -> datetime:
        """When round `number` is published."""
        return self.genesis + timedelta(seconds=(number - 1) * self.period)

    def first_after(self, instant: datetime) -> int:
        """The first round that does not exist yet at `instant`."""
        return self.round_at(instant) + 1


QUICKNET = Chain(
    name="drand quicknet",
    chain_hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    public_key="83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d106451"
    "0d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
    genesis=datetime.fromtimestamp(1692803367, UTC),
    period=3,
)
"""The League of Entropy's three-second beacon, in service since 23 August 2023."""


def randomness(number: int, signature: str, *, chain: Chain = QUICKNET) -> str:
    """The randomness (hex, 32 bytes) of round `number`, once `signature` (hex, 48 bytes) is verified.

    Raises RuleBroken when the signature is not a signature of that round by that chain.
    """
    try:
        raw = bytes.fromhex(signature.strip())
    except ValueError:
        raw = b""
    if number < 1 or len(raw) != 48 or not _verifies(number, raw, bytes.fromhex(chain.public_key)):
        raise RuleBroken(
            N_("This is not the signature of round %(number)s of %(beacon)s."),
            field="signature",
            number=number,
            beacon=chain.name,
        )
    return hashlib.sha256(raw).hexdigest()


def _verifies(number: int, signature: bytes, public_key: bytes) -> bool:
    """e(S, G2) = e(H(round), P), with S in the right subgroup."""
    # Imported here: the curve's tables take a noticeable moment and only a draw needs them.
    from py_ecc.bls.hash_to_curve import hash_to_G1
    from py_ecc.bls.point_compression import decompress_G1, decompress_G2
    from py_ecc.optimized_bls12_381 import FQ12, G2, curve_order, final_exponentiate, is_inf, multiply, neg, pairing

    try:
        point = decompress_G1(int.from_bytes(signature, "big"))
    except ValueError:
        return False
    if is_inf(point) or not is_inf(multiply(point, curve_order)):
        return False
    key = decompress_G2((int.from_bytes(public_key[:48], "big"), int.from_bytes(public_key[48:], "big")))
    message = hash_to_G1(hashlib.sha256(number.to_bytes(8, "big")).digest(), _SUITE, hashlib.sha256)
    product = pairing(G2, point, final_exponentiate=False) * pairing(key, neg(message), final_exponentiate=False)
    return bool(final_exponentiate(product) == FQ12.one())
