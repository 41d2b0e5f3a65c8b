"""Public pages: what anybody may read, without an account."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from procurement.access import ROLE_NAMES, Permission
from procurement.applications.answers import answers
from procurement.applications.checklist import ITEMS
from procurement.applications.wording import PURPOSES
from procurement.committee.drawing import PASSED_OVER
from procurement.committee.drawing import PURPOSES as DRAW_PURPOSES
from procurement.committee.expertise import LEFT_OUT, field_name
from procurement.committee.rules import MEMBER_KINDS
from procurement.errors import N_, NotFound
from procurement.portal import pictures, queries
from procurement.portal.places import acts_at, round_places
from procurement.portal.queries import PublicRound
from procurement.portal.search import KIND_NAMES, SearchKind
from procurement.portal.search import search as find
from procurement.portal.style import EveryField, invented_round
from procurement.publiclog import keys
from procurement.rounds.overdue import register_of
from procurement.rounds.phases import Kind, Phase
from procurement.rounds.rules import ABORT_REASONS, HOLD_LABELS, AbortReason, HoldLabel
from procurement.rounds.scoring_rule import Text
from procurement.rounds.wording import words_of
from procurement.scoring import drawings
from procurement.web import config, now, page, plain, reading, redirect, render, say

bp = Blueprint("portal", __name__)

ACCESSIBILITY_CHECKED = date(2026, 11, 27)
"""When the browser's tests last visited every page with axe; whoever changes a page and runs them sets it."""


LATE_ONES = 50
"""Acts that were done late, on one page of the register of what is overdue."""


@bp.app_context_processor
def _for_templates() -> dict[str, Any]:
    return {"round_places": round_places}


@plain(bp, "/", permission=Permission.READ_PUBLIC)
def front_door() -> ResponseReturnValue:
    """To the home page, in the language that the browser asks for first."""
    return redirect("portal.home")


@page(bp, "/", permission=Permission.READ_PUBLIC)
def home() -> ResponseReturnValue:
    """What one can do now, then what is under way, then what was decided."""
    with reading() as session:
        found = queries.rounds_page(session, now=now(), size=5)
    acting = [view for view in found.running if view.phase in (Phase.OPEN, Phase.NOTICE)]
    waiting = [view for view in found.running if view not in acting]
    return render("portal/home.html", acting=acting, waiting=waiting, over=found.over)


@page(bp, "/rounds/", permission=Permission.READ_PUBLIC)
def rounds_list() -> ResponseReturnValue:
    """Every published round."""
    after = request.args.get("after")
    with reading() as session:
        found = queries.rounds_page(session, now=now(), after=after)
    return render("portal/rounds.html", page=found, earlier=after is not None)


@page(bp, "/rounds/<ref>", permission=Permission.READ_PUBLIC)
def round_page(ref: str) -> ResponseReturnValue:
    """Where a round stands, what happens next, and the way to everything about it."""
    with reading() as session:
        found = queries.public_round(session, ref, now=now())
        result = queries.result_of(session, found)
        decisions = queries.decisions_of(session, found.id) if found.course.decided else []
        amended = queries.amendments_of(session, found) if found.phase is Phase.OPEN else []
    acts = acts_at(found.phase, ref)
    return _render_round(
        "round.html",
        "overview",
        found,
        acts=acts,
        amendment=amended[-1] if amended else None,
        held_label=_held(found),
        ended=_ended(found),
        result=result,
        decisions=decisions,
        drawing=pictures.course(found.steps, now()),
        length_of=pictures.length_of,
        money=pictures.money(found.rules.money),
    )


def _held(found: PublicRound) -> str:
    """What the public is told about the last hold; a source text."""
    held = found.last(Kind.HELD)
    return HOLD_LABELS[HoldLabel((held.detail or {})["code"])] if held is not None else ""


def _ended(found: PublicRound) -> tuple[str, Text] | None:
    """Why the round ended without a selection: the coded reason (a source text) and the explanation."""
    ended = found.last(Kind.ABORTED)
    if ended is None or ended.detail is None:
        return None
    return ABORT_REASONS[AbortReason(ended.detail["code"])], Text(ended.detail["en"], ended.detail["zh"])


