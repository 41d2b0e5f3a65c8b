"""Pages of those who watch: what everybody reads of them, how to ask for a seat, meetings and who was there."""

import secrets
from datetime import timedelta

from flask import Blueprint
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.committee import draws, observing, watch_queries
from procurement.committee.beacon import QUICKNET
from procurement.committee.draw_forms import SignatureForm
from procurement.committee.drawing import PASSED_OVER, Purpose
from procurement.committee.expertise import field_name
from procurement.committee.watch_forms import (
    AskForm,
    AttendForm,
    ButtonForm,
    CallForm,
    CancelForm,
    SettleForm,
    record_form,
)
from procurement.committee.watching import MEETING_IN, MEETING_KINDS, OBSERVER_KINDS
from procurement.errors import N_, NotFound, WrongPhase
from procurement.web import (
    actor,
    config,
    flash,
    language,
    limiter,
    now,
    page,
    reading,
    redirect,
    refusals_into,
    render,
    say,
    transaction,
)

bp = Blueprint("watching", __name__)


@page(bp, "/rounds/<ref>/observers", permission=Permission.READ_PUBLIC)
def public(ref: str) -> ResponseReturnValue:
    """Seats for observers, who holds them as far as they agreed to be named, and meetings."""
    with reading() as session:
        found = watch_queries.watching_of(session, ref, now=now())
    return render(
        "committee/observers.html",
        found=found,
        closed=say(found.closed) if found.closed else "",
        kinds=OBSERVER_KINDS,
        meetings=MEETING_KINDS,
    )


@page(bp, "/rounds/<ref>/observers/ask", permission=Permission.WATCH, methods=["GET", "POST"])
@limiter.limit("10/hour", methods=["POST"])
def ask(ref: str) -> ResponseReturnValue:
    """Ask for an observer's seat."""
    with reading() as session:
        found = watch_queries.watching_of(session, ref, now=now())
    if found.closed is not None:
        raise WrongPhase(found.closed)
    form = AskForm()
    if form.validate_on_submit():
        with refusals_into(form):
            token = secrets.token_urlsafe(24)
            with transaction() as session:
                observing.ask(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    asking=form.asking(),
                    token=token,
                    language=language(),
                )
            return redirect("watching.follow", token=token)
    return render("committee/observer_ask.html", status=form.status, form=form, found=found)


@page(bp, "/observers/follow/<token>", permission=Permission.WATCH, methods=["GET", "POST"])
def follow(token: str) -> ResponseReturnValue:
    """An observer's own page: whether they have a seat, meetings with their places, and how to withdraw."""
    form = ButtonForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                observing.withdraw(session, actor=actor(), now=now(), token=token)
            return redirect("watching.follow", token=token)
    with reading() as session:
        found = watch_queries.following(session, token, now=now())
    return render(
        "committee/observer_follow.html", status=form.status, form=form, found=found, meetings=MEETING_KINDS
    )


# --- the office ---------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/meetings", permission=Permission.READ_ROUND_FILES)
def meetings(ref: str) -> ResponseReturnValue:
    """Meetings and observers for the organiser and the supervisor."""
    with reading() as session:
        found = watch_queries.managing(session, ref, actor=actor(), now=now())
    return render(
        "committee/meetings.html",
        found=found,
        may_act=found.watching.round.phase in MEETING_IN,
        forming=found.watching.round.phase in draws.FORMING,
        kinds=OBSERVER_KINDS,
        meetings=MEETING_KINDS,
        field_name=field_name,
        passed_over=PASSED_OVER,
    )


