"""Pages of the office about businesses: what each says of itself, what was checked, debarments.

They stand apart from the merchants' own pages so that in the menu they come after the office's daily work.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from procurement.access import Permission, may
from procurement.errors import N_, NotFound
from procurement.merchants import checking, debarring, queries, rules
from procurement.merchants.forms import AppealForm, CheckForm, DebarmentForm, FindForm, LiftForm, SearchForm
from procurement.merchants.views import today, uploaded, words
from procurement.web import (
    actor,
    flash,
    limiter,
    now,
    page,
    reading,
    redirect,
    refusals_into,
    render,
    transaction,
)

bp = Blueprint("merchants_office", __name__)
bp.context_processor(words)


@page(
    bp, "/businesses", permission=Permission.READ_MERCHANTS, methods=["GET", "POST"], menu=N_("Registered businesses")
)
def every() -> ResponseReturnValue:
    """All businesses, or those that fit what is looked for."""
    form = FindForm()
    wanted = (form.wanted.data or "") if form.validate_on_submit() else ""
    after = request.args.get("after", "")[:20]
    with reading() as session:
        rows, following = queries.every_merchant(session, actor=actor(), after=after, wanted=wanted)
    return render(
        "merchants/every.html", status=form.status, form=form, rows=rows, following="" if wanted else following
    )


@page(bp, "/businesses/<ref>", permission=Permission.READ_MERCHANTS)
def dossier(ref: str) -> ResponseReturnValue:
    with reading() as session:
        found = queries.dossier(session, actor=actor(), ref=ref, today=today())
    return render(
        "merchants/dossier.html",
        dossier=found,
        may_check=may(actor(), Permission.CHECK_MERCHANTS),
        may_help=may(actor(), Permission.HELP_AT_COUNTER)
        and all(person.user_id != actor().user_id for person in found.business.people),
    )


@page(bp, "/businesses/<ref>/search", permission=Permission.CHECK_MERCHANTS, methods=["GET", "POST"])
@limiter.limit("60/minute;600/hour", methods=["POST"])
def record_search(ref: str) -> ResponseReturnValue:
    form = SearchForm(searched_on=today())
    if form.validate_on_submit():
        with refusals_into(form):
            picture = uploaded(form.picture)
            with transaction() as session:
                checking.record_search(
                    session,
                    actor=actor(),
                    now=now(),
                    today=today(),
                    ref=ref,
                    source=rules.SearchSource(form.source.data),
                    searched_on=form.searched_on.data,
                    found=form.found.data == "yes",
                    result=form.result.data or "",
                    picture=picture,
                )
            flash(N_("The search is on record."))
            return redirect("merchants_office.dossier", ref=ref)
    with reading() as session:
        found = queries.dossier(session, actor=actor(), ref=ref, today=today())
    return render("merchants/record_search.html", status=form.status, form=form, dossier=found)


@page(
    bp,
    "/businesses/<ref>/certificates/<int:number>",
    permission=Permission.CHECK_MERCHANTS,
    methods=["GET", "POST"],
)
def check_certificate(ref: str, number: int) -> ResponseReturnValue:
    form = CheckForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                checking.check_certificate(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    certificate_id=number,
                    outcome=rules.CheckOutcome(form.outcome.data),
                    how=form.how.data,
                )
            flash(N_("The check is on record."))
            return redirect("merchants_office.dossier", ref=ref)
    with reading() as session:
        found = queries.dossier(session, actor=actor(), ref=ref, today=today())
    paper = next((one for one in found.business.certificates if one.id == number), None)
    if paper is None:
        raise NotFound(N_("There is no such certificate."))
    return render("merchants/check_certificate.html", status=form.status, form=form, dossier=found, paper=paper)


# --- debarments ---------------------------------------------------------------------------------------------------


@page(bp, "/debarments/new", permission=Permission.DEBAR, methods=["GET", "POST"], menu=N_("Debar a business"))
def debar() -> ResponseReturnValue:
    form = DebarmentForm(starts=today())
    if form.validate_on_submit():
        with refusals_into(form):
            file = uploaded(form.evidence)
            with transaction() as session:
                ref = debarring.debar(
                    session,
                    actor=actor(),
                    now=now(),
                    today=today(),
                    merchant=form.merchant.data,
                    ground=form.chosen_ground(),
                    reason=form.reason.data,
                    remedy=form.remedy.data,
                    starts=form.starts.data,
                    ends=form.ends.data,
                    evidence=file,
                )
            flash(N_("The debarment is in the register. The business is told by mail."))
            return redirect("merchants.debarment", ref=ref)
    return render("merchants/debar.html", status=form.status, form=form)


@page(bp, "/debarments/<ref>/appeal", permission=Permission.DEBAR, methods=["GET", "POST"])
def note_appeal(ref: str) -> ResponseReturnValue:
    form = AppealForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                debarring.note_appeal(session, actor=actor(), now=now(), ref=ref, state=form.state.data)
            flash(N_("The state of the appeal is noted."))
            return redirect("merchants.debarment", ref=ref)
    with reading() as session:
        found = queries.debarment(session, ref=ref, today=today())
    return render("merchants/note_appeal.html", status=form.status, form=form, debarment=found)


@page(bp, "/debarments/<ref>/lift", permission=Permission.DEBAR, methods=["GET", "POST"])
def lift(ref: str) -> ResponseReturnValue:
    form = LiftForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                debarring.lift(session, actor=actor(), now=now(), today=today(), ref=ref, reason=form.reason.data)
            flash(N_("The debarment is lifted. The business is told by mail."))
            return redirect("merchants.debarment", ref=ref)
    with reading() as session:
        found = queries.debarment(session, ref=ref, today=today())
    return render("merchants/lift.html", status=form.status, form=form, debarment=found)
