"""After an amendment of the call an application is confirmed, or submitted anew, before the deadline: nobody is bound
by terms they have not seen. What is not maintained takes no part; the clock alone decides."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from procurement.access import Actor, Permission, acting_as, require
from procurement.applications import checkers, letters, own, queries
from procurement.applications.content import Section
from procurement.applications.entries import ApplicationConfirmed
from procurement.applications.models import Application, ApplicationConfirmation
from procurement.applications.rules import check_section
from procurement.applications.writing import editable, require_applicant
from procurement.errors import N_, Problem, RuleBroken, WrongPhase, refuse_if
from procurement.merchants.models import Merchant
from procurement.publiclog.entry import Salted
from procurement.publiclog.writing import append
from procurement.rounds import queries as rounds
from procurement.rounds.models import Round
from procurement.rounds.queries import Amendment


def confirm(session: Session, *, actor: Actor, now: datetime, key: str, rules_version: int) -> None:
    """Maintain what was submitted under the call as amended.

    `rules_version`: the version that was read on the page before; one made since is not what was meant. Papers that
    no longer cover the time of the broadcast are submitted anew. Raises NotFound, NotAllowed, WrongPhase, RuleBroken.
    """
    require(actor, Permission.APPLY)
    draft, merchant = editable(session, actor, now, key)
    found = session.get_one(Round, draft.round_id)
    require_applicant(session, found, merchant, now)
    if draft.application_id is None:
        raise WrongPhase(N_("This was never submitted, so there is nothing to confirm."))
    application = session.get_one(Application, draft.application_id, with_for_update=True, populate_existing=True)
    in_force, _, _ = rounds.rules_record(session, found.id)
    if application.rules_version == in_force:
        raise WrongPhase(N_("This application needs no confirmation: it stands under the call as it is now."))
    if rules_version != in_force:
        raise RuleBroken(
            N_("The call was amended again since you opened this page. Read what has changed once more.")
        )
    refuse_if(papers_outrun(session, application, merchant, now))
    application.rules_version = in_force
    session.add(
        ApplicationConfirmation(
            application_id=application.id,
            rules_version=in_force,
            version=application.current,
            at=now,
            by_id=actor.user_id,
        )
    )
    checkers.tell_helpers(session, found, application, draft, actor=actor, now=now)
    sha256 = queries.sha256_of(session, application)
    append(
        session,
        ApplicationConfirmed(
            application=Salted(application.ref, whose=f"merchant:{merchant.ref}"), document=sha256, rules=in_force
        ),
        now=now,
        actor=actor,
        role=acting_as(actor, Permission.APPLY),
        round_ref=found.ref,
    )
    letters.tell(
        session,
        merchant.id,
        "applications/confirmed",
        now,
        ref=application.ref,
        product=application.product_name,
        **letters.about_round(found),
        version=application.current,
        rules=in_force,
        sha256=sha256,
        at=now.isoformat(),
        closes=letters.closes(session, found, now),
        path=f"/my/applications/{key}/submitted",
    )


def papers_outrun(session: Session, application: Application, merchant: Merchant, now: datetime) -> list[Problem]:
    """What the amended call finds wrong with papers that were right when they were submitted."""
    document = rounds.rules_of(session, application.round_id)
    content = queries.submission_of(session, application.id, application.current).content
    needs = queries.needs_of(document, merchant, application.submitted_at)
    return [
        Problem(problem.message, problem.params) for problem in check_section(Section.CERTIFICATES, content, needs)
    ]


@dataclass(frozen=True, slots=True)
class Confirming:
    """What the page of confirming shows. `problems`: why only submitting anew remains."""

    draft: own.DraftView
    rules_version: int
    amendments: tuple[Amendment, ...]
    problems: tuple[Problem, ...]


def confirming_for(session: Session, key: str, *, actor: Actor, now: datetime) -> Confirming:
    """The amendments since the application was submitted or confirmed last. Raises NotFound."""
    draft = own.draft_for(session, key, actor=actor, now=now)
    in_force, _, _ = rounds.rules_record(session, draft.round.id)
    row = own.find_draft(session, key, actor=actor)
    problems: list[Problem] = []
    since = in_force
    if row.application_id is not None:
        application = session.get_one(Application, row.application_id)
        since = application.rules_version
        if since < in_force:
            merchant = session.get_one(Merchant, application.merchant_id)
            problems = papers_outrun(session, application, merchant, now)
    return Confirming(
        draft=draft,
        rules_version=in_force,
        amendments=tuple(rounds.amendments_of(session, draft.round.id, after=since)),
        problems=tuple(problems),
    )