@page(bp, "/rounds/<ref>/rules", permission=Permission.READ_PUBLIC)
def rules_page(ref: str) -> ResponseReturnValue:
    """The frozen rules, in words, with the formula and the file that was hashed."""
    with reading() as session:
        found = queries.public_round(session, ref, now=now())
        versions = queries.rules_versions(session, found.id)
        amendments = queries.amendments_of(session, found)
    files = [
        {
            "name": f"{ref}.json",
            "url": url_for("portal.round_file", ref=ref),
            "kind": _("The frozen rules"),
            "sha256": found.sha256,
        },
        {"name": f"{ref}-rules.json", "url": url_for("scoring.rule_json", ref=ref), "kind": _("the scoring rule")},
    ]
    return _render_round(
        "rules.html",
        "rules",
        found,
        files=files,
        versions=versions,
        amendments=amendments[::-1],
        names=words_of(found.rules),
        counted=found.counted(Kind.AMENDED) or found.counted(Kind.PUBLISHED),
    )


@page(bp, "/rounds/<ref>/applications", permission=Permission.READ_PUBLIC)
def applications_page(ref: str) -> ResponseReturnValue:
    """Who applied with what, and each verdict with its reason; from the deadline on."""
    after = request.args.get("after", type=int)
    with reading() as session:
        found = queries.public_round(session, ref, now=now())
        rows, more = queries.applications_page(session, found, now=now(), after=after)
        lapsed = queries.lapsed_of(session, found, now=now())
    return _render_round(
        "applications.html",
        "applications",
        found,
        rows=rows,
        more=more,
        earlier=after is not None,
        lapsed=[] if more else lapsed,
    )


@page(bp, "/rounds/<ref>/committee", permission=Permission.READ_PUBLIC)
def committee_page(ref: str) -> ResponseReturnValue:
    """Who scores, who was recused from what on which ground, and whether enough remain."""
    with reading() as session:
        found = queries.public_round(session, ref, now=now())
        committee = queries.committee_of(session, found)
    return _render_round(
        "committee.html",
        "committee",
        found,
        committee=committee,
        kinds=MEMBER_KINDS,
        field_name=field_name,
        kind_order=pictures.KINDS,
        drawing=pictures.composition(found.rules.committee, committee.members),
    )


@page(bp, "/rounds/<ref>/draws", permission=Permission.READ_PUBLIC)
def draws_page(ref: str) -> ResponseReturnValue:
    """What was announced before each draw, what came of it, and how anybody gets the same."""
    with reading() as session:
        found = queries.public_round(session, ref, now=now())
        committee = queries.committee_of(session, found)
    return _render_round(
        "draws.html",
        "committee",
        found,
        draws=committee.draws,
        purposes=DRAW_PURPOSES,
        left_out=LEFT_OUT,
        passed_over=PASSED_OVER,
        field_name=field_name,
        problems=[[say(problem) for problem in draw.problems] for draw in committee.draws],
    )


@plain(bp, "/rounds/<ref>/round.json", permission=Permission.READ_PUBLIC)
def round_file(ref: str) -> ResponseReturnValue:
    """The rules as they were frozen: to the byte the text whose SHA-256 stands in the log."""
    with reading() as session:
        text = queries.frozen_text(session, ref)
    return Response(
        text, mimetype="application/json", headers={"Content-Disposition": f'attachment; filename="{ref}.json"'}
    )


def _render_round(template: str, place: str, found: PublicRound, **context: Any) -> ResponseReturnValue:
    """A page of a round, with the way to the others."""
    return render(f"portal/{template}", round=found, place=place, **context)


@page(bp, "/decisions/", permission=Permission.READ_PUBLIC)
def decisions_register() -> ResponseReturnValue:
    """The register of published decisions."""
    after = request.args.get("after")
    with reading() as session:
        rows, more = queries.decisions_page(session, after=after)
    return render("portal/decisions.html", rows=rows, more=more, earlier=after is not None)


@page(bp, "/products/", permission=Permission.READ_PUBLIC)
def products() -> ResponseReturnValue:
    """Every eligible product of every round."""
    after = request.args.get("after")
    with reading() as session:
        rows, more = queries.products_page(session, after=after)
    return render("portal/products.html", rows=rows, more=more, earlier=after is not None)


