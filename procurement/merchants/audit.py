"""How businesses, who acts for them, their papers, searches and debarments follow from the public log."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Select, func, literal, select, union_all

from procurement.access import Role
from procurement.merchants.entries import (
    CertificateAdded,
    CertificateChecked,
    CertificateRemoved,
    ConsentGiven,
    ConsentWithdrawn,
    DebarmentAppealed,
    DebarmentEntered,
    DebarmentLifted,
    DisclosureMade,
    MerchantChanged,
    MerchantRegistered,
    PersonAdded,
    PersonRemoved,
    RecordSearched,
    RegisteredAtCounter,
    TakenOver,
    TakeOverFailed,
    TakeOverIssued,
)
from procurement.merchants.models import (
    Certificate,
    CertificateCheck,
    CounterVisit,
    Debarment,
    DisclosureVersion,
    Merchant,
    MerchantUser,
    RecordSearch,
    TakeOverCode,
)
from procurement.merchants.rules import ConsentPurpose
from procurement.publiclog.audit import Replay, Row, disclosed, person, replays, who
from procurement.publiclog.entry import Salted, digest_of
from procurement.publiclog.queries import Logged


def _document(salted: Salted) -> Any:
    """A document that an entry holds as salted text; equal to everything once it is erased."""
    return disclosed(salted) if salted.value is None else json.loads(salted.value)


def _by(row: Row) -> Row:
    return dict(row) | {"by": person(row["by"])}


# --- businesses ---------------------------------------------------------------------------------------------------

_PARTICULARS = (
    "kind",
    "name",
    "uscc",
    "representative",
    "address",
    "contact",
    "phone",
    "hotline",
    "founded",
)


def merchants_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each business, with its particulars as last changed. Consents have rows of their own."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case MerchantRegistered() as entry:
                rows[entry.merchant] = {
                    "merchant": entry.merchant,
                    "particulars": _particulars(entry.particulars),
                    "assisted": entry.assisted,
                    "created_at": at,
                    "updated_at": at,
                }
            case MerchantChanged(merchant=ref, particulars=particulars):
                rows[ref] |= {"particulars": _particulars(particulars), "updated_at": at}
    return rows.values()


def _particulars(salted: Salted) -> Any:
    document = _document(salted)
    return {name: document[name] for name in _PARTICULARS} if isinstance(document, dict) else document


def _gathered(row: Row) -> Row:
    kept = {name: value for name, value in row.items() if name not in _PARTICULARS}
    return kept | {"particulars": {name: row[name] for name in _PARTICULARS}}


replays(
    Replay(
        table="merchant",
        kinds=(MerchantRegistered, MerchantChanged),
        expected=merchants_from_log,
        actual=lambda: select(
            Merchant.ref.label("merchant"),
            *(getattr(Merchant, name) for name in _PARTICULARS),
            Merchant.assisted,
            Merchant.created_at,
            Merchant.updated_at,
        ),
        key=("merchant",),
        derived=_gathered,
    )
)


def people_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each person who acts for a business; `number` tells apart those who began at one instant."""
    acting: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for logged in entries:
        row: dict[str, Any] = {
            "since": logged.envelope.at,
            "helps": False,
            "authority": None,
            # The office acts for a business only at the counter.
            "clerk": logged.envelope.by.role == Role.ORGANISER,
        }
        match logged.envelope.entry:
            case MerchantRegistered(merchant=ref, assisted=assisted, authority=authority):
                acting[ref].append(row | {"person": who(logged), "helps": assisted, "authority": authority})
            case PersonAdded(merchant=ref, person=added, helper=helps, authority=authority):
                acting[ref].append(row | {"person": disclosed(added), "helps": helps, "authority": authority})
            case PersonRemoved(merchant=ref, person=removed):
                gone = disclosed(removed)
                acting[ref].remove(next(one for one in acting[ref] if one["person"] == gone))
    for ref, rows in acting.items():
        begun: dict[Any, int] = defaultdict(int)
        for row in rows:
            begun[row["since"]] += 1
            yield row | {"merchant": ref, "number": begun[row["since"]]}


