"""Acts on a draft: begin, keep a section, attach, throw away. They are private and leave no trace in public."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from procurement.access import ROLE_NAMES, Actor, Permission, Role, require
from procurement.applications import checkers, own, queries
from procurement.applications.content import SECTION_TYPES, Certificate, Certificates, Purpose, Section
from procurement.applications.models import ApplicationDraft, ApplicationFile
from procurement.applications.rules import (
    MAX_FILES,
    MAX_PAPERS,
    SHORT,
    TOO_LONG,
    check_certificate,
    check_section,
    product_key,
    with_delivery,
)
from procurement.errors import N_, NotAllowed, NotFound, Problem, RuleBroken, WrongPhase, refuse_if
from procurement.masking import public_text_problems
from procurement.merchants import queries as merchants
from procurement.merchants.models import Merchant, MerchantUser
from procurement.rounds import canonical, clocks
from procurement.rounds import queries as rounds
from procurement.rounds.models import Round
from procurement.rounds.phases import Phase
from procurement.uploads import Upload


def start(
    session: Session, *, actor: Actor, now: datetime, round_ref: str, merchant_ref: str, product_name: str
) -> str:
    """Begin an application with one product of a business; returns the key of the draft.

    Raises NotAllowed when somebody of the business holds a seat that excludes applying, or the business is debarred.
    """
    require(actor, Permission.APPLY)
    found = rounds.find_round(session, round_ref, lock=True, actor=actor)
    merchant = _own_merchant(session, actor, merchant_ref)
    require_applicant(session, found, merchant, now)
    rounds.course_of(session, found.id).require(now, Phase.OPEN)
    product_name = canonical.plain_text(product_name)
    refuse_if(_check_name(session, product_name, round_id=found.id, merchant_id=merchant.id, but=None))
    draft = ApplicationDraft(
        key=secrets.token_urlsafe(12),
        round_id=found.id,
        merchant_id=merchant.id,
        product_name=product_name,
        product_key=product_key(product_name),
        sections={Section.PRODUCT.value: canonical.write(SECTION_TYPES[Section.PRODUCT](name=product_name))},
        created_at=now,
        created_by_id=actor.user_id,
        helper_ids=[],
        saved_at=now,
    )
    checkers.keep_helping(session, draft, actor)
    session.add(draft)
    session.flush()
    return draft.key


def mark_of(kept: Any) -> str:
    """A mark that changes with what is kept. A form carries that of what it was filled with (`overtaken`)."""
    return canonical.digest(canonical.canonical_text(canonical.write(kept)))


def overtaken(kept: Any, answers: Any, seen: str, mark: Callable[[Any], str] = mark_of) -> list[Problem]:
    """Whether `answers` would replace what their writer has not seen: `seen` is the mark of what the form was filled
    with; empty, nobody asks. Two that wrote the same are no conflict."""
    if not seen or answers == kept or seen == mark(kept):
        return []
    return [
        Problem(
            N_(
                "This part was saved in another window or on another device since you opened it here. Open this page "
                "again to read what is kept, or press save to put what you typed in its place."
            ),
            field="seen",
        )
    ]


def save_section(
    session: Session, *, actor: Actor, now: datetime, key: str, section: Section, answers: Any, seen: str = ""
) -> list[Problem]:
    """Keep one section of a draft, finished or not, and tell what is still missing or wrong in it.

    `answers`: an instance of the section's class. Papers are kept by `save_certificate`; here their list is not
    changed. A product name that another of one's applications has is refused, and what would replace an answer that
    was not `seen` (`overtaken`).
    """
    require(actor, Permission.APPLY)
    draft, merchant = editable(session, actor, now, key)
    held = own.draft_content(session, draft).section(section)
    if section is Section.CERTIFICATES:
        answers = Certificates(items=held.items, exemption=answers.exemption)
    refuse_if(overtaken(held, answers, seen))
    if section is Section.PRODUCT:
        refuse_if(_rename(session, draft, answers.name))
    _keep(draft, section, answers, now)
    needs = queries.needs_of(rounds.rules_of(session, draft.round_id), merchant, now)
    return check_section(section, own.draft_content(session, draft), needs)


def attach(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    key: str,
    section: Section,
    purpose: Purpose,
    upload: Upload,
    public: bool,
) -> int:
    """Attach a file that `uploads.accept` has checked, rewritten and stored; returns its id in the draft."""
    require(actor, Permission.APPLY)
    draft, _ = editable(session, actor, now, key)
    return _attach(session, draft, section, purpose, upload, public, now).id


def remove_file(session: Session, *, actor: Actor, now: datetime, key: str, file_id: int) -> None:
    """Take a file off a draft. Versions already submitted keep it."""
    require(actor, Permission.APPLY)
    draft, _ = editable(session, actor, now, key)
    row = session.get(ApplicationFile, file_id, with_for_update=True)
    if row is None or row.draft_id != draft.id or row.removed_at is not None:
        raise NotFound(N_("There is no such file."))
    row.removed_at = draft.saved_at = now


def save_certificate(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    key: str,
    certificate: Certificate,
    upload: Upload | None,
    public: bool,
    number: int | None = None,
    seen: str = "",
) -> tuple[int, list[Problem]]:
    """Keep a paper, finished or not: a new one, or in the place of the one with `number` (from 1).

    Without `upload` the paper keeps the copy it had. Returns its number and what is missing or wrong. `seen`: as in
    `save_section`, of the paper that is replaced.
    """
    require(actor, Permission.APPLY)
    draft, merchant = editable(session, actor, now, key)
    held = own.draft_content(session, draft).certificates
    if number is not None and not 1 <= number <= len(held.items):
        raise NotFound(N_("There is no such paper."))
    if number is None and len(held.items) >= MAX_PAPERS:
        raise RuleBroken(N_("At most %(limit)s papers may be added."), limit=MAX_PAPERS)
    before = held.items[number - 1] if number is not None else Certificate()
    certificate = replace(certificate, file=upload.digest if upload is not None else before.file)
    refuse_if(overtaken(before, certificate, seen if number is not None else ""))
    items = (
        (*held.items, certificate)
        if number is None
        else (*held.items[: number - 1], certificate, *held.items[number:])
    )
    if upload is not None:
        _attach(session, draft, Section.CERTIFICATES, Purpose.CERTIFICATE, upload, public, now)
    _keep(draft, Section.CERTIFICATES, Certificates(items, held.exemption), now)
    _drop_copies(session, draft, items, now)
    needs = queries.needs_of(rounds.rules_of(session, draft.round_id), merchant, now)
    content = own.draft_content(session, draft)
    return number or len(items), check_certificate(certificate, with_delivery(content, needs))


def take_certificate(session: Session, *, actor: Actor, now: datetime, key: str, certificate_id: int) -> int:
    """Take a paper over from the wallet of the business, with its copy; returns its number in the draft.

    Whether it covers this product the applicant still has to say. Raises NotFound.
    """
    require(actor, Permission.APPLY)
    draft, merchant = editable(session, actor, now, key)
    needs = queries.needs_of(rounds.rules_of(session, draft.round_id), merchant, now)
    kept = merchants.certificates_of(session, merchant.id, today=needs.today)
    found = next((paper for paper in kept if paper.id == certificate_id), None)
    if found is None:
        raise NotFound(N_("There is no such paper."))
    number, _ = save_certificate(
        session,
        actor=actor,
        now=now,
        key=key,
        certificate=Certificate(
            type=found.kind,
            number=found.number,
            issuer=found.issuer,
            issued=found.issued_on,
            expires=found.expires_on,
            scope=found.scope,
        ),
        upload=Upload(found.digest, found.media_type, found.size, found.file_name),
        public=False,
    )
    return number


def remove_certificate(session: Session, *, actor: Actor, now: datetime, key: str, number: int) -> None:
    """Take the paper with this number (from 1) off a draft, with its copy."""
    require(actor, Permission.APPLY)
    draft, _ = editable(session, actor, now, key)
    held = own.draft_content(session, draft).certificates
    if not 1 <= number <= len(held.items):
        raise NotFound(N_("There is no such paper."))
    kept = held.items[: number - 1] + held.items[number:]
    _keep(draft, Section.CERTIFICATES, Certificates(kept, held.exemption), now)
    _drop_copies(session, draft, kept, now)


def discard(session: Session, *, actor: Actor, now: datetime, key: str) -> None:
    """Throw away a draft that was never submitted, at any time."""
    require(actor, Permission.APPLY)
    draft = own.find_draft(session, key, actor=actor, lock=True)
    if draft.application_id is not None:
        raise WrongPhase(N_("This was submitted already. It can be withdrawn, not thrown away."))
    draft.closed_at = draft.closed_at or now


# ---- parts ----


def _own_merchant(session: Session, actor: Actor, merchant_ref: str) -> Merchant:
    merchant = merchants.find_merchant(session, merchant_ref)
    if not queries.is_own(session, actor, merchant.id):
        raise NotFound(N_("There is no such business among yours."))
    return merchant


def require_applicant(session: Session, found: Round, merchant: Merchant, now: datetime) -> None:
    """Who may apply: nobody of the business holds a role in the round that excludes it, and it is not debarred. A
    clerk of the office who helps may be organiser, but nothing else."""
    people: dict[bool, list[int]] = {False: [], True: []}
    for user_id, clerk in session.execute(
        select(MerchantUser.user_id, MerchantUser.clerk).where(MerchantUser.merchant_id == merchant.id)
    ):
        people[clerk].append(user_id)
    held = queries.excluded_roles(session, round_id=found.id, user_ids=people[False], wanted=Role.MERCHANT)
    held |= queries.excluded_roles(session, round_id=found.id, user_ids=people[True], wanted=Role.ORGANISER)
    if held:
        raise NotAllowed(
            N_(
                "This business cannot apply in this round: somebody who acts for it is %(role)s in it. Who takes "
                "part in the selection does not apply."
            ),
            role=ROLE_NAMES[min(held)],
        )
    today = now.astimezone(clocks.zone_of(rounds.rules_of(session, found.id))).date()
    if merchants.debarred_on(session, merchant.id, today):
        raise NotAllowed(N_("This business is in the register of debarments on %(day)s and cannot apply."), day=today)


def require_open(session: Session, found: Round, now: datetime) -> None:
    """Whether applications may be written, submitted or withdrawn now. Raises WrongPhase, saying since when not."""
    course = rounds.course_of(session, found.id)
    phase = course.phase_at(now)
    if phase is Phase.OPEN:
        return
    if course.applications_close is not None and now >= course.applications_close and phase is not Phase.HELD:
        raise WrongPhase(
            N_("Applications closed on %(closes)s. Nothing can be changed or submitted since then."),
            closes=course.applications_close,
        )
    course.require(now, Phase.OPEN)


def editable(session: Session, actor: Actor, now: datetime, key: str) -> tuple[ApplicationDraft, Merchant]:
    """The draft and its business, the round locked first. Raises NotFound or WrongPhase."""
    draft = own.find_draft(session, key, actor=actor)
    round_ref = session.get_one(Round, draft.round_id).ref
    found = rounds.find_round(session, round_ref, lock=True)
    draft = own.find_draft(session, key, actor=actor, lock=True)
    require_open(session, found, now)
    if draft.closed_at is not None:
        raise WrongPhase(N_("This application was withdrawn or thrown away. Begin a new one."))
    checkers.keep_helping(session, draft, actor)
    return draft, session.get_one(Merchant, draft.merchant_id)


def _keep(draft: ApplicationDraft, section: Section, answers: Any, now: datetime) -> None:
    # A new object, so that the change of the JSON column is seen.
    draft.sections = {**draft.sections, section.value: canonical.write(answers)}
    draft.saved_at = now


def _rename(session: Session, draft: ApplicationDraft, name: str) -> list[Problem]:
    if not name:
        return []
    problems = _check_name(session, name, round_id=draft.round_id, merchant_id=draft.merchant_id, but=draft)
    if not problems:
        draft.product_name, draft.product_key = name, product_key(name)
    return [Problem(p.message, p.params, "name") for p in problems]


def _check_name(
    session: Session, name: str, *, round_id: int, merchant_id: int, but: ApplicationDraft | None
) -> list[Problem]:
    """A product has a name, and a business applies with it once in a round."""
    if not name:
        return [Problem(N_("Enter the name of the product."), field="product_name")]
    if len(name) > SHORT:
        return [Problem(TOO_LONG, {"limit": SHORT}, "product_name")]
    if problems := public_text_problems(name, "product_name"):
        return problems
    same = select(ApplicationDraft.id).where(
        ApplicationDraft.round_id == round_id,
        ApplicationDraft.merchant_id == merchant_id,
        ApplicationDraft.product_key == product_key(name),
        ApplicationDraft.closed_at.is_(None),
        ApplicationDraft.id != (but.id if but is not None else 0),
    )
    if session.scalar(same) is not None:
        return [
            Problem(
                N_("This business has an application with a product of this name in the round already."),
                field="product_name",
            )
        ]
    return []


def _attach(
    session: Session,
    draft: ApplicationDraft,
    section: Section,
    purpose: Purpose,
    upload: Upload,
    public: bool,
    now: datetime,
) -> ApplicationFile:
    count = session.scalar(
        select(func.count())
        .select_from(ApplicationFile)
        .where(ApplicationFile.draft_id == draft.id, ApplicationFile.removed_at.is_(None))
    )
    if (count or 0) >= MAX_FILES:
        raise RuleBroken(N_("At most %(limit)s files may be attached."), field="upload", limit=MAX_FILES)
    row = ApplicationFile(
        draft_id=draft.id,
        section=section.value,
        purpose=purpose.value,
        name=upload.name,
        digest=upload.digest,
        media_type=upload.media_type,
        size=upload.size,
        public=public,
        added_at=now,
    )
    session.add(row)
    draft.saved_at = now
    session.flush()
    return row


def _drop_copies(session: Session, draft: ApplicationDraft, papers: Sequence[Certificate], now: datetime) -> None:
    """Take off the copies that no paper names any more."""
    named = {paper.file for paper in papers}
    copies = select(ApplicationFile).where(
        ApplicationFile.draft_id == draft.id,
        ApplicationFile.section == Section.CERTIFICATES,
        ApplicationFile.removed_at.is_(None),
    )
    for row in session.scalars(copies):
        if row.digest not in named:
            row.removed_at = now
