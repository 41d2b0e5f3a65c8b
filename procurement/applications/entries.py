"""What the public log says of applications. Before the deadline an entry tells neither who applied nor with what."""

from datetime import date, datetime

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Part, Ref, Salted


class ApplicationSubmitted(
    Entry,
    kind="application.submitted",
    title=N_("An application was submitted; it stays unread until the deadline"),
    labels={
        "application": N_("Reference of the application"),
        "document": N_("SHA-256 of what was submitted"),
        "compared": N_("SHA-256 of what is compared"),
        "again": N_("It replaces an earlier version"),
        "rules": N_("Version of the rules"),
    },
):
    """`document` is salted inside (content.Submission.salt), so a guess cannot be tried against it; `compared`: of
    content.Submission.compared, the part of it that becomes public whole. `rules`: the version of the call then."""

    application: Salted
    document: Digest
    compared: Digest
    again: bool
    rules: int


class ApplicationHelped(
    Entry,
    kind="application.helped",
    title=N_("Somebody helps to write an application and will not check it"),
    labels={"application": N_("Reference of the application"), "helper": N_("Who helps")},
):
    """Once for each who helps, when it is submitted, confirmed or completed with their help."""

    application: Salted
    helper: Salted


class ApplicationSigned(
    Entry,
    kind="application.signed",
    title=N_("The applicant signed on paper what a clerk had written"),
    labels={
        "application": N_("Reference of the application"),
        "document": N_("SHA-256 of what was submitted"),
        "paper": N_("SHA-256 of the signed paper"),
    },
):
    """`paper`: of the file; only the office and the applicant read it."""

    application: Salted
    document: Digest
    paper: Digest


class ApplicationConfirmed(
    Entry,
    kind="application.confirmed",
    title=N_("An application is maintained after the call was amended"),
    labels={
        "application": N_("Reference of the application"),
        "document": N_("SHA-256 of what was submitted"),
        "rules": N_("Version of the rules"),
    },
):
    """`rules`: the version of the amended call."""

    application: Salted
    document: Digest
    rules: int


class ApplicationWithdrawn(
    Entry,
    kind="application.withdrawn",
    title=N_("An application was withdrawn"),
    labels={
        "application": N_("Reference of the application"),
        "document": N_("SHA-256 of what had been submitted"),
    },
):
    """Withdrawn by the applicant before the deadline."""

    application: Salted
    document: Digest


class FindingKept(Part):
    """One item of the checklist: checklist.Item, Result and Method. `file`: SHA-256 of what shows it, which only the
    office reads. `replaces`: an earlier finding on this item. `compared`: on the relations, what other applicants of
    the round had in common with this one; whether they did is nobody else's business."""

    item: Code
    result: Code
    method: Code | None
    evidence: Digest
    looked_on: date
    file: Digest | None
    replaces: bool
    compared: Salted | None


class ChecklistKept(
    Entry,
    kind="application.checklist",
    title=N_("Items of the checklist of an application were verified"),
    labels={
        "application": N_("Application"),
        "document": N_("SHA-256 of the version that was checked"),
        "findings": N_("What was found"),
    },
):
    """Somebody of the office kept one or more findings."""

    application: Ref
    document: Digest
    findings: tuple[FindingKept, ...]


class SupplementRequested(
    Entry,
    kind="application.supplement_requested",
    title=N_("An applicant was asked to complete an application"),
    labels={
        "application": N_("Application"),
        "request": N_("Supplement"),
        "items": N_("Items of the checklist"),
        "text": N_("SHA-256 of what is asked"),
        "due": N_("Answer due"),
    },
):
    """`due`: as first counted; a hold of the round moves it."""

    application: Ref
    request: Ref
    items: tuple[Code, ...]
    text: Digest
    due: datetime


class SupplementAnswered(
    Entry,
    kind="application.supplement_answered",
    title=N_("An applicant completed an application"),
    labels={
        "application": N_("Application"),
        "request": N_("Supplement"),
        "document": N_("SHA-256 of the answer"),
        "files": N_("SHA-256 of each file"),
    },
):
    """`document`: SHA-256 of the RFC 8785 text of the answer (supplements.Answer), which names the files too."""

    application: Ref
    request: Ref
    document: Digest
    files: tuple[Digest, ...]


class VerdictGiven(
    Entry,
    kind="application.verdict",
    title=N_("Verdict on whether an application is eligible"),
    labels={
        "application": N_("Application"),
        "document": N_("SHA-256 of the version that was checked"),
        "eligible": N_("Eligible"),
        "reason": N_("Reason"),
        "met": N_("Conditions that are met"),
        "explanation": N_("SHA-256 of the explanation"),
        "replaces": N_("It replaces an earlier verdict"),
        "objection": N_("Objection that was carried out"),
    },
):
    """Names the application in public and ties it to the hash of its submission."""

    application: Ref
    document: Digest
    eligible: bool
    reason: Code
    met: tuple[Code, ...]
    explanation: Digest
    replaces: bool
    objection: Ref | None


class Lapsed(Part):
    """An application that was not confirmed after an amendment. `document`: SHA-256 of what had been submitted."""

    application: Ref
    document: Digest


class VerdictTakenBack(
    Entry,
    kind="application.verdict_taken_back",
    title=N_("A ruling took a verdict back: the application is checked once more"),
    labels={"application": N_("Application"), "objection": N_("Objection that was carried out")},
):
    """Until there is another verdict the application has none."""

    application: Ref
    objection: Ref


class CheckingClosed(
    Entry,
    kind="application.checking_closed",
    title=N_("Checking of applications closed"),
    labels={
        "eligible": N_("Eligible applications"),
        "ineligible": N_("Ineligible applications"),
        "lapsed": N_("Applications not confirmed after an amendment"),
    },
):
    """Every application that was submitted and not withdrawn stands in one of the three lists."""

    eligible: tuple[Ref, ...]
    ineligible: tuple[Ref, ...]
    lapsed: tuple[Lapsed, ...]


class QuestionAsked(
    Entry,
    kind="question.asked",
    title=N_("A question on the call was asked"),
    labels={
        "question": N_("Question"),
        "text": N_("SHA-256 of the question"),
        "due": N_("Answer due"),
    },
):
    """Asked by anybody; who asked is not recorded."""

    question: Ref
    text: Digest
    due: datetime


class QuestionAnswered(
    Entry,
    kind="question.answered",
    title=N_("A question on the call was answered"),
    labels={
        "question": N_("Question"),
        "answer": N_("SHA-256 of the answer"),
        "withheld": N_("Why the question itself is not published"),
    },
):
    """Question and answer are published together."""

    question: Ref
    answer: Digest
    withheld: Code | None