def _acting(row: Row) -> Row:
    found = dict(row)
    return found | {"person": person(found["person"]), "helps": found["helps"] != ""}


replays(
    Replay(
        table="merchant_user",
        kinds=(MerchantRegistered, PersonAdded, PersonRemoved),
        expected=people_from_log,
        actual=lambda: select(
            Merchant.ref.label("merchant"),
            MerchantUser.since,
            func.row_number()
            .over(partition_by=(MerchantUser.merchant_id, MerchantUser.since), order_by=MerchantUser.id)
            .label("number"),
            MerchantUser.user_id.label("person"),
            MerchantUser.helper_as.label("helps"),
            MerchantUser.authority_digest.label("authority"),
            MerchantUser.clerk,
        ).join(Merchant, Merchant.id == MerchantUser.merchant_id),
        key=("merchant", "since", "number"),
        derived=_acting,
    )
)


def visits_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each business that a clerk registered for a person at the counter."""
    for logged in entries:
        match logged.envelope.entry:
            case RegisteredAtCounter() as entry:
                yield {
                    "merchant": entry.merchant,
                    "capacity": entry.capacity,
                    "document": entry.document,
                    "paper": entry.paper,
                    "at": logged.envelope.at,
                    "by": who(logged),
                }


replays(
    Replay(
        table="counter_visit",
        kinds=(RegisteredAtCounter,),
        expected=visits_from_log,
        actual=lambda: select(
            Merchant.ref.label("merchant"),
            CounterVisit.capacity,
            CounterVisit.document,
            CounterVisit.paper_digest.label("paper"),
            CounterVisit.at,
            CounterVisit.by_id.label("by"),
        ).join(Merchant, Merchant.id == CounterVisit.merchant_id),
        key=("merchant",),
        derived=lambda row: {**_by(row), "capacity": digest_of(row["capacity"])},
    )
)


def codes_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each code on paper, in the order in which a business had them. The next one ends one unused."""
    issued: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case TakeOverIssued(merchant=ref, expires=expires):
                for earlier in issued[ref][-1:]:
                    earlier["expires_at"] = min(earlier["expires_at"], at)
                row = {
                    "issued_at": at,
                    "by": who(logged),
                    "expires_at": expires,
                    "used_at": None,
                    "used_by": None,
                    "tries": 0,
                }
                issued[ref].append(row | {"merchant": ref, "number": len(issued[ref]) + 1})
            case TakeOverFailed(merchant=ref, tries=tries):
                issued[ref][-1]["tries"] = tries
            case TakenOver(merchant=ref):
                issued[ref][-1] |= {"used_at": at, "used_by": who(logged)}
    for rows in issued.values():
        yield from rows


replays(
    Replay(
        table="take_over_code",
        kinds=(TakeOverIssued, TakeOverFailed, TakenOver),
        expected=codes_from_log,
        actual=lambda: select(
            Merchant.ref.label("merchant"),
            func.row_number().over(partition_by=TakeOverCode.merchant_id, order_by=TakeOverCode.id).label("number"),
            TakeOverCode.issued_at,
            TakeOverCode.issued_by_id.label("by"),
            TakeOverCode.expires_at,
            TakeOverCode.tries,
            TakeOverCode.used_at,
            TakeOverCode.used_by_id.label("used_by"),
        ).join(Merchant, Merchant.id == TakeOverCode.merchant_id),
        key=("merchant", "number"),
        derived=lambda row: {**_by(row), "used_by": person(row["used_by"])},
    )
)


def consents_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """The consents that were given and not taken back."""
    held: dict[tuple[str, str], Row] = {}
    for logged in entries:
        match logged.envelope.entry:
            case ConsentGiven(merchant=ref, purpose=purpose):
                held[ref, purpose] = {"merchant": ref, "purpose": purpose, "given_at": logged.envelope.at}
            case ConsentWithdrawn(merchant=ref, purpose=purpose):
                held.pop((ref, purpose), None)
    yield from held.values()


