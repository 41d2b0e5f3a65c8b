"""Pages of scoring: a member's sheets, the organiser's progress and opening, what everybody reads afterwards."""

import secrets

import flask
from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.applications import queries as applications
from procurement.applications.answers import answers
from procurement.applications.verifying import findings_of
from procurement.errors import N_, NotFound, RuleBroken
from procurement.rounds.phases import Phase
from procurement.rounds.scoring_rule import plain_decimal
from procurement.scoring import (
    actions,
    agreeing,
    cards,  # noqa: F401 (cards register themselves)
    differences,
    drawings,
    queries,
)
from procurement.scoring.forms import (
    ActForm,
    AnswerForm,
    ProposalForm,
    SealForm,
    TieDrawForm,
    anchor_hints,
    correction_form,
    ground_of,
    levels_of,
    sheet_form,
)
from procurement.scoring.rules import NONCE_LENGTH, check_sheet
from procurement.scoring.seals import SEAL_STATES
from procurement.web import (
    actor,
    flash,
    kept,
    not_kept,
    now,
    page,
    plain,
    quiet,
    reading,
    redirect,
    refusals_into,
    render,
    say,
    transaction,
)

bp = Blueprint("scoring", __name__)

DRAWN = 10
"""Totals that are drawn on the page of a round; every other on its own page."""


# --- a member's own sheets ----------------------------------------------------------------------------------------


@page(bp, "/my-sheets/", permission=Permission.SCORE, menu=N_("My score sheets"))
def my_sheets() -> ResponseReturnValue:
    with reading() as session:
        rounds = queries.tasks_of(session, actor=actor(), now=now())
        again = {
            one.round_ref: differences.look_again(session, actor=actor(), round_ref=one.round_ref, now=now())
            for one in rounds
            if one.phase == Phase.OPENED
        }
    return render("scoring/my_sheets.html", rounds=rounds, again=again)


@page(bp, "/my-sheets/<ref>", permission=Permission.SCORE, methods=["GET", "POST"])
def sheet(ref: str) -> ResponseReturnValue:
    with reading() as session:
        own = queries.own_sheet(session, actor=actor(), now=now(), ref=ref)
        applied = applications.application_detail(session, ref, actor=actor(), now=now())
        findings = tuple(findings_of(session, own.application_id).values())
    if own.sealed_at is not None and request.method == "GET":
        return redirect("scoring.receipt", ref=ref)
    form = sheet_form(own.rule, own.marks)
    if not form.is_submitted():
        form.seen.data = own.digest
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                digest = actions.save_sheet(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    entered=form.entered(own.rule),
                    seen=form.seen.data or "",
                )
            if quiet():
                return kept(digest)
            if "read" in request.form:
                return redirect("scoring.seal", ref=ref)
            flash(N_("Saved. Nobody but you can read it."))
            return redirect("scoring.sheet", ref=own.next) if own.next else redirect("scoring.my_sheets")
    if quiet():
        return not_kept(form)
    if form.seen.errors:
        form.seen.data = own.digest
    return render(
        "scoring/sheet.html",
        status=form.status,
        form=form,
        sheet=own,
        hints=anchor_hints,
        levels=levels_of,
        shown=[one for one in answers(applied.content) if one.answers or one.groups or one.files],
        findings=findings,
        file_url={
            file.digest: url_for("applications.file", ref=ref, digest=file.digest) for file in applied.content.files
        },
    )


@page(bp, "/my-sheets/<ref>/seal", permission=Permission.SCORE, methods=["GET", "POST"])
def seal(ref: str) -> ResponseReturnValue:
    with reading() as session:
        own = queries.own_sheet(session, actor=actor(), now=now(), ref=ref)
    if own.sealed_at is not None:
        return redirect("scoring.receipt", ref=ref)
    form = SealForm(seen=own.digest)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.seal_sheet(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    seen=form.seen.data or "",
                    nonce=secrets.token_bytes(NONCE_LENGTH),
                )
            return redirect("scoring.receipt", ref=ref)
    form.seen.data = own.digest
    lacking = check_sheet(own.rule, own.marks)
    return render("scoring/seal.html", status=form.status, form=form, sheet=own, lacking=lacking, say=say)


@page(bp, "/my-sheets/<ref>/receipt", permission=Permission.SCORE)
def receipt(ref: str) -> ResponseReturnValue:
    with reading() as session:
        own = queries.own_sheet(session, actor=actor(), now=now(), ref=ref)
    if own.sealed_at is None:
        return redirect("scoring.sheet", ref=ref)
    return render("scoring/receipt.html", sheet=own)


