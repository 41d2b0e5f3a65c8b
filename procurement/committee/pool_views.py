"""Pages of the register of experts: for the organisers and administrators who keep it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.committee import candidates, register
from procurement.committee.draw_forms import ReasonForm, enter_form, expert_form
from procurement.committee.expertise import EXPERTISE
from procurement.errors import N_, NotFound
from procurement.web import Form, actor, flash, now, page, reading, redirect, refusals_into, render, transaction

bp = Blueprint("experts", __name__)


@page(bp, "/experts", permission=Permission.KEEP_EXPERTS, menu=N_("Register of experts"))
def listed() -> ResponseReturnValue:
    """Everybody in the register, and those who left."""
    with reading() as session:
        found = candidates.register_for(session, actor=actor())
    return render("committee/experts.html", register=found, expertise=EXPERTISE)


@page(bp, "/experts/new", permission=Permission.KEEP_EXPERTS, methods=["GET", "POST"])
def enter() -> ResponseReturnValue:
    """Enter a person."""
    with reading() as session:
        found = candidates.register_for(session, actor=actor())
    form = enter_form(found.people)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                register.enter_expert(
                    session,
                    actor=actor(),
                    now=now(),
                    user_id=int(form.user_id.data),
                    employer=form.employer.data or "",
                    fields=form.chosen,
                )
            return redirect("experts.listed")
    return render("committee/expert_new.html", status=form.status, form=form, people=found.people)


@page(bp, "/experts/<ref>", permission=Permission.KEEP_EXPERTS, methods=["GET", "POST"])
def expert(ref: str) -> ResponseReturnValue:
    """One entry: employer and fields, and the ways out of the register."""
    with reading() as session:
        found = candidates.expert_for(session, ref, actor=actor())
    form = expert_form(found)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                register.change_expert(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    employer=form.employer.data or "",
                    fields=form.chosen,
                )
            flash(N_("Saved. Draws that are announced stay as they are."))
            return redirect("experts.listed")
    return render("committee/expert.html", status=form.status, form=form, expert=found)


@page(bp, "/experts/<ref>/<act>", permission=Permission.KEEP_EXPERTS, methods=["GET", "POST"])
def act_on(ref: str, act: str) -> ResponseReturnValue:
    """Suspend, reinstate or end an entry."""
    if act not in ("suspend", "reinstate", "end"):
        raise NotFound(N_("There is no such page."))
    with reading() as session:
        found = candidates.expert_for(session, ref, actor=actor())
    form: Form = Form() if act == "reinstate" else ReasonForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                if act == "reinstate":
                    register.reinstate_expert(session, actor=actor(), now=now(), ref=ref)
                else:
                    do = register.suspend_expert if act == "suspend" else register.end_expert
                    do(session, actor=actor(), now=now(), ref=ref, reason=form["reason"].data or "")
            return redirect("experts.listed")
    return render("committee/expert_act.html", status=form.status, form=form, expert=found, act=act)
