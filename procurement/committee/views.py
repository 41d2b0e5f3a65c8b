"""Pages of the committee: the organiser appoints and begins scoring, members declare, the supervisor reads relations.
What the public sees is in the portal."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.committee import actions, cards, leaving, queries  # noqa: F401 (the card registers itself)
from procurement.committee.draw_forms import AnswerForm, leaving_form
from procurement.committee.expertise import field_name
from procurement.committee.forms import BeginForm, appoint_form, declare_form
from procurement.committee.recusing import ASKED_IN, DECIDED_IN, Origin
from procurement.committee.rules import GROUND_QUESTIONS, GROUNDS, LEAVING, MEMBER_KINDS, Leaving
from procurement.errors import N_, NotFound
from procurement.rounds.phases import Phase
from procurement.rounds.rules import ExpertsChosen
from procurement.web import (
    actor,
    flash,
    now,
    page,
    reading,
    redirect,
    refusals_into,
    render,
    say,
    transaction,
)

bp = Blueprint("committee", __name__)


@page(bp, "/rounds/<ref>/members", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def members(ref: str) -> ResponseReturnValue:
    """Who sits on the committee, and a form to appoint the next."""
    with reading() as session:
        forming = queries.forming_for(session, ref, actor=actor(), now=now())
    form = appoint_form(forming.candidates, forming.document.committee)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.appoint(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    user_id=int(form.user_id.data),
                    kind=form.chosen,
                    field=form.field.data,
                    chair=form.chair.data,
                )
            return redirect("committee.members", ref=ref)
    return render(
        "committee/members.html",
        status=form.status,
        form=form,
        forming=forming,
        kinds=MEMBER_KINDS,
        leaving=LEAVING,
        field_name=field_name,
        drawn=forming.document.committee.experts_chosen is ExpertsChosen.DRAWN,
        incomplete=[say(problem) for problem in forming.incomplete],
        may_change=forming.round.phase in actions.FORMING,
    )


@page(bp, "/rounds/<ref>/members/<code>/remove", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def remove(ref: str, code: str) -> ResponseReturnValue:
    """A member leaves before scoring, with a reason."""
    with reading() as session:
        forming = queries.forming_for(session, ref, actor=actor(), now=now(), phases=actions.FORMING)
    member = next((member for member in forming.members if member.code == code), None)
    if member is None:
        raise NotFound(N_("There is no such member on this committee."))
    form = leaving_form([Leaving.NO_ANSWER, Leaving.RECUSALS] if member.drawn else [Leaving.RELEASED])
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                leaving.remove(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    member_id=member.id,
                    reason=form.reason.data,
                    code=form.chosen,
                )
            return redirect("committee.members", ref=ref)
    return render("committee/remove.html", status=form.status, form=form, forming=forming, member=member)


@page(bp, "/rounds/<ref>/members/<code>/unable", permission=Permission.HOLD_ROUND, methods=["GET", "POST"])
def unable(ref: str, code: str) -> ResponseReturnValue:
    """The supervisor finds that a member cannot serve."""
    with reading() as session:
        found = queries.member_for(session, ref, code, actor=actor(), now=now())
    form = leaving_form([Leaving.UNABLE])
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                leaving.remove(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    member_id=found.member.id,
                    reason=form.reason.data,
                    code=form.chosen,
                )
            return redirect("committee.supervised", ref=ref)
    return render("committee/unable.html", status=form.status, form=form, found=found)


@page(bp, "/rounds/<ref>/supervised-committee", permission=Permission.HOLD_ROUND)
def supervised(ref: str) -> ResponseReturnValue:
    """The committee as the round's supervisor sees it."""
    with reading() as session:
        found = queries.supervised_for(session, ref, actor=actor(), now=now())
    return render(
        "committee/supervised.html",
        found=found,
        kinds=MEMBER_KINDS,
        leaving=LEAVING,
        field_name=field_name,
        may_change=found.round.phase in actions.FORMING,
        may_find=found.round.phase in DECIDED_IN,
    )


@page(bp, "/rounds/<ref>/seat", permission=Permission.DECLARE_INTERESTS, methods=["GET", "POST"])
def seat(ref: str) -> ResponseReturnValue:
    """Somebody who was drawn takes the seat or refuses it; any member may give it up before scoring."""
    with reading() as session:
        declaring = queries.declaring_for(session, ref, actor=actor(), now=now())
    declaring.round.course.require(now(), *actions.FORMING)
    form = AnswerForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                if form.answer.data == "accept":
                    leaving.accept(session, actor=actor(), now=now(), ref=ref)
                else:
                    leaving.refuse(session, actor=actor(), now=now(), ref=ref, reason=form.reason.data or "")
            flash(N_("Your answer is recorded."))
            return redirect("committee.mine")
    return render("committee/seat.html", status=form.status, form=form, declaring=declaring)


@page(bp, "/rounds/<ref>/begin-scoring", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def begin(ref: str) -> ResponseReturnValue:
    """What is declared, what recusals do to the number of sheets, and the button that begins scoring."""
    form = BeginForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.begin_scoring(session, actor=actor(), now=now(), ref=ref)
            flash(N_("Scoring has begun. Every member has a letter with the deadline."))
            return redirect("rounds.board_of", ref=ref)
    with reading() as session:
        forming = queries.forming_for(session, ref, actor=actor(), now=now(), phases=[Phase.FORMING])
    return render(
        "committee/begin.html",
        status=form.status,
        form=form,
        forming=forming,
        grounds=GROUNDS,
        blocks=[say(problem) for problem in (*forming.incomplete, *forming.blocking)],
    )


@page(bp, "/declarations", permission=Permission.DECLARE_INTERESTS, menu=N_("My declarations"))
def mine() -> ResponseReturnValue:
    """The committees one sits on, with what is left to declare."""
    with reading() as session:
        seated = queries.committees_of(session, actor=actor(), now=now())
    return render("committee/mine.html", seated=seated)


@page(bp, "/rounds/<ref>/declarations", permission=Permission.DECLARE_INTERESTS, methods=["GET", "POST"])
def declare(ref: str) -> ResponseReturnValue:
    """One row for each application: five grounds or none."""
    with reading() as session:
        declaring = queries.declaring_for(session, ref, actor=actor(), now=now())
    form = declare_form(declaring, sent=request.method == "POST")
    if request.form.get("then") == "save" and form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.save_declarations(
                    session, actor=actor(), now=now(), ref=ref, declarations=form.declarations()
                )
            flash(N_("Kept for later. Nothing is declared by that."))
            return redirect("committee.declare", ref=ref)
    elif form.validate_on_submit() and form.check_rows():
        with refusals_into(form):
            with transaction() as session:
                actions.declare(session, actor=actor(), now=now(), ref=ref, declarations=form.declarations())
            flash(N_("Your declarations are recorded."))
            return redirect("committee.declare", ref=ref)
    return render(
        "committee/declare.html",
        status=form.status,
        form=form,
        declaring=declaring,
        grounds=GROUNDS,
        questions=GROUND_QUESTIONS,
        may_declare=declaring.round.phase is Phase.FORMING,
        may_tell=declaring.round.phase in ASKED_IN[Origin.MEMBER],
    )


@page(bp, "/rounds/<ref>/relations", permission=Permission.HOLD_ROUND)
def relations(ref: str) -> ResponseReturnValue:
    """What members wrote about their relations: for the round's supervisor alone."""
    with reading() as session:
        found = queries.relations_for(session, ref, actor=actor(), now=now())
    return render("committee/relations.html", round=found.round, rows=found.rows, grounds=GROUNDS)
