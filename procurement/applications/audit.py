"""How what happens to applications and questions follows from the public log: versions, confirmations, withdrawals,
verdicts, the end of checking, answers."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import func, select

from procurement.applications.content import Submission
from procurement.applications.entries import (
    ApplicationConfirmed,
    ApplicationHelped,
    ApplicationSigned,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CheckingClosed,
    ChecklistKept,
    QuestionAnswered,
    QuestionAsked,
    SupplementAnswered,
    SupplementRequested,
    VerdictGiven,
    VerdictTakenBack,
)
from procurement.applications.models import (
    Application,
    ApplicationConfirmation,
    ApplicationHelper,
    ApplicationVersion,
    Finding,
    Question,
    SupplementAnswer,
    SupplementRequest,
    Verdict,
)
from procurement.applications.rules import product_key
from procurement.applications.verdicts import met
from procurement.merchants.models import Merchant
from procurement.publiclog.audit import Replay, Row, disclosed, person, replays, who
from procurement.publiclog.entry import digest_of
from procurement.publiclog.queries import Logged
from procurement.rounds.audit import milestone_by, milestones_kept
from procurement.rounds.canonical import canonical_text
from procurement.rounds.models import Round
from procurement.rounds.phases import Kind

_AS_SUBMITTED = "as submitted"


def versions_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each submitted version, named by the hash of its text. The last one of an application counts."""
    rows: dict[str, dict[str, Any]] = {}
    last: dict[str | None, str] = {}
    for logged in entries:
        at = logged.envelope.at
        match logged.envelope.entry:
            case ApplicationSubmitted(application=application, document=document, compared=compared, rules=rules):
                erased = application.value is None  # then nobody can say which versions are of one application
                if application.value in last:
                    rows[last[application.value]] |= {"counts": False, "kept_for": None}
                if not erased:
                    last[str(application.value)] = document
                rows[document] = {
                    "document": document,
                    "sha256": document,
                    "by": who(logged),
                    "compared": compared,
                    "round": logged.envelope.round_ref,
                    "application": disclosed(application),
                    "submitted_at": at,
                    "rules": rules,
                    "kept_for": disclosed(application) if erased else rules,
                    "counts": disclosed(application) if erased else True,
                    "withdrawn_at": None,
                    "copied": _AS_SUBMITTED,
                    "signed": None,
                }
            case ApplicationSigned(document=document, paper=paper):
                rows[document]["signed"] = paper
            case ApplicationWithdrawn(document=document):
                rows[document]["withdrawn_at"] = at
            case ApplicationConfirmed(application=application, document=document, rules=rules):
                if application.value is not None:
                    rows[document]["kept_for"] = rules
    return rows.values()


def _as_told(row: Row) -> Row:
    """The hash of the text, worked out anew; and whether what lists show was copied from that text."""
    found = dict(row)
    text, current, version = found.pop("text"), found.pop("current"), found.pop("version")
    beside = {
        name: found.pop(name)
        for name in ("product_name", "product_key", "category", "applicant", "number", "last_submitted_at")
    }
    counts = current == version
    kept_for = found.pop("kept_for")
    if text is None:
        return found | {"document": f"none of application {found['application']}"}
    submission = Submission.from_text(text)
    content = submission.content.product
    meant = {
        "product_name": content.name,
        "product_key": product_key(content.name),
        "category": str(content.category),
        "applicant": submission.applicant,
        "number": int(found["application"].rpartition("-A")[2]),
        "last_submitted_at": found["submitted_at"],
    }
    wrong = [f"{name} {value}" for name, value in beside.items() if value != meant[name]] if counts else []
    return found | {
        "document": digest_of(text.encode()),
        "by": person(found["by"]),
        "compared": digest_of(submission.compared.encode()),
        "counts": counts,
        "withdrawn_at": found["withdrawn_at"] if counts else None,
        "kept_for": kept_for if counts else None,
        "copied": ", ".join(wrong) or _AS_SUBMITTED,
    }


