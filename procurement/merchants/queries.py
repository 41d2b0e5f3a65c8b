"""Reading businesses, their certificates and their debarments."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, may, require
from procurement.accounts.models import User
from procurement.accounts.passwords import token_digest
from procurement.errors import N_, NotFound
from procurement.masking import ERASED, Field, shown
from procurement.merchants import disclosures, rules
from procurement.merchants.disclosures import Disclosure, Facts, Shared, compared
from procurement.merchants.helping import TAKE_OVER_TRIES, IdentityDocument
from procurement.merchants.models import (
    Certificate,
    CertificateCheck,
    CounterVisit,
    Debarment,
    DisclosureVersion,
    Merchant,
    MerchantInvitation,
    MerchantUser,
    RecordSearch,
    TakeOverCode,
)
from procurement.merchants.rules import (
    CertificateKind,
    CheckOutcome,
    DebarmentGround,
    MerchantKind,
    Particulars,
    PublicFace,
    SearchSource,
)

# --- businesses ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MerchantView:
    """A business in full, for those who act for it and for the office. In public: `queries.public_face`."""

    id: int
    ref: str
    kind: MerchantKind
    name: str
    uscc: str | None
    representative: str
    address: str
    contact: str
    phone: str
    hotline: str
    founded: int | None
    name_consent_at: datetime | None
    hotline_consent_at: datetime | None
    assisted: bool
    created_at: datetime
    updated_at: datetime

    @property
    def particulars(self) -> Particulars:
        """As a form gives and takes them."""
        return particulars_of(self)


def find_merchant(session: Session, ref: str, *, lock: bool = False) -> Merchant:
    """The business `ref`. Raises NotFound."""
    wanted = select(Merchant).where(Merchant.ref == ref)
    found = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such business."))
    return found


def merchants_of(session: Session, user_id: int) -> list[MerchantView]:
    """The businesses that `user_id` acts for, by name."""
    rows = session.scalars(
        select(Merchant)
        .join(MerchantUser, MerchantUser.merchant_id == Merchant.id)
        .where(MerchantUser.user_id == user_id)
        .order_by(Merchant.name, Merchant.id)
    )
    return [merchant_view(row) for row in rows]


def acts_for(session: Session, user_id: int | None, merchant_id: int) -> bool:
    """Whether `user_id` acts for the business."""
    if user_id is None:
        return False
    wanted = select(MerchantUser.id).where(MerchantUser.merchant_id == merchant_id, MerchantUser.user_id == user_id)
    return session.scalar(wanted) is not None


def addressees(session: Session, merchant_id: int) -> list[tuple[str, str]]:
    """(address, language) of everybody who acts for a business and has an account in use."""
    wanted = (
        select(User.email, User.language)
        .join(MerchantUser, MerchantUser.user_id == User.id)
        .where(MerchantUser.merchant_id == merchant_id, User.disabled_at.is_(None))
        .order_by(User.id)
    )
    return [(email, language) for email, language in session.execute(wanted)]


def merchant_view(row: Merchant) -> MerchantView:
    """`row` as plain values."""
    return MerchantView(
        row.id,
        row.ref,
        MerchantKind(row.kind),
        row.name,
        row.uscc,
        row.representative,
        row.address,
        row.contact,
        row.phone,
        row.hotline,
        row.founded,
        row.name_consent_at,
        row.hotline_consent_at,
        row.assisted,
        row.created_at,
        row.updated_at,
    )


def particulars_of(merchant: Merchant | MerchantView) -> Particulars:
    """What the business says of itself."""
    return Particulars(
        kind=MerchantKind(merchant.kind),
        name=merchant.name,
        uscc=merchant.uscc,
        representative=merchant.representative,
        address=merchant.address,
        contact=merchant.contact,
        phone=merchant.phone,
        hotline=merchant.hotline,
        founded=merchant.founded,
        named=merchant.name_consent_at is not None,
        ringable=merchant.hotline_consent_at is not None,
    )


def public_name(merchant: Merchant | MerchantView) -> str:
    """The name that anybody may read: 张* for a natural person without separate consent."""
    return rules.public_name(MerchantKind(merchant.kind), merchant.name, consent=merchant.name_consent_at is not None)


def public_face(merchant: Merchant | MerchantView) -> PublicFace:
    """Everything that anybody may read of the business."""
    kind = MerchantKind(merchant.kind)
    open_ = kind not in rules.NATURAL or merchant.name_consent_at is not None
    person = Field.TRADER if kind in rules.NATURAL else Field.REPRESENTATIVE
    return PublicFace(
        ref=merchant.ref,
        kind=kind,
        name=public_name(merchant),
        masked=not open_,
        uscc=merchant.uscc or "",
        representative=shown(person, merchant.representative, consent=open_),
        address=merchant.address if kind not in rules.NATURAL else "",
        hotline=_hotline(merchant),
        founded=merchant.founded,
        assisted=merchant.assisted,
    )


def _hotline(merchant: Merchant | MerchantView) -> str:
    number = rules.shown_phone(merchant.hotline) if merchant.hotline else ""
    natural = MerchantKind(merchant.kind) in rules.NATURAL
    return shown(Field.HOTLINE, number, consent=ringable(merchant)) if natural else number


def ringable(merchant: Merchant | MerchantView) -> bool:
    """Whether the numbers that the business gives to be rung may stand in public in full."""
    return MerchantKind(merchant.kind) not in rules.NATURAL or merchant.hotline_consent_at is not None


def ringable_among(session: Session, merchant_ids: Collection[int]) -> set[int]:
    """Those of the businesses of which `ringable` holds."""
    return {row.id for row in session.scalars(select(Merchant).where(Merchant.id.in_(merchant_ids))) if ringable(row)}


@dataclass(frozen=True, slots=True)
class PersonOf:
    """Somebody who acts for a business."""

    user_id: int
    name: str
    email: str
    since: datetime
    helper_as: str
    clerk: bool
    paper: bool
    """Whether there is a signed paper that lets a helper."""


@dataclass(frozen=True, slots=True)
class CheckView:
    """The last time that the office held a certificate against its issuer's register."""

    outcome: CheckOutcome
    how: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate in a wallet. `expired`, `days_left` on the day that asked; None: it says no end."""

    id: int
    kind: CertificateKind
    number: str
    issuer: str
    scope: str
    issued_on: date
    expires_on: date | None
    digest: str
    media_type: str
    size: int
    file_name: str
    added_at: datetime
    days_left: int | None
    check: "CheckView | None" = None

    @property
    def expired(self) -> bool:
        return self.days_left is not None and self.days_left < 0

    @property
    def soon(self) -> bool:
        """Whether it ends within sixty days."""
        return self.days_left is not None and 0 <= self.days_left <= 60


@dataclass(frozen=True, slots=True)
class Business:
    """A business with everything that those who act for it see."""

    merchant: MerchantView
    face: PublicFace
    people: tuple[PersonOf, ...]
    certificates: tuple[CertificateView, ...]
    debarment: "DebarmentView | None"
    disclosure: "DisclosureView | None"


def business(session: Session, *, actor: Actor, ref: str, today: date) -> Business:
    """One business of the actor's. Raises NotFound for anybody else's."""
    row = own_merchant(session, actor=actor, ref=ref)
    return _businesses(session, [merchant_view(row)], today)[0]


def businesses(session: Session, *, actor: Actor, today: date) -> list[Business]:
    """Every business the actor acts for."""
    require(actor, Permission.MANAGE_MERCHANT)
    return _businesses(session, merchants_of(session, actor.user_id or 0), today)


def own_merchant(session: Session, *, actor: Actor, ref: str, lock: bool = False) -> Merchant:
    """The business `ref`, which the actor acts for. Raises NotAllowed, NotFound."""
    require(actor, Permission.MANAGE_MERCHANT)
    row = find_merchant(session, ref, lock=lock)
    if not acts_for(session, actor.user_id, row.id):
        raise NotFound(N_("There is no such business."))
    return row


def _businesses(session: Session, merchants: Sequence[MerchantView], today: date) -> list[Business]:
    ids = [merchant.id for merchant in merchants]
    people: dict[int, list[PersonOf]] = {i: [] for i in ids}
    for link, user in session.execute(
        select(MerchantUser, User)
        .join(User, User.id == MerchantUser.user_id)
        .where(MerchantUser.merchant_id.in_(ids))
        .order_by(MerchantUser.id)
    ):
        people[link.merchant_id].append(
            PersonOf(
                user.id,
                user.name,
                user.email,
                link.since,
                link.helper_as,
                link.clerk,
                link.authority_digest is not None,
            )
        )
    papers = _certificates(session, ids, today)
    stated = _disclosures(session, ids)
    barred = _debarred(session, ids, today)
    return [
        Business(
            merchant=merchant,
            face=public_face(merchant),
            people=tuple(people[merchant.id]),
            certificates=tuple(papers[merchant.id]),
            debarment=barred.get(merchant.id),
            disclosure=stated.get(merchant.id),
        )
        for merchant in merchants
    ]


@dataclass(frozen=True, slots=True)
class MerchantOffer:
    """An invitation to act for a business that can still be accepted."""

    merchant_ref: str
    merchant_name: str
    email: str


def open_offer(session: Session, *, token: str, now: datetime) -> MerchantOffer:
    """The invitation that the link's `token` belongs to. Raises NotFound."""
    row = session.execute(
        select(Merchant.ref, Merchant.name, MerchantInvitation.email)
        .join(Merchant, Merchant.id == MerchantInvitation.merchant_id)
        .where(
            MerchantInvitation.token_sha256 == token_digest(token),
            MerchantInvitation.accepted_at.is_(None),
            MerchantInvitation.expires_at > now,
        )
    ).one_or_none()
    if row is None:
        raise NotFound(N_("This link is not valid: it was used already, replaced by a newer one, or is too old."))
    return MerchantOffer(*row)