@page(bp, "/rounds/<ref>/meetings/call", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def call(ref: str) -> ResponseReturnValue:
    """Call a meeting."""
    with reading() as session:
        found = watch_queries.managing(
            session, ref, actor=actor(), now=now(), permission=Permission.FORM_COMMITTEE, phases=MEETING_IN
        )
    form = CallForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                observing.call_meeting(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    kind=form.chosen,
                    starts_at=form.begins(config().zone),
                    place=form.place.data or "",
                )
            flash(N_("The meeting is called. Everybody who is invited has a letter."))
            return redirect("watching.meetings", ref=ref)
    return render("committee/meeting_call.html", status=form.status, form=form, found=found)


@page(bp, "/rounds/<ref>/meetings/<int:number>/record", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def record(ref: str, number: int) -> ResponseReturnValue:
    """Write down who was there."""
    with reading() as session:
        found = watch_queries.managing(
            session, ref, actor=actor(), now=now(), permission=Permission.FORM_COMMITTEE, phases=MEETING_IN
        )
    meeting, form = found.meeting(number), record_form(found)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                observing.record_meeting(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    number=number,
                    members=form.members.data or (),
                    observers=form.observers.data or (),
                )
            return redirect("watching.meetings", ref=ref)
    return render(
        "committee/meeting_record.html",
        status=form.status,
        form=form,
        found=found,
        meeting=meeting,
        meetings=MEETING_KINDS,
    )


@page(bp, "/rounds/<ref>/meetings/<int:number>/cancel", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def cancel(ref: str, number: int) -> ResponseReturnValue:
    """A meeting is not held."""
    with reading() as session:
        found = watch_queries.managing(
            session, ref, actor=actor(), now=now(), permission=Permission.FORM_COMMITTEE, phases=MEETING_IN
        )
    meeting, form = found.meeting(number), CancelForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                observing.cancel_meeting(
                    session, actor=actor(), now=now(), ref=ref, number=number, reason=form.reason.data or ""
                )
            return redirect("watching.meetings", ref=ref)
    return render(
        "committee/meeting_cancel.html",
        status=form.status,
        form=form,
        found=found,
        meeting=meeting,
        meetings=MEETING_KINDS,
    )


@page(bp, "/rounds/<ref>/meetings/<int:number>/attend", permission=Permission.HOLD_ROUND, methods=["GET", "POST"])
def attend(ref: str, number: int) -> ResponseReturnValue:
    """A supervisor says that they are there, without a vote."""
    with reading() as session:
        found = watch_queries.managing(
            session, ref, actor=actor(), now=now(), permission=Permission.HOLD_ROUND, phases=MEETING_IN
        )
    meeting, form = found.meeting(number), AttendForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                observing.attend(
                    session, actor=actor(), now=now(), ref=ref, number=number, remark=form.remark.data or ""
                )
            return redirect("watching.meetings", ref=ref)
    return render(
        "committee/meeting_attend.html",
        status=form.status,
        form=form,
        found=found,
        meeting=meeting,
        meetings=MEETING_KINDS,
    )


@page(bp, "/rounds/<ref>/observers/settle", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def settle(ref: str) -> ResponseReturnValue:
    """Close the asking where seats are drawn: seats for all, or a draw among those who asked."""
    with reading() as session:
        found = watch_queries.managing(
            session, ref, actor=actor(), now=now(), permission=Permission.FORM_COMMITTEE, phases=draws.FORMING
        )
    zone, drawn = config().zone, found.watching.waiting > found.watching.document.committee.observers
    soon = (now() + timedelta(hours=1)).astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
    form = SettleForm(exists_at=soon) if drawn else ButtonForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                observing.settle(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    source=form.source(zone) if isinstance(form, SettleForm) else None,
                    seed=secrets.token_bytes(32),
                )
            return redirect("watching.meetings", ref=ref)
    return render("committee/observers_settle.html", status=form.status, form=form, found=found, drawn=drawn)


@page(bp, "/rounds/<ref>/observers/carry-out", permission=Permission.CARRY_OUT_DRAW, methods=["GET", "POST"])
def carry_out(ref: str) -> ResponseReturnValue:
    """Bring what the beacon said about the observers' seats."""
    with reading() as session:
        found = watch_queries.managing(
            session, ref, actor=actor(), now=now(), permission=Permission.CARRY_OUT_DRAW, phases=draws.FORMING
        )
    if found.waiting is None:
        raise NotFound(N_("No draw is announced that has not been carried out."))
    form = SignatureForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                draws.draw_by_beacon(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    signature=form.signature.data,
                    purpose=Purpose.OBSERVERS,
                )
            return redirect("watching.meetings", ref=ref)
    return render(
        "committee/observers_carry_out.html",
        status=form.status,
        form=form,
        found=found,
        draw=found.waiting,
        exists=now() >= found.waiting.announced.exists_at,
        chain=QUICKNET,
    )