def _consents() -> Select[*tuple[Any, ...]]:
    rows = [
        select(
            Merchant.ref.label("merchant"), literal(purpose.value).label("purpose"), column.label("given_at")
        ).where(column.is_not(None))
        for purpose, column in (
            (ConsentPurpose.NAME, Merchant.name_consent_at),
            (ConsentPurpose.HOTLINE, Merchant.hotline_consent_at),
        )
    ]
    found = union_all(*rows).subquery()
    return select(found.c.merchant, found.c.purpose, found.c.given_at)


replays(
    Replay(
        table="consent",
        kinds=(ConsentGiven, ConsentWithdrawn),
        expected=consents_from_log,
        actual=_consents,
        key=("merchant", "purpose"),
    )
)


def disclosures_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each version of what a business said of its owners and penalties."""
    for logged in entries:
        match logged.envelope.entry:
            case DisclosureMade(merchant=ref, version=version, disclosure=disclosure):
                yield {
                    "merchant": ref,
                    "version": version,
                    "document": _document(disclosure),
                    "at": logged.envelope.at,
                    "by": who(logged),
                }


replays(
    Replay(
        table="merchant_disclosure",
        kinds=(DisclosureMade,),
        expected=disclosures_from_log,
        actual=lambda: select(
            Merchant.ref.label("merchant"),
            DisclosureVersion.version,
            DisclosureVersion.document,
            DisclosureVersion.at,
            DisclosureVersion.by_id.label("by"),
        ).join(Merchant, Merchant.id == DisclosureVersion.merchant_id),
        key=("merchant", "version"),
        derived=_by,
    )
)


# --- papers -------------------------------------------------------------------------------------------------------


def certificates_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each certificate; one that was removed keeps its row."""
    rows: dict[int, dict[str, Any]] = {}
    for logged in entries:
        match logged.envelope.entry:
            case CertificateAdded() as entry:
                rows[entry.certificate] = {
                    "merchant": entry.merchant,
                    "certificate": entry.certificate,
                    "kind": entry.type,
                    "facts": _document(entry.facts),
                    "expires": entry.expires,
                    "file": entry.file,
                    "added_at": logged.envelope.at,
                    "by": who(logged),
                    "removed_at": None,
                }
            case CertificateRemoved(certificate=number):
                rows[number]["removed_at"] = logged.envelope.at
    return rows.values()


def _papers(row: Row) -> Row:
    found = dict(_by(row))
    facts = {name: found.pop(name) for name in ("number", "issuer", "scope", "issued")}
    return found | {"facts": facts | {"issued": facts["issued"].isoformat()}}


replays(
    Replay(
        table="certificate",
        kinds=(CertificateAdded, CertificateRemoved),
        expected=certificates_from_log,
        actual=lambda: select(
            Merchant.ref.label("merchant"),
            Certificate.id.label("certificate"),
            Certificate.kind,
            Certificate.number,
            Certificate.issuer,
            Certificate.scope,
            Certificate.issued_on.label("issued"),
            Certificate.expires_on.label("expires"),
            Certificate.digest.label("file"),
            Certificate.added_at,
            Certificate.added_by_id.label("by"),
            Certificate.removed_at,
        ).join(Merchant, Merchant.id == Certificate.merchant_id),
        key=("certificate",),
        derived=_papers,
    )
)


def checks_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each time that a certificate was held against its issuer's register."""
    times: dict[int, int] = defaultdict(int)
    for logged in entries:
        match logged.envelope.entry:
            case CertificateChecked(certificate=certificate, outcome=outcome, how=how):
                times[certificate] += 1
                yield {
                    "certificate": certificate,
                    "number": times[certificate],
                    "outcome": outcome,
                    "how": how,
                    "at": logged.envelope.at,
                    "by": who(logged),
                }


