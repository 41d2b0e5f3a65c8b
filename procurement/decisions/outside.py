"""A signature made elsewhere: the document is downloaded, signed in any PDF program, and brought back.

What is brought must begin with the very bytes that were downloaded, with exactly one signature behind them. `receive`
looks at it outside any transaction, which may take seconds; `actions.bring` records it when the document is still the
one that was signed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from config import Config
from procurement import signing
from procurement.access import Actor
from procurement.certificates import bundle_of
from procurement.decisions import own_keys
from procurement.decisions.queries import awaited, find_decision, signatures_of
from procurement.decisions.rules import check_brought
from procurement.errors import N_, NotFound, RuleBroken, WrongPhase, refuse_if
from procurement.keys import Keys, evidence_of, keys_from
from procurement.revocation import require_unrevoked
from procurement.rounds.queries import course_of
from procurement.storage import store

LARGEST = 20_000_000  # bytes of a signed document that are accepted


@dataclass(frozen=True, slots=True)
class ToReceive:
    """What a signatory's file is compared with. `states`: (size, SHA-256) of the document from its seal on, the last
    of them to be signed now; `signers`: {field: certificate} so far; `names`: whose every field is; `pem`: the
    signatory's own certificate; `last`: whether every signature is there with this one."""

    field: str
    name: str
    pem: str
    fingerprint: str
    states: tuple[tuple[int, str], ...]
    signers: Mapping[str, str]
    names: Mapping[str, str]
    sealed_at: datetime
    last: bool


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was found good and stored: what it was made of (`before`), its own SHA-256 and size."""

    field: str
    before: str
    file: tuple[str, int]
    certificate: str


def to_receive(session: Session, ref: str, *, actor: Actor, now: datetime) -> ToReceive:
    """What a signatory of decision `ref` may bring now. Raises NotFound for everybody else, WrongPhase."""
    decision = find_decision(session, ref)
    signatures = signatures_of(session, decision.id)
    own = next((s for s in signatures if s.user_id == actor.user_id and actor.user_id is not None), None)
    if own is None:
        raise NotFound(N_("There is no decision “%(ref)s”."), ref=ref[:40])
    given = sorted((s for s in signatures if s.turn is not None), key=lambda s: s.turn or 0)
    if not given or own.approved_at is not None or decision.published_at is not None:
        raise WrongPhase(N_("This decision does not wait for your signature."))
    certificate = own_keys.in_force(session, own.user_id or 0)
    if certificate is None:
        raise WrongPhase(N_("You have no certificate of your own that was confirmed."))
    sealed_at = given[0].signed_at
    assert sealed_at is not None  # noqa: S101 (it has a turn)
    return ToReceive(
        field=own.field,
        name=own.name,
        pem=certificate.pem,
        fingerprint=certificate.sha256,
        states=tuple((s.file_size or 0, str(s.file_digest)) for s in given),
        signers={s.field: str(s.certificate_sha256) for s in given},
        names={s.field: s.name for s in signatures},
        sealed_at=sealed_at,
        last=awaited(signatures, course_of(session, decision.round_id), now=now) == [own],
    )


def receive(content: bytes, task: ToReceive, *, config: Config, now: datetime) -> Received:
    """Find `content` good and store it, with a document time-stamp behind it where an authority is configured.

    Raises RuleBroken with the one thing that is wrong.
    """
    refuse_unless_begun_with(content, task.states)
    files, keys = store(config), keys_from(config)
    before = task.states[-1][1]
    bundle = bundle_of(task.pem)
    evidence = evidence_of(keys, config)
    if not bundle.certificate.not_valid_before_utc <= now < bundle.certificate.not_valid_after_utc:
        raise RuleBroken(N_("The certificate of %(name)s is not valid today."), name=task.name)
    answers = require_unrevoked(bundle.certificate, bundle.chain, evidence, name=task.name, now=now)
    found = signing.addition(content, before=files.get(before), roots=keys.roots, now=now, lists=keys.lists)
    refuse_if(
        check_brought(
            found,
            found.finding,
            field=task.field,
            names=task.names,
            fingerprint=task.fingerprint,
            sealed_at=task.sealed_at,
            now=now,
        )
    )
    if config.timestamp_url:
        stamping = signing.Stamping(config.timestamp_url, keys.roots)
        content = signing.stamp(content, stamping, now=now, lists=keys.lists, answers=answers)
    if task.last:
        _test(content, task, keys, now)
    return Received(task.field, before, (files.put(content), len(content)), task.fingerprint)


def refuse_unless_begun_with(content: bytes, states: tuple[tuple[int, str], ...]) -> None:
    """Raise RuleBroken unless `content` is the last of `states` with something behind it."""
    if len(content) > LARGEST:
        raise RuleBroken(N_("The file is larger than %(limit)s MB."), limit=LARGEST // 1_000_000, field="file")
    *earlier, (size, digest) = states
    if sha256(content[:size]).hexdigest() == digest:
        if len(content) == size:
            raise RuleBroken(N_("This is the document as you downloaded it. Sign it first."), field="file")
        return
    if any(sha256(content[:size]).hexdigest() == digest for size, digest in earlier):
        raise RuleBroken(
            N_("Another signature was put in since you downloaded it. Download the document again and sign that."),
            field="file",
        )
    raise RuleBroken(
        N_(
            "This is not the document that you downloaded, or your program has written it anew. Sign the downloaded "
            "file itself, with a program that only adds the signature behind it."
        ),
        field="file",
    )


def _test(content: bytes, task: ToReceive, keys: Keys, now: datetime) -> None:
    """What carries every signature can be published: it passes our own verification as a whole."""
    expected = {**task.signers, task.field: task.fingerprint}
    try:
        signing.self_test(content, roots=keys.roots, expected=expected, now=now, lists=keys.lists)
    except signing.SelfTestFailed as failed:
        raise RuleBroken(
            N_("With your signature the document does not pass our own verification. Tell the administrator."),
            field="file",
        ) from failed