# --- the counter --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VisitView:
    """That a clerk of the office registered a business. Everybody may read `capacity` and `at`; the office the rest:
    by what the clerk knew the person, who the clerk was, and whether a signed paper is kept."""

    capacity: str
    at: datetime
    document: IdentityDocument
    by: str
    paper: bool


def visit_of(session: Session, merchant_id: int) -> VisitView | None:
    """How a clerk registered the business at the counter; None when none did."""
    row = session.execute(
        select(CounterVisit, User.name)
        .join(User, User.id == CounterVisit.by_id)
        .where(CounterVisit.merchant_id == merchant_id)
    ).one_or_none()
    if row is None:
        return None
    visit, name = row
    return VisitView(visit.capacity, visit.at, IdentityDocument(visit.document), name, visit.paper_digest is not None)


def visit_paper(session: Session, *, actor: Actor, ref: str) -> tuple[str, str, str]:
    """Digest, media type and name of what the person signed at the counter, for the office and those who act for the
    business. Raises NotFound."""
    row = _readable(session, actor, ref)
    visit = session.scalars(select(CounterVisit).where(CounterVisit.merchant_id == row.id)).one_or_none()
    if visit is None or visit.paper_digest is None:
        raise NotFound(N_("There is no such paper."))
    return _kept(visit.paper_digest, visit.paper_type, visit.paper_name)


