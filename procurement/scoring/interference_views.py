"""Pages of messages on interference: the member's own, and the supervisor's."""

import secrets

from flask import Blueprint
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.errors import N_
from procurement.scoring import interference
from procurement.scoring.forms import MessageAnswerForm, MessageForm
from procurement.scoring.rules import NONCE_LENGTH
from procurement.web import actor, flash, now, page, reading, redirect, refusals_into, render, transaction

bp = Blueprint("interference", __name__)


@page(bp, "/rounds/<ref>/interference", permission=Permission.REPORT_INTERFERENCE, methods=["GET", "POST"])
def report(ref: str) -> ResponseReturnValue:
    form = MessageForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                interference.report_interference(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    text=form.message.data or "",
                    nonce=secrets.token_bytes(NONCE_LENGTH),
                )
            flash(N_("Sent to the supervisor alone."))
            return redirect("interference.report", ref=ref)
    with reading() as session:
        own = interference.own_messages(session, actor=actor(), ref=ref)
    return render("scoring/interference.html", status=form.status, form=form, own=own)


@page(bp, "/from-members", permission=Permission.READ_INTERFERENCE, menu=N_("Messages from members"))
def inbox() -> ResponseReturnValue:
    with reading() as session:
        messages = interference.messages_to(session, actor=actor())
    return render("scoring/from_members.html", messages=messages)


@page(bp, "/rounds/<ref>/from-members/<int:number>", permission=Permission.READ_INTERFERENCE, methods=["GET", "POST"])
def message(ref: str, number: int) -> ResponseReturnValue:
    with reading() as session:
        found = interference.message_to(session, actor=actor(), ref=ref, number=number)
    form = MessageAnswerForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                interference.answer_interference(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    number=number,
                    text=form.answer.data or "",
                    nonce=secrets.token_bytes(NONCE_LENGTH),
                )
            flash(N_("Answered. Only the member who wrote to you reads it."))
            return redirect("interference.inbox")
    return render("scoring/from_member.html", status=form.status, form=form, message=found)
