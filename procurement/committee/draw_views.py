"""Pages of the draw: the organiser announces, organiser and supervisor carry out, everybody checks."""

import secrets
from datetime import timedelta

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.committee import draw_queries, draws, register
from procurement.committee.beacon import QUICKNET
from procurement.committee.draw_forms import (
    LOTTERIES,
    SetAsideForm,
    SignatureForm,
    announce_form,
    numbers_form,
)
from procurement.committee.drawing import PASSED_OVER, PURPOSES, SourceKind
from procurement.committee.expertise import EXPERTISE, LEFT_OUT, field_name
from procurement.errors import N_, NotFound
from procurement.rounds.clocks import zone_of
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

bp = Blueprint("draws", __name__)


@page(bp, "/rounds/<ref>/draw", permission=Permission.CARRY_OUT_DRAW)
def overview(ref: str) -> ResponseReturnValue:
    """Who is in the pool and who is not, what was drawn, and what is to be done."""
    with reading() as session:
        drawing = draw_queries.drawing_for(session, ref, actor=actor(), now=now())
    may_act = drawing.round.phase in draws.FORMING
    return render(
        "committee/draw.html",
        drawing=drawing,
        may_act=may_act,
        expertise=EXPERTISE,
        left_out=LEFT_OUT,
        passed_over=PASSED_OVER,
        purposes=PURPOSES,
        field_name=field_name,
    )


@page(bp, "/rounds/<ref>/draw/announce", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def announce(ref: str) -> ResponseReturnValue:
    """How many are drawn from which field, and from what the randomness will come."""
    with reading() as session:
        drawing = draw_queries.drawing_for(session, ref, actor=actor(), now=now(), phases=draws.FORMING)
    zone = config().zone
    soon = (now() + timedelta(hours=1)).astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
    form = announce_form(drawing, soon)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                draws.announce_draw(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    wanted=form.wanted(),
                    source=form.chosen_source(zone),
                    seed=secrets.token_bytes(32),
                )
            flash(N_("The draw is announced. Nothing of it can be changed any more."))
            return redirect("draws.overview", ref=ref)
    return render(
        "committee/draw_announce.html",
        status=form.status,
        form=form,
        drawing=drawing,
        lotteries=LOTTERIES,
        expertise=EXPERTISE,
        zone=zone_of(drawing.document).key,
    )


@page(bp, "/rounds/<ref>/draw/carry-out", permission=Permission.CARRY_OUT_DRAW, methods=["GET", "POST"])
def carry_out(ref: str) -> ResponseReturnValue:
    """Bring what the source said: the beacon's signature, or the lotteries' numbers."""
    with reading() as session:
        drawing = draw_queries.drawing_for(session, ref, actor=actor(), now=now(), phases=draws.FORMING)
    waiting = drawing.waiting
    if waiting is None:
        raise NotFound(N_("No draw is announced that has not been carried out."))
    beacon = waiting.announced.source == SourceKind.BEACON
    form = SignatureForm() if beacon else numbers_form(waiting.lotteries)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                if beacon:
                    draws.draw_by_beacon(session, actor=actor(), now=now(), ref=ref, signature=form.signature.data)
                    done = True
                else:
                    drawn = draws.read_lotteries(session, actor=actor(), now=now(), ref=ref, numbers=form.numbers())
                    done = drawn.drawn_at is not None
            if done:
                flash(N_("The draw is carried out. Everybody who was drawn has a letter."))
            else:
                flash(N_("Written down. Once the other side has read the same numbers, the draw is carried out."))
            return redirect("draws.overview", ref=ref)
    return render(
        "committee/draw_carry_out.html",
        status=form.status,
        form=form,
        drawing=drawing,
        draw=waiting,
        exists=now() >= waiting.announced.exists_at,
        chain=QUICKNET,
    )


@page(bp, "/rounds/<ref>/draw/leave-out/<expert>", permission=Permission.FORM_COMMITTEE, methods=["GET", "POST"])
def leave_out(ref: str, expert: str) -> ResponseReturnValue:
    """Leave an expert out of this round's pool, with what is known."""
    with reading() as session:
        found = draw_queries.expert_in_round(session, ref, expert, actor=actor(), now=now())
    form = SetAsideForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                register.set_aside(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    expert_ref=expert,
                    reason=form.chosen,
                    detail=form.detail.data or "",
                )
            return redirect("draws.overview", ref=ref)
    return render("committee/leave_out.html", status=form.status, form=form, found=found)


@plain(bp, "/rounds/<ref>/draws.json", permission=Permission.READ_PUBLIC)
def draws_json(ref: str) -> ResponseReturnValue:
    """What the log says about the round's draws, for `sunlit draw`."""
    with reading() as session:
        content = draw_queries.draw_file(session, ref)
    return Response(
        content,
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{ref}-draws.json"'},
    )
