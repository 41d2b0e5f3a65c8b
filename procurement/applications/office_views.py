"""Pages of those who check applications: the checklist, supplements, and ending a round for want of eligible ones.

The list of applications, the verdict and closing the check are in `views.py`.
"""

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from procurement.access import Permission, may
from procurement.applications import actions, checkers, queries, supplementing, verifying
from procurement.applications.checklist import ITEMS, Item
from procurement.applications.forms import ChecklistForm, FewEligibleForm, SupplementForm
from procurement.applications.views import accepted, attachment
from procurement.errors import N_
from procurement.merchants.disclosures import SHARED_NAMES
from procurement.rounds import clocks
from procurement.rounds import queries as rounds
from procurement.rounds.fields import in_fields
from procurement.rounds.phases import Phase
from procurement.web import (
    actor,
    config,
    flash,
    now,
    page,
    plain,
    reading,
    redirect,
    refusals_into,
    render,
    transaction,
)

bp = Blueprint("checking", __name__)


def _may_check(found: queries.Checking) -> bool:
    return (
        may(actor(), Permission.CHECK_APPLICATIONS, round_id=found.round.id) and found.round.phase is Phase.CHECKING
    )


@page(
    bp,
    "/rounds/<ref>/checking/<application>/checklist",
    permission=Permission.READ_ROUND_FILES,
    methods=["GET", "POST"],
)
def checklist(ref: str, application: str) -> ResponseReturnValue:
    """Every item with what is known about it and what was found."""
    with reading() as session:
        found = queries.checking_of(session, ref, actor=actor(), now=now())
        detail = queries.application_detail(session, application, actor=actor(), now=now())
        if detail.round.id != found.round.id:
            abort(404)
        made = checkers.made_by(session, actor(), detail.view.id, detail.view.merchant_id)
        held = verifying.findings_of(session, detail.view.id)
        hints = verifying.hints_for(session, detail, actor=actor(), now=now())
        compared = verifying.compared_with(session, detail.view.round_id, detail.view.merchant_id, now=now())
    today = now().astimezone(config().zone).date()
    form = ChecklistForm(data=ChecklistForm.filled(held, today))
    if form.validate_on_submit():
        with refusals_into(form):
            files = {item: accepted(file, f"{item}_file") for item, file in form.uploads().items()}
            with transaction() as session:
                kept = verifying.keep_findings(
                    session, actor=actor(), now=now(), ref=application, findings=form.findings(), files=files
                )
            if kept:
                flash(N_("%(count)s items were kept."), count=len(kept))
            return redirect("applications.verdict", ref=ref, application=application)
    return render(
        "applications/checklist.html",
        status=form.status,
        form=form,
        found=found,
        detail=detail,
        held=held,
        hints=hints,
        items=ITEMS,
        may_check=_may_check(found) and not made,
        made=made,
        compared=compared,
        shared_names=SHARED_NAMES,
    )


@plain(bp, "/applications/<ref>/findings/<item>", permission=Permission.READ_ROUND_FILES)
def finding_file(ref: str, item: str) -> ResponseReturnValue:
    """What shows a finding, as an attachment."""
    if item not in set(Item):
        abort(404)
    with reading() as session:
        found = verifying.finding_file(session, ref, Item(item), actor=actor())
    return attachment(found.digest, found.media_type, found.file_name)


@page(
    bp,
    "/rounds/<ref>/checking/<application>/supplement",
    permission=Permission.CHECK_APPLICATIONS,
    methods=["GET", "POST"],
)
def supplement(ref: str, application: str) -> ResponseReturnValue:
    """Ask the applicant to complete the application."""
    form = SupplementForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                asked = supplementing.request(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=application,
                    items=form.items.data or (),
                    text=form.text.data or "",
                )
            flash(N_("Supplement %(ref)s was asked for. The applicant has been told."), ref=asked)
            return redirect("applications.verdict", ref=ref, application=application)
    with reading() as session:
        found = queries.checking_of(session, ref, actor=actor(), now=now())
        detail = queries.application_detail(session, application, actor=actor(), now=now())
        if detail.round.id != found.round.id:
            abort(404)
        made = checkers.made_by(session, actor(), detail.view.id, detail.view.merchant_id)
        rules = rounds.rules_of(session, found.round.id)
    days = rules.timetable.supplement_working_days
    due, counted = clocks.working_deadline(rules, start=now(), working_days=days)
    return render(
        "applications/supplement.html",
        status=form.status,
        form=form,
        found=found,
        detail=detail,
        days=days,
        due=due,
        counted=counted,
        may_check=_may_check(found) and not made,
        made=made,
    )


@page(bp, "/rounds/<ref>/checking/end", permission=Permission.CHECK_APPLICATIONS, methods=["GET", "POST"])
def end(ref: str) -> ResponseReturnValue:
    """End the round because too few applications are eligible, with that as its public reason."""
    with reading() as session:
        found = queries.checking_of(session, ref, actor=actor(), now=now())
    numbers = {"eligible": sum(view.eligible for view in found.applications), "least": found.least}
    form = FewEligibleForm(
        data={
            "explanation_en": _ENGLISH % numbers,
            "explanation_zh": _CHINESE % numbers,
        }
    )
    if form.validate_on_submit():
        with refusals_into(form), in_fields():
            with transaction() as session:
                actions.end_for_few(session, actor=actor(), now=now(), round_ref=ref, explanation=form.explanation)
            flash(N_("The round has ended without a selection."))
            return redirect("rounds.board_of", ref=ref)
    return render(
        "applications/end.html",
        status=form.status,
        form=form,
        found=found,
        eligible=numbers["eligible"],
        may_check=_may_check(found),
    )


_ENGLISH = (
    "After the check of all applications %(eligible)s are eligible; the rules of this round ask for at least "
    "%(least)s. The round therefore ends without a selection."
)
_CHINESE = "全部申报经资格审查后，合格%(eligible)s件；本轮次规则要求至少%(least)s件。因此本轮次终止，不产生选定结果。"