@page(bp, "/my-sheets/<ref>/correct", permission=Permission.SCORE, methods=["GET", "POST"])
def correct(ref: str) -> ResponseReturnValue:
    with reading() as session:
        own = queries.own_opened_sheet(session, actor=actor(), now=now(), ref=ref)
        outlying = differences.own_outliers(session, actor=actor(), application=ref)
    form = correction_form(own.rule, own.marks)
    if form.validate_on_submit():
        with refusals_into(form):
            value = plain_decimal((form.value.data or "").strip())
            if value is None:
                raise RuleBroken(N_("Write the mark in plain digits, for example 8 or 8.5."), field="value")
            with transaction() as session:
                actions.correct_mark(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=own.round_ref,
                    application_ref=ref,
                    member_code=own.member,
                    criterion=form.criterion.data or "",
                    value=value,
                    ground=ground_of(form),
                    reason=form.reason.data or "",
                    calculation=form.calculation.data or "",
                )
            flash(N_("Corrected. The result was computed anew."))
            return redirect("scoring.scores", ref=own.round_ref)
    return render("scoring/correct.html", status=form.status, form=form, sheet=own, outlying=outlying)


@page(bp, "/my-sheets/<ref>/agree/<criterion>", permission=Permission.SCORE, methods=["GET", "POST"])
def agree(ref: str, criterion: str) -> ResponseReturnValue:
    """On an objective criterion: propose one mark for all, or answer the one that is proposed."""
    with reading() as session:
        own = queries.own_opened_sheet(session, actor=actor(), now=now(), ref=ref)
        found = differences.difference_of(session, actor=actor(), application=ref, criterion=criterion)
    if found.proposal is None:
        return _propose(own, found)
    return _answer(own, found, found.proposal)


def _propose(own: queries.OwnSheet, found: differences.Difference) -> ResponseReturnValue:
    form = ProposalForm()
    if form.validate_on_submit():
        with refusals_into(form):
            value = plain_decimal((form.value.data or "").strip())
            if value is None:
                raise RuleBroken(N_("Write the mark in plain digits, for example 8 or 8.5."), field="value")
            with transaction() as session:
                agreeing.propose_agreement(
                    session,
                    actor=actor(),
                    now=now(),
                    application_ref=found.application,
                    criterion=found.criterion.code,
                    value=value,
                    reason=form.reason.data or "",
                )
            flash(N_("Proposed. The other members are asked to answer."))
            return redirect("scoring.my_sheets")
    return render("scoring/agree.html", status=form.status, form=form, sheet=own, found=found)


def _answer(
    own: queries.OwnSheet, found: differences.Difference, proposal: differences.AgreementView
) -> ResponseReturnValue:
    form = AnswerForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                settled = agreeing.answer_agreement(
                    session,
                    actor=actor(),
                    now=now(),
                    application_ref=found.application,
                    number=proposal.number,
                    agrees=form.agrees.data == "yes",
                    reason=form.reason.data or "",
                ).agreed
            flash(
                N_("All agree. The marks are corrected in public and the result was computed anew.")
                if settled
                else N_("Your answer is published.")
            )
            return redirect("scoring.my_sheets")
    return render("scoring/agree.html", status=form.status, form=form, sheet=own, found=found)


# --- the organiser ------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/scoring", permission=Permission.READ_ROUND_FILES)
def progress(ref: str) -> ResponseReturnValue:
    with reading() as session:
        found = queries.progress_of(session, actor=actor(), now=now(), ref=ref)
    return render("scoring/progress.html", progress=found)


@page(bp, "/rounds/<ref>/open-scores", permission=Permission.OPEN_SCORES, methods=["GET", "POST"])
def open_scores(ref: str) -> ResponseReturnValue:
    form = ActForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.open_scores(session, actor=actor(), now=now(), ref=ref)
            flash(N_("All sheets are open and the result is computed."))
            return redirect("scoring.scores", ref=ref)
    with reading() as session:
        found = queries.progress_of(session, actor=actor(), now=now(), ref=ref)
    return render("scoring/open_scores.html", status=form.status, form=form, progress=found)