def _kept(digest: str, media_type: str, name: str) -> tuple[str, str, str]:
    """A file as it is asked for. Raises NotFound when it was erased."""
    if name == ERASED:
        raise NotFound(N_("This file was erased."))
    return digest, media_type, name


@dataclass(frozen=True, slots=True)
class Helped:
    """A business that a clerk helps. `code_until`: until when the code on the person's paper works; None: there is
    none. `visited`: registered at the counter; `alone`: nobody else acts for it."""

    merchant: MerchantView
    code_until: datetime | None
    visited: bool
    alone: bool


def helped(session: Session, *, actor: Actor, now: datetime) -> list[Helped]:
    """The businesses that the actor helps as clerk, by name."""
    require(actor, Permission.HELP_AT_COUNTER)
    merchants = merchants_of(session, actor.user_id or 0)
    ids = [merchant.id for merchant in merchants]
    codes = select(TakeOverCode.merchant_id, TakeOverCode.expires_at).where(
        TakeOverCode.merchant_id.in_(ids),
        TakeOverCode.used_at.is_(None),
        TakeOverCode.expires_at > now,
        TakeOverCode.tries < TAKE_OVER_TRIES,
    )
    until = dict(session.execute(codes).all())
    visited = set(session.scalars(select(CounterVisit.merchant_id).where(CounterVisit.merchant_id.in_(ids))))
    others = set(
        session.scalars(
            select(MerchantUser.merchant_id).where(
                MerchantUser.merchant_id.in_(ids), MerchantUser.user_id != actor.user_id
            )
        )
    )
    return [Helped(one, until.get(one.id), one.id in visited, one.id not in others) for one in merchants]


# --- certificates -------------------------------------------------------------------------------------------------