replays(
    Replay(
        table="application_version",
        kinds=(ApplicationSubmitted, ApplicationSigned, ApplicationConfirmed, ApplicationWithdrawn),
        expected=versions_from_log,
        actual=lambda: (
            select(
                ApplicationVersion.document.label("text"),
                ApplicationVersion.sha256,
                ApplicationVersion.submitted_by_id.label("by"),
                Round.ref.label("round"),
                Application.ref.label("application"),
                ApplicationVersion.submitted_at,
                ApplicationVersion.signed_digest.label("signed"),
                ApplicationVersion.version,
                ApplicationVersion.rules_version.label("rules"),
                Application.rules_version.label("kept_for"),
                Application.current,
                Application.withdrawn_at,
                Application.product_name,
                Application.product_key,
                Application.number,
                Application.submitted_at.label("last_submitted_at"),
                Application.category,
                Merchant.ref.label("applicant"),
            )
            # An application that was never submitted has no version: the log does not tell of it.
            .select_from(Application)
            .outerjoin(ApplicationVersion, ApplicationVersion.application_id == Application.id)
            .join(Merchant, Merchant.id == Application.merchant_id)
            .join(Round, Round.id == Application.round_id)
        ),
        key=("document",),
        derived=_as_told,
    )
)


def confirmations_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each confirmation after an amendment."""
    for logged in entries:
        match logged.envelope.entry:
            case ApplicationConfirmed(application=application, document=document, rules=rules):
                yield {
                    "document": document,
                    "rules": rules,
                    "round": logged.envelope.round_ref,
                    "application": disclosed(application),
                    "at": logged.envelope.at,
                    "by": who(logged),
                }


replays(
    Replay(
        table="application_confirmation",
        kinds=(ApplicationConfirmed,),
        expected=confirmations_from_log,
        actual=lambda: (
            select(
                ApplicationVersion.sha256.label("document"),
                ApplicationConfirmation.rules_version.label("rules"),
                Round.ref.label("round"),
                Application.ref.label("application"),
                ApplicationConfirmation.at,
                ApplicationConfirmation.by_id.label("by"),
            )
            .join(Application, Application.id == ApplicationConfirmation.application_id)
            .join(
                ApplicationVersion,
                (ApplicationVersion.application_id == ApplicationConfirmation.application_id)
                & (ApplicationVersion.version == ApplicationConfirmation.version),
            )
            .join(Round, Round.id == Application.round_id)
        ),
        key=("document", "rules"),
        derived=lambda row: dict(row) | {"by": person(row["by"])},
    )
)


def helpers_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each who helped with an application."""
    for logged in entries:
        match logged.envelope.entry:
            case ApplicationHelped(application=application, helper=helper):
                yield {
                    "application": disclosed(application),
                    "helper": disclosed(helper),
                    "round": logged.envelope.round_ref,
                    "at": logged.envelope.at,
                }


replays(
    Replay(
        table="application_helper",
        kinds=(ApplicationHelped,),
        expected=helpers_from_log,
        actual=lambda: (
            select(
                Application.ref.label("application"),
                ApplicationHelper.user_id.label("helper"),
                Round.ref.label("round"),
                ApplicationHelper.at,
            )
            .join(Application, Application.id == ApplicationHelper.application_id)
            .join(Round, Round.id == Application.round_id)
        ),
        key=("application", "helper"),
        derived=lambda row: {**row, "helper": person(row["helper"])},
    )
)