@page(bp, "/applications/<ref>", permission=Permission.READ_PUBLIC)
def product(ref: str) -> ResponseReturnValue:
    """One application, after the deadline: what it says, its verdict, its marks and the arithmetic."""
    with reading() as session:
        found = queries.product_page(session, ref, now=now())
    urls = {
        one.digest: url_for("applications.file", ref=ref, digest=one.digest) for one in found.detail.content.files
    }
    return render(
        "portal/product.html",
        detail=found.detail,
        sections=[replace(one, files=()) for one in answers(found.detail.content)],
        photos=found.photos,
        files=found.files,
        urls=urls,
        matrix=found.matrix,
        strips=drawings.strips(found.matrix.rule, found.matrix.spreads) if found.matrix else [],
        strip_head=drawings.strip_head(),
        total=drawings.total(found.matrix.rule, found.matrix.steps, ref) if found.matrix else None,
        given_up=found.given_up,
        findings=found.findings,
        supplements=found.supplements,
        items=ITEMS,
        purposes=PURPOSES,
    )


@page(bp, "/merchants/", permission=Permission.READ_PUBLIC)
def businesses() -> ResponseReturnValue:
    """Every business with an eligible product in a checked round."""
    after = request.args.get("after")
    with reading() as session:
        rows, more = queries.businesses_page(session, after=after)
    return render("portal/businesses.html", rows=rows, more=more, earlier=after is not None)


@page(bp, "/merchants/<ref>", permission=Permission.READ_PUBLIC)
def business(ref: str) -> ResponseReturnValue:
    """One business: who it is, its products, whether it is debarred."""
    with reading() as session:
        found = queries.business_page(session, ref, today=now().astimezone(config().zone).date())
    return render("portal/business.html", found=found)


@page(bp, "/overdue", permission=Permission.READ_PUBLIC)
def overdue() -> ResponseReturnValue:
    """What the office has not done in its time, and what it did late; of every round or of one."""
    with reading() as session:
        found = register_of(session, now=now())
    ref, number = request.args.get("round", ""), max(1, request.args.get("page", 1, type=int))
    waiting = [one for one in found.waiting if ref in ("", one.round_ref)]
    past = [one for one in found.past if ref in ("", one.round_ref)]
    return render(
        "portal/overdue.html",
        waiting=waiting,
        past=past[(number - 1) * LATE_ONES : number * LATE_ONES],
        total=len(past),
        more=len(past) > number * LATE_ONES,
        number=number,
        round_ref=ref,
        roles=ROLE_NAMES,
    )


@page(bp, "/rotation", permission=Permission.READ_PUBLIC)
def rotation() -> ResponseReturnValue:
    """Who was selected in the latest rounds: whether it is always the same ones."""
    with reading() as session:
        refs, rows = queries.rotation(session)
    return render("portal/rotation.html", refs=refs, rows=rows, drawing=pictures.rotation(rows, refs))


@page(bp, "/search", permission=Permission.READ_PUBLIC)
def search() -> ResponseReturnValue:
    """Pages in which every word stands, best first; `kind` keeps to one kind of page."""
    query = request.args.get("q", "").strip()[:200]
    kinds = {kind.value: kind for kind in SearchKind}
    kind = kinds.get(request.args.get("kind", ""))
    number = max(1, min(50, request.args.get("page", 1, type=int)))
    with reading() as session:
        answers_, more = find(session, query, kind=kind, page=number)
    return render(
        "portal/search.html", query=query, kind=kind, kinds=KIND_NAMES, answers=answers_, more=more, number=number
    )


@page(bp, "/how-to-check", permission=Permission.READ_PUBLIC)
def how_to_check() -> ResponseReturnValue:
    """What anybody can check, and with which command."""
    return render("portal/how_to_check.html", key=str(keys.verifier_of(config())))


@page(bp, "/accessibility", permission=Permission.READ_PUBLIC)
def accessibility() -> ResponseReturnValue:
    """The accessibility statement."""
    return render("portal/accessibility.html", last_checked=ACCESSIBILITY_CHECKED)


@page(bp, "/style", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
def style() -> ResponseReturnValue:
    """Every part that pages are made of, to look at while developing. Sending the form shows every error."""
    if config().production:
        raise NotFound(N_("There is no such page."))
    form = EveryField()
    if form.is_submitted():
        form.validate()
        form.problems.append(str(N_("The weights add up to 95, not to 100.")))
    return render("style.html", status=form.status, form=form, **invented_round(now()))