def certificates_of(session: Session, merchant_id: int, *, today: date) -> list[CertificateView]:
    """The certificates in a business's wallet, by kind, each with the last check of the office."""
    return _certificates(session, [merchant_id], today)[merchant_id]


def _certificates(session: Session, merchant_ids: Sequence[int], today: date) -> dict[int, list[CertificateView]]:
    rows = session.scalars(
        select(Certificate)
        .where(Certificate.merchant_id.in_(merchant_ids), Certificate.removed_at.is_(None))
        .order_by(Certificate.kind, Certificate.id)
    ).all()
    checks: dict[int, CheckView] = {}
    for check, name in session.execute(
        select(CertificateCheck, User.name)
        .join(User, User.id == CertificateCheck.by_id)
        .where(CertificateCheck.certificate_id.in_([row.id for row in rows]))
        .order_by(CertificateCheck.id)
    ):
        checks[check.certificate_id] = CheckView(CheckOutcome(check.outcome), check.how, check.at, name)
    found: dict[int, list[CertificateView]] = {i: [] for i in merchant_ids}
    for row in rows:
        found[row.merchant_id].append(_certificate(row, today, checks.get(row.id)))
    return found


def certificate_file(session: Session, *, actor: Actor, ref: str, certificate_id: int) -> tuple[str, str, str]:
    """Digest, media type and name of a certificate's file, for those who act for the business and for the office.

    Raises NotFound.
    """
    row = _readable(session, actor, ref)
    found = session.get(Certificate, certificate_id)
    if found is None or found.merchant_id != row.id:
        raise NotFound(N_("There is no such certificate."))
    return _kept(found.digest, found.media_type, found.file_name)


def _readable(session: Session, actor: Actor, ref: str) -> Merchant:
    """The business `ref`, if the actor acts for it or may read every business. Raises NotFound."""
    row = find_merchant(session, ref)
    if not (may(actor, Permission.READ_MERCHANTS) or acts_for(session, actor.user_id, row.id)):
        raise NotFound(N_("There is no such business."))
    return row


def _certificate(row: Certificate, today: date, check: CheckView | None) -> CertificateView:
    return CertificateView(
        row.id,
        CertificateKind(row.kind),
        row.number,
        row.issuer,
        row.scope,
        row.issued_on,
        row.expires_on,
        row.digest,
        row.media_type,
        row.size,
        row.file_name,
        row.added_at,
        None if row.expires_on is None else (row.expires_on - today).days,
        check,
    )


# --- who stands behind a business ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DisclosureView:
    """The last statement of a business of its owners, related businesses, penalties and promotions."""

    version: int
    stated: Disclosure
    at: datetime


def disclosure_of(session: Session, merchant_id: int) -> DisclosureView | None:
    """What the business last said of who stands behind it; None when it has not said anything yet."""
    return _disclosures(session, [merchant_id]).get(merchant_id)


def _disclosures(session: Session, merchant_ids: Sequence[int]) -> dict[int, DisclosureView]:
    last = (
        select(DisclosureVersion.merchant_id, func.max(DisclosureVersion.version).label("version"))
        .where(DisclosureVersion.merchant_id.in_(merchant_ids))
        .group_by(DisclosureVersion.merchant_id)
        .subquery()
    )
    rows = session.scalars(
        select(DisclosureVersion).join(
            last,
            (last.c.merchant_id == DisclosureVersion.merchant_id) & (last.c.version == DisclosureVersion.version),
        )
    )
    return {row.merchant_id: DisclosureView(row.version, Disclosure.from_json(row.document), row.at) for row in rows}


def shared_facts(
    session: Session, merchant_ids: Collection[int]
) -> dict[tuple[str, str], Mapping[Shared, tuple[str, ...]]]:
    """What each two of these businesses have in common, with masked values, by their references in order; pairs with
    nothing are absent.

    A hint for whoever checks that applicants of one round are independent of each other (Procurement Law
    Implementing Regulation art. 18): namesakes and shared village addresses exist.
    """
    ids = sorted(set(merchant_ids))
    rows = session.scalars(select(Merchant).where(Merchant.id.in_(ids)).order_by(Merchant.id)).all()
    people: dict[int, set[int]] = defaultdict(set)
    for merchant_id, user_id in session.execute(
        select(MerchantUser.merchant_id, MerchantUser.user_id).where(
            MerchantUser.merchant_id.in_(ids), MerchantUser.helper_as == ""
        )
    ):
        people[merchant_id].add(user_id)
    stated = _disclosures(session, ids)
    facts = [_facts(row, people[row.id], stated.get(row.id)) for row in rows]
    pairs = ((one, other) for one, other in combinations(facts, 2))
    found = {(one.ref, other.ref): disclosures.shared_facts(one, other) for one, other in pairs}
    return {pair: shared for pair, shared in found.items() if shared}