def verdicts_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each verdict; a later one on the same application supersedes it."""
    rows: list[dict[str, Any]] = []
    last: dict[str, dict[str, Any]] = {}
    for logged in entries:
        match logged.envelope.entry:
            case VerdictGiven() as entry:
                before = last.get(entry.application)
                if before is not None:
                    before["superseded_at"] = before["superseded_at"] or logged.envelope.at
                rows.append(
                    {
                        "application": entry.application,
                        "number": 1 if before is None else before["number"] + 1,
                        "eligible": entry.eligible,
                        "reason": entry.reason,
                        "explanation": entry.explanation,
                        "gates": entry.met,
                        "objection": entry.objection,
                        "given_at": logged.envelope.at,
                        "by": who(logged),
                        "superseded_at": None,
                    }
                )
                last[entry.application] = rows[-1]
            case VerdictTakenBack(application=ref):
                taken = last.get(ref)
                if taken is not None:
                    taken["superseded_at"] = taken["superseded_at"] or logged.envelope.at
    return rows


def _explained(row: Row) -> Row:
    found = dict(row)
    return found | {
        "explanation": digest_of(found["explanation"]),
        "gates": met(found["gates"]),
        "by": person(found["by"]),
    }


replays(
    Replay(
        table="verdict",
        kinds=(VerdictGiven, VerdictTakenBack),
        expected=verdicts_from_log,
        actual=lambda: select(
            Application.ref.label("application"),
            func.row_number().over(partition_by=Verdict.application_id, order_by=Verdict.id).label("number"),
            Verdict.eligible,
            Verdict.reason_code.label("reason"),
            Verdict.explanation,
            Verdict.gates,
            Verdict.objection_ref.label("objection"),
            Verdict.given_at,
            Verdict.given_by_id.label("by"),
            Verdict.superseded_at,
        ).join(Application, Application.id == Verdict.application_id),
        key=("application", "number"),
        derived=_explained,
    )
)


def findings_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each finding; a later one on the same item of an application supersedes it."""
    rows: list[dict[str, Any]] = []
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for logged in entries:
        match logged.envelope.entry:
            case ChecklistKept(application=application, findings=findings):
                for one in findings:
                    before = last.get((application, one.item))
                    if before is not None:
                        before["superseded_at"] = logged.envelope.at
                    rows.append(
                        {
                            "application": application,
                            "item": one.item,
                            "number": 1 if before is None else before["number"] + 1,
                            "result": one.result,
                            "method": one.method,
                            "evidence": one.evidence,
                            "looked_on": one.looked_on,
                            "file": one.file,
                            "compared": None if one.compared is None else disclosed(one.compared),
                            "at": logged.envelope.at,
                            "by": who(logged),
                            "superseded_at": None,
                        }
                    )
                    last[application, one.item] = rows[-1]
    return rows


def _found(row: Row) -> Row:
    compared = None if row["compared"] is None else canonical_text(row["compared"])
    return {**row, "evidence": digest_of(row["evidence"]), "by": person(row["by"]), "compared": compared}


replays(
    Replay(
        table="finding",
        kinds=(ChecklistKept,),
        expected=findings_from_log,
        actual=lambda: select(
            Application.ref.label("application"),
            Finding.item,
            func.row_number()
            .over(partition_by=(Finding.application_id, Finding.item), order_by=Finding.id)
            .label("number"),
            Finding.result,
            Finding.method,
            Finding.evidence,
            Finding.looked_on,
            Finding.digest.label("file"),
            Finding.compared,
            Finding.at,
            Finding.by_id.label("by"),
            Finding.superseded_at,
        ).join(Application, Application.id == Finding.application_id),
        key=("application", "item", "number"),
        derived=_found,
    )
)


def supplements_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each request, with its answer when there is one."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        match logged.envelope.entry:
            case SupplementRequested() as entry:
                rows[entry.request] = {
                    "request": entry.request,
                    "application": entry.application,
                    "items": list(entry.items),
                    "text": entry.text,
                    "number": int(entry.request.rpartition("-S")[2]),
                    "asked_at": logged.envelope.at,
                    "asked_by": who(logged),
                    "due": entry.due,
                    "document": None,
                    "sha256": None,
                    "answered_at": None,
                    "answered_by": None,
                }
            case SupplementAnswered(request=request, document=document):
                rows[request] |= {
                    "document": document,
                    "sha256": document,
                    "answered_at": logged.envelope.at,
                    "answered_by": who(logged),
                }
    return rows.values()


