"""Pages of requests for recusal: everybody asks and reads, the member answers, the supervisor decides."""

import secrets
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.committee import request_queries, requests
from procurement.committee.recusing import DECIDED_IN, ORIGINS, OUTCOMES
from procurement.committee.rules import GROUNDS
from procurement.objections import conflicts
from procurement.objections.recusal_forms import AnswerForm, AskForm, ButtonForm, ConflictForm, decide_form, fill
from procurement.web import (
    actor,
    language,
    limiter,
    now,
    page,
    reading,
    redirect,
    refusals_into,
    render,
    transaction,
)

bp = Blueprint("recusals", __name__)

_WORDS: dict[str, Any] = {"origins": ORIGINS, "outcomes": OUTCOMES, "grounds": GROUNDS}


@page(bp, "/rounds/<ref>/recusals", permission=Permission.READ_PUBLIC)
def docket(ref: str) -> ResponseReturnValue:
    """Every request of the round with its clock and what became of it."""
    with reading() as session:
        found = request_queries.docket_of(session, ref, now=now())
    return render("recusals/docket.html", found=found, **_WORDS)


@page(bp, "/rounds/<ref>/recusals/ask", permission=Permission.ASK_RECUSAL, methods=["GET", "POST"])
@limiter.limit("20/hour", methods=["POST"])
def ask(ref: str) -> ResponseReturnValue:
    """Ask that a member be recused."""
    with reading() as session:
        found = request_queries.docket_of(session, ref, now=now())
    found.round.course.require(now(), *DECIDED_IN)
    form = AskForm()
    fill(form, found)
    if form.validate_on_submit():
        with refusals_into(form):
            token = secrets.token_urlsafe(24)
            with transaction() as session:
                requests.request_recusal(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    request=form.request(),
                    token=token,
                    language=language(),
                )
            return redirect("recusals.follow", token=token)
    return render("recusals/ask.html", status=form.status, form=form, found=found)


@page(bp, "/recusals/follow/<token>", permission=Permission.ASK_RECUSAL, methods=["GET", "POST"])
def follow(token: str) -> ResponseReturnValue:
    """Who asked follows the request, and may withdraw it."""
    form = ButtonForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                requests.withdraw_request(session, actor=actor(), now=now(), token=token)
            return redirect("recusals.follow", token=token)
    with reading() as session:
        view, round_ = request_queries.followed(session, token, now=now())
    return render("recusals/follow.html", status=form.status, form=form, one=view, round=round_, **_WORDS)


@page(bp, "/recusals/<ref>/answer", permission=Permission.DECLARE_INTERESTS, methods=["GET", "POST"])
def answer(ref: str) -> ResponseReturnValue:
    """The member concerned reads the request and answers."""
    with reading() as session:
        found = request_queries.request_file(session, ref, actor=actor(), now=now())
    form = AnswerForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                requests.answer_request(session, actor=actor(), now=now(), ref=ref, text=form.text.data or "")
            return redirect("recusals.answer", ref=ref)
    return render("recusals/answer.html", status=form.status, form=form, found=found, one=found.view, **_WORDS)


@page(bp, "/recusals/<ref>/decide", permission=Permission.DECIDE_RECUSAL, methods=["GET", "POST"])
def decide(ref: str) -> ResponseReturnValue:
    """The supervisor decides; what is granted is carried out at once."""
    with reading() as session:
        found = request_queries.request_file(session, ref, actor=actor(), now=now())
    form = decide_form(found)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                conflicts.decide_request(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    outcome=form.chosen,
                    text=form.text.data or "",
                    application=form.application.data or "",
                )
            return redirect("recusals.docket", ref=found.round.ref)
    return render("recusals/decide.html", status=form.status, form=form, found=found, one=found.view, **_WORDS)


@page(bp, "/rounds/<ref>/recusals/found", permission=Permission.DECIDE_RECUSAL, methods=["GET", "POST"])
def conflict(ref: str) -> ResponseReturnValue:
    """The supervisor has found a conflict that nobody declared."""
    with reading() as session:
        found = request_queries.docket_of(session, ref, now=now())
    found.round.course.require(now(), *DECIDED_IN)
    form = ConflictForm()
    fill(form, found)
    del form.name, form.contact
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                conflicts.find_conflict(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    request=form.request(),
                    text=form.text.data or "",
                    token=secrets.token_urlsafe(24),
                )
            return redirect("recusals.docket", ref=ref)
    return render("recusals/conflict.html", status=form.status, form=form, found=found)