def _facts(row: Merchant, people: Collection[int], view: DisclosureView | None) -> Facts:
    stated = view.stated if view else disclosures.EMPTY
    return Facts(
        ref=row.ref,
        name=compared(row.name),
        uscc=row.uscc,
        representative=compared(row.representative),
        phones=frozenset({number.partition(";")[0] for number in (row.phone, row.hotline)} - {""}),
        address=compared(row.address),
        people=frozenset(people),
        owners=frozenset(compared(owner.name) for owner in stated.owners),
        related_codes=frozenset(one.uscc for one in stated.related if one.uscc),
        related_names=frozenset(compared(one.name) for one in stated.related),
    )


# --- the office ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SearchView:
    """A look of the office into a public register."""

    id: int
    source: SearchSource
    searched_on: date
    found: bool
    result: str
    file_name: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """A business as the office sees it: what it says of itself, and what the office found."""

    business: Business
    visit: VisitView | None
    searches: tuple[SearchView, ...]


def dossier(session: Session, *, actor: Actor, ref: str, today: date) -> Dossier:
    """Everything about the business `ref`, for organisers and supervisors. Raises NotAllowed, NotFound."""
    require(actor, Permission.READ_MERCHANTS)
    row = find_merchant(session, ref)
    searches = session.execute(
        select(RecordSearch, User.name)
        .join(User, User.id == RecordSearch.by_id)
        .where(RecordSearch.merchant_id == row.id)
        .order_by(RecordSearch.id.desc())
    )
    return Dossier(
        business=_businesses(session, [merchant_view(row)], today)[0],
        visit=visit_of(session, row.id),
        searches=tuple(
            SearchView(
                found.id,
                SearchSource(found.source),
                found.searched_on,
                found.found,
                found.result,
                found.file_name,
                found.at,
                name,
            )
            for found, name in searches
        ),
    )


def search_picture(session: Session, *, actor: Actor, ref: str, search_id: int) -> tuple[str, str, str]:
    """Digest, media type and name of the picture of a search, for the office and those who act for the business.

    Raises NotFound.
    """
    row = _readable(session, actor, ref)
    found = session.get(RecordSearch, search_id)
    if found is None or found.merchant_id != row.id:
        raise NotFound(N_("There is no such search."))
    return found.digest, found.media_type, found.file_name


def authority_file(session: Session, *, actor: Actor, ref: str, user_id: int) -> tuple[str, str, str]:
    """Digest, media type and name of the paper that lets `user_id` help the business. Raises NotFound."""
    row = _readable(session, actor, ref)
    link = session.scalars(
        select(MerchantUser).where(MerchantUser.merchant_id == row.id, MerchantUser.user_id == user_id)
    ).one_or_none()
    if link is None or link.authority_digest is None:
        raise NotFound(N_("There is no such paper."))
    return _kept(link.authority_digest, link.authority_type, link.authority_name)


def every_merchant(
    session: Session, *, actor: Actor, after: str = "", wanted: str = "", size: int = 50
) -> tuple[list[MerchantView], str]:
    """One page of all businesses for the office, newest first, those after the business `after`; and the ref with
    which the next page begins. `wanted`: a reference, a code, or part of a name."""
    require(actor, Permission.READ_MERCHANTS)
    query = select(Merchant).order_by(Merchant.id.desc()).limit(size + 1)
    text = rules.normal_text(wanted)
    if text:
        matches = Merchant.name.contains(text, autoescape=True)
        query = query.where(
            or_(Merchant.ref == rules.normal_code(wanted), Merchant.uscc == rules.normal_uscc(wanted), matches)
        )
    if after:
        query = query.where(Merchant.id < select(Merchant.id).where(Merchant.ref == after).scalar_subquery())
    rows = [merchant_view(row) for row in session.scalars(query)]
    return rows[:size], rows[size - 1].ref if len(rows) > size else ""