def _supplied(row: Row) -> Row:
    document = row["document"]
    return dict(row) | {
        "text": digest_of(row["text"]),
        "document": None if document is None else digest_of(document.encode()),
        "asked_by": person(row["asked_by"]),
        "answered_by": person(row["answered_by"]),
    }


replays(
    Replay(
        table="supplement",
        kinds=(SupplementRequested, SupplementAnswered),
        expected=supplements_from_log,
        actual=lambda: (
            select(
                SupplementRequest.ref.label("request"),
                Application.ref.label("application"),
                SupplementRequest.items.label("items"),
                SupplementRequest.text.label("text"),
                SupplementRequest.asked_at,
                SupplementRequest.due,
                SupplementRequest.number,
                SupplementRequest.asked_by_id.label("asked_by"),
                SupplementAnswer.document,
                SupplementAnswer.sha256,
                SupplementAnswer.answered_by_id.label("answered_by"),
                SupplementAnswer.answered_at,
            )
            .join(Application, Application.id == SupplementRequest.application_id)
            .outerjoin(SupplementAnswer, SupplementAnswer.request_id == SupplementRequest.id)
        ),
        key=("request",),
        derived=_supplied,
    )
)


def milestones_from_log(entries: Iterable[Logged]) -> Iterator[Row]:
    """One row for each time that checking was closed."""
    times: Counter[str | None] = Counter()
    for logged in entries:
        if isinstance(logged.envelope.entry, CheckingClosed):
            round_ref = logged.envelope.round_ref
            times[round_ref] += 1
            yield {
                "round": round_ref,
                "kind": Kind.CHECKING_CLOSED,
                "subject": str(times[round_ref]) if times[round_ref] > 1 else "",
                "at": logged.envelope.at,
                "closes": None,
                "by": who(logged),
            }


replays(
    Replay(
        table="milestone of applications",
        kinds=(CheckingClosed,),
        expected=milestones_from_log,
        actual=lambda: milestones_kept([Kind.CHECKING_CLOSED]),
        key=("round", "kind", "subject"),
        derived=milestone_by,
    )
)


def questions_from_log(entries: Iterable[Logged]) -> Iterable[Row]:
    """One row for each question, with its answer when there is one."""
    rows: dict[str, dict[str, Any]] = {}
    for logged in entries:
        match logged.envelope.entry:
            case QuestionAsked(question=ref, text=text, due=due):
                rows[ref] = {
                    "question": ref,
                    "number": int(ref.rpartition("-Q")[2]),
                    "round": logged.envelope.round_ref,
                    "text": text,
                    "asked_at": logged.envelope.at,
                    "due": due,
                    "answer": None,
                    "answered_at": None,
                    "by": None,
                    "withheld": None,
                }
            case QuestionAnswered(question=ref, answer=answer, withheld=withheld):
                rows[ref] |= {
                    "answer": answer,
                    "answered_at": logged.envelope.at,
                    "by": who(logged),
                    "withheld": withheld,
                }
    return rows.values()


def _asked(row: Row) -> Row:
    answer = row["answer"]
    return dict(row) | {
        "text": digest_of(row["text"]),
        "answer": None if answer is None else digest_of(answer),
        "by": person(row["by"]),
    }


replays(
    Replay(
        table="question",
        kinds=(QuestionAsked, QuestionAnswered),
        expected=questions_from_log,
        actual=lambda: select(
            Question.ref.label("question"),
            Question.number,
            Round.ref.label("round"),
            Question.text,
            Question.asked_at,
            Question.due,
            Question.answer,
            Question.answered_at,
            Question.answered_by_id.label("by"),
            Question.withheld,
        ).join(Round, Round.id == Question.round_id),
        key=("question",),
        derived=_asked,
    )
)