@page(bp, "/rounds/<ref>/tie-draw", permission=Permission.OPEN_SCORES, methods=["GET", "POST"])
def tie_draw(ref: str) -> ResponseReturnValue:
    form = TieDrawForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                if form.signature.data:
                    actions.draw_tie(session, actor=actor(), now=now(), ref=ref, signature=form.signature.data)
                else:
                    actions.announce_tie_draw(session, actor=actor(), now=now(), ref=ref)
            if form.signature.data:
                flash(N_("The tie is drawn and the result computed anew."))
                return redirect("scoring.scores", ref=ref)
            flash(N_("Announced. The draw can be made once the beacon's round exists."))
            return redirect("scoring.tie_draw", ref=ref)
    with reading() as session:
        ties = queries.ties_of(session, actor=actor(), ref=ref)
    return render("scoring/tie_draw.html", status=form.status, form=form, ties=ties)


# --- everybody ----------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/scores", permission=Permission.READ_PUBLIC)
def scores(ref: str) -> ResponseReturnValue:
    with reading() as session:
        sealed = queries.sealed_round(session, ref=ref, now=now())
        view = None if sealed else queries.public_result(session, ref=ref)
    if view is None:
        return render("scoring/not_open.html", round=sealed)
    first = [line.application for line in view.tally.ranking if line.total is not None][:DRAWN]
    totals = {ref: drawings.total(view.tally.rule, view.tally.steps(ref), ref) for ref in first}
    return render("scoring/scores.html", view=view, totals=totals, states=SEAL_STATES)


@page(bp, "/rounds/<ref>/scores/<application>", permission=Permission.READ_PUBLIC)
def scores_of(ref: str, application: str) -> ResponseReturnValue:
    with reading() as session:
        view = queries.public_result(session, ref=ref, application=application)
        if not view.matrices:
            raise NotFound(N_("There is no such application among those scored."))
        apart = differences.public_differences(session, view, application=application)
    matrix, rule = view.matrices[0], view.tally.rule
    return render(
        "scoring/scores_of.html",
        view=view,
        matrix=matrix,
        states=SEAL_STATES,
        apart=apart,
        strips=drawings.strips(rule, matrix.spreads),
        strip_head=drawings.strip_head(),
        total=drawings.total(rule, matrix.steps, application),
    )


@page(bp, "/rounds/<ref>/agreement", permission=Permission.READ_PUBLIC)
def agreement(ref: str) -> ResponseReturnValue:
    """How far members agree: spread, abnormal marks, and a coefficient."""
    with reading() as session:
        sealed = queries.sealed_round(session, ref=ref, now=now())
        view = None if sealed else queries.public_result(session, ref=ref)
    if view is None:
        return render("scoring/not_open.html", round=sealed)
    apart = differences.round_apart(view)
    return render(
        "scoring/agreement.html",
        view=view,
        apart=apart,
        pictures=[drawings.counts(one.criterion, one.counts, one.agreement) for one in apart.criteria],
        totals=drawings.agreement_words(apart.totals),
    )


@plain(bp, "/rounds/<ref>/scores.csv", permission=Permission.READ_PUBLIC)
def scores_csv(ref: str) -> ResponseReturnValue:
    with reading() as session:
        content = queries.public_scores(session, ref)
    return _download(content, "text/csv; charset=utf-8", f"{ref}-scores.csv")


@plain(bp, "/rounds/<ref>/rules.json", permission=Permission.READ_PUBLIC)
def rule_json(ref: str) -> ResponseReturnValue:
    with reading() as session:
        rule = queries.public_rule(session, ref)
    content = flask.json.dumps(rule.to_json(), ensure_ascii=False, indent=1) + "\n"
    return _download(content, "application/json", f"{ref}-rules.json")


@plain(bp, "/rounds/<ref>/facts.json", permission=Permission.READ_PUBLIC)
def facts_json(ref: str) -> ResponseReturnValue:
    with reading() as session:
        facts = queries.public_facts(session, ref)
    content = flask.json.dumps(facts.to_json(), ensure_ascii=False, indent=1) + "\n"
    return _download(content, "application/json", f"{ref}-facts.json")


@plain(bp, "/rounds/<ref>/tally.json", permission=Permission.READ_PUBLIC)
def tally_json(ref: str) -> ResponseReturnValue:
    with reading() as session:
        text = queries.public_tally_text(session, ref)
    return _download(text, "application/json", f"{ref}-tally.json")


def _download(content: str, media_type: str, name: str) -> ResponseReturnValue:
    response = flask.make_response(content)
    response.headers["Content-Type"] = media_type
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