def helps(session: Session, user_id: int | None, merchant_id: int) -> str:
    """In which capacity `user_id` acts for the business without belonging to it; "" for who belongs to it."""
    if user_id is None:
        return ""
    wanted = select(MerchantUser.helper_as).where(
        MerchantUser.merchant_id == merchant_id, MerchantUser.user_id == user_id
    )
    return session.scalar(wanted) or ""


# --- debarments ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DebarmentView:
    """A debarment as anybody may read it. `in_force`, `to_come` on the day that asked."""

    ref: str
    merchant_ref: str
    merchant_name: str
    kind: MerchantKind
    uscc: str
    ground: DebarmentGround
    reason: str
    remedy: str
    evidence_digest: str
    starts_on: date
    ends_on: date
    appeal: str
    appealed_at: datetime | None
    lifted_on: date | None
    lifted_why: str
    entered_at: datetime
    in_force: bool
    to_come: bool


def debarred_on(session: Session, merchant_id: int, day: date) -> DebarmentView | None:
    """The debarment because of which the business may not apply on `day`; None when there is none."""
    return _debarred(session, [merchant_id], day).get(merchant_id)


def _debarred(session: Session, merchant_ids: Sequence[int], day: date) -> dict[int, DebarmentView]:
    rows = session.execute(
        select(Debarment, Merchant)
        .join(Merchant, Merchant.id == Debarment.merchant_id)
        .where(
            Debarment.merchant_id.in_(merchant_ids),
            Debarment.starts_on <= day,
            Debarment.ends_on > day,
            or_(Debarment.lifted_on.is_(None), Debarment.lifted_on > day),
        )
        .order_by(Debarment.ends_on)
    )
    return {merchant.id: _debarment(row, merchant, day) for row, merchant in rows}


def debarments(
    session: Session, *, today: date, after: str = "", size: int = 50
) -> tuple[Sequence[DebarmentView], str]:
    """One page of the public register, newest first, those after the debarment `after`; and the ref with which the
    next page begins ("" at the end)."""
    wanted = (
        select(Debarment, Merchant)
        .join(Merchant, Merchant.id == Debarment.merchant_id)
        .order_by(Debarment.id.desc())
        .limit(size + 1)
    )
    if after:
        wanted = wanted.where(Debarment.id < select(Debarment.id).where(Debarment.ref == after).scalar_subquery())
    rows = [_debarment(row, merchant, today) for row, merchant in session.execute(wanted)]
    return rows[:size], rows[size - 1].ref if len(rows) > size else ""


def debarment(session: Session, *, ref: str, today: date) -> DebarmentView:
    """One debarment as anybody may read it. Raises NotFound."""
    found = session.execute(
        select(Debarment, Merchant).join(Merchant, Merchant.id == Debarment.merchant_id).where(Debarment.ref == ref)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("There is no such debarment."))
    return _debarment(found[0], found[1], today)


def may_read_evidence(session: Session, *, actor: Actor, ref: str) -> bool:
    """Whether the actor may read a debarment's evidence: supervisors and those who act for the business."""
    merchant_id = session.scalar(select(Debarment.merchant_id).where(Debarment.ref == ref))
    if merchant_id is None:
        return False
    return may(actor, Permission.DEBAR) or acts_for(session, actor.user_id, merchant_id)


def debarment_evidence(session: Session, *, actor: Actor, ref: str) -> tuple[str, str, str]:
    """Digest, media type and name of a debarment's evidence. Raises NotFound, also for who may not read it."""
    row = session.scalars(select(Debarment).where(Debarment.ref == ref)).one_or_none()
    if row is None or not may_read_evidence(session, actor=actor, ref=ref):
        raise NotFound(N_("There is no such debarment."))
    return row.evidence_digest, row.evidence_type, row.evidence_name


def _debarment(row: Debarment, merchant: Merchant, today: date) -> DebarmentView:
    return DebarmentView(
        ref=row.ref,
        merchant_ref=merchant.ref,
        merchant_name=public_name(merchant),
        kind=MerchantKind(merchant.kind),
        uscc=merchant.uscc or "",
        ground=DebarmentGround(row.ground),
        reason=row.reason,
        remedy=row.remedy,
        evidence_digest=row.evidence_digest,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        appeal=row.appeal,
        appealed_at=row.appealed_at,
        lifted_on=row.lifted_on,
        lifted_why=row.lifted_why,
        entered_at=row.entered_at,
        in_force=rules.in_force(row.starts_on, row.ends_on, row.lifted_on, today),
        to_come=today < row.starts_on,
    )