replays(
    Replay(
        table="certificate_check",
        kinds=(CertificateChecked,),
        expected=checks_from_log,
        actual=lambda: select(
            CertificateCheck.certificate_id.label("certificate"),
            func.row_number()
            .over(partition_by=CertificateCheck.certificate_id, order_by=CertificateCheck.id)
            .label("number"),
            CertificateCheck.outcome,
            CertificateCheck.how,
            CertificateCheck.at,
            CertificateCheck.by_id.label("by"),
        ),
        key=("certificate", "number"),
        derived=lambda row: dict(_by(row)) | {"how": digest_of(row["how"])},
    )
)


def searches_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each search in a public register."""
    times: dict[str, int] = defaultdict(int)
    for logged in entries:
        match logged.envelope.entry:
            case RecordSearched(merchant=ref) as entry:
                times[ref] += 1
                yield {
                    "merchant": ref,
                    "number": times[ref],
                    "source": entry.source,
                    "on": entry.on,
                    "found": entry.found,
                    "result": entry.result,
                    "picture": entry.picture,
                    "at": logged.envelope.at,
                    "by": who(logged),
                }


replays(
    Replay(
        table="record_search",
        kinds=(RecordSearched,),
        expected=searches_from_log,
        actual=lambda: select(
            Merchant.ref.label("merchant"),
            func.row_number().over(partition_by=RecordSearch.merchant_id, order_by=RecordSearch.id).label("number"),
            RecordSearch.source,
            RecordSearch.searched_on.label("on"),
            RecordSearch.found,
            RecordSearch.result,
            RecordSearch.digest.label("picture"),
            RecordSearch.at,
            RecordSearch.by_id.label("by"),
        ).join(Merchant, Merchant.id == RecordSearch.merchant_id),
        key=("merchant", "number"),
        derived=lambda row: dict(_by(row)) | {"result": digest_of(row["result"])},
    )
)


# --- debarments ---------------------------------------------------------------------------------------------------


def debarments_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each debarment, with its appeal as last noted."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case DebarmentEntered() as entry:
                rows[entry.debarment] = {
                    "debarment": entry.debarment,
                    "merchant": entry.merchant,
                    "ground": entry.ground,
                    "reason": entry.reason,
                    "remedy": entry.remedy,
                    "evidence": entry.evidence,
                    "starts": entry.starts,
                    "ends": entry.ends,
                    "entered_at": at,
                    "by": who(logged),
                    "appeal": None,
                    "appealed_at": None,
                    "lifted_on": None,
                    "lifted_why": None,
                }
            case DebarmentAppealed(debarment=ref, state=state):
                rows[ref] |= {"appeal": state, "appealed_at": rows[ref]["appealed_at"] or at}
            case DebarmentLifted(debarment=ref, on=on, reason=reason):
                rows[ref] |= {"lifted_on": on, "lifted_why": reason}
    return rows.values()


def _said(row: Row) -> Row:
    found = dict(_by(row))
    hashed = {
        name: digest_of(found[name]) if found[name] else None for name in ("reason", "remedy", "appeal", "lifted_why")
    }
    return found | hashed


replays(
    Replay(
        table="debarment",
        kinds=(DebarmentEntered, DebarmentAppealed, DebarmentLifted),
        expected=debarments_from_log,
        actual=lambda: select(
            Debarment.ref.label("debarment"),
            Merchant.ref.label("merchant"),
            Debarment.ground,
            Debarment.reason,
            Debarment.remedy,
            Debarment.evidence_digest.label("evidence"),
            Debarment.starts_on.label("starts"),
            Debarment.ends_on.label("ends"),
            Debarment.entered_at,
            Debarment.entered_by_id.label("by"),
            Debarment.appeal,
            Debarment.appealed_at,
            Debarment.lifted_on,
            Debarment.lifted_why,
        ).join(Merchant, Merchant.id == Debarment.merchant_id),
        key=("debarment",),
        derived=_said,
    )
)
