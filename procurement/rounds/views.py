"""Pages of rounds for those who draft, run and supervise them. What the public sees is in the portal."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

import flask
from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from procurement.access import ROLE_NAMES, Permission, Role, may
from procurement.errors import N_, NotFound
from procurement.rounds import actions, board, cards, queries  # noqa: F401 (cards register themselves)
from procurement.rounds.criteria import CriteriaForm, CriterionForm, rearranged
from procurement.rounds.defaults import default_document
from procurement.rounds.fields import in_fields
from procurement.rounds.forms import (
    ORDER_OF_PAGES,
    SEAT_ROLES,
    SECTIONS,
    AbortForm,
    AmendForm,
    BeginForm,
    EndSeatForm,
    HoldForm,
    PublishForm,
    SeatForm,
    role_of,
    section_of,
)
from procurement.rounds.lint import Finding
from procurement.rounds.packs import packs
from procurement.rounds.phases import PHASE_NAMES, Kind, Phase
from procurement.rounds.rules import ABORT_REASONS, HOLD_LABELS, Office, RoundDocument
from procurement.rounds.scoring_rule import Text
from procurement.rounds.wording import words_of
from procurement.web import (
    Form,
    actor,
    config,
    flash,
    localised,
    now,
    page,
    reading,
    redirect,
    refusals_into,
    render,
    say,
    transaction,
)

bp = Blueprint("rounds", __name__)


# --- one's own rounds ----------------------------------------------------------------------------------------------


@page(bp, "/my-rounds", permission=Permission.READ_ROUND_FILES, menu=N_("My rounds"))
def mine() -> ResponseReturnValue:
    """Rounds that one runs or supervises, drafts first."""
    with reading() as session:
        found = queries.rounds_of(session, actor=actor(), now=now())
    drafts = [view for view in found if view.phase is Phase.DRAFT]
    running = [view for view in found if view.phase is not Phase.DRAFT]
    return render(
        "rounds/mine.html",
        drafts=drafts,
        running=running,
        phase_names=PHASE_NAMES,
        may_begin=may(actor(), Permission.CREATE_ROUND),
        role_names=ROLE_NAMES,
    )


@page(bp, "/my-rounds/new", permission=Permission.CREATE_ROUND, methods=["GET", "POST"])
def begin() -> ResponseReturnValue:
    """Begin a round from a rule pack and the usual criteria."""
    form = BeginForm.offered()
    if form.validate_on_submit():
        settings = config()
        office = Office(name=Text(settings.office_name_en, settings.office_name_zh))
        document = default_document(title=form.title, office=office, zone=settings.time_zone, pack=form.chosen)
        with refusals_into(form), in_fields():
            with transaction() as session:
                ref = actions.create_round(session, actor=actor(), now=now(), document=document).ref
            return redirect("rounds.draft", ref=ref)
    return render("rounds/begin.html", status=form.status, form=form, hints=pack_hints())


def pack_hints() -> dict[str, str]:
    """Code of each rule pack → what it is for."""
    return {name: str(localised(pack.rules.about)) for name, pack in packs().items()}


# --- drafting ------------------------------------------------------------------------------------------------------


def _by_section(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {name: [] for name in (*ORDER_OF_PAGES, "people")}
    for finding in findings:
        found[section_of(finding.field)].append(finding)
    return found


def _section_url(ref: str, section: str) -> str:
    if section in ("people", "criteria"):
        return flask.url_for(f"rounds.{section}", ref=ref)
    return flask.url_for("rounds.section", ref=ref, section=section)


@page(bp, "/rounds/<ref>/draft", permission=Permission.EDIT_ROUND)
def draft(ref: str) -> ResponseReturnValue:
    """The pages of the draft with what is still missing on each."""
    with reading() as session:
        editing = queries.draft_for(session, ref, actor=actor(), now=now())
    titles = {name: title for name, (title, _form) in SECTIONS.items()} | {"people": N_("People")}
    tasks = [
        {
            "title": titles[name],
            "url": _section_url(ref, name),
            "errors": sum(finding in editing.errors for finding in findings),
            "warnings": sum(finding not in editing.errors for finding in findings),
        }
        for name, findings in _by_section(editing.findings).items()
    ]
    return render("rounds/draft.html", editing=editing, tasks=tasks)


@page(bp, "/rounds/<ref>/draft/check", permission=Permission.EDIT_ROUND)
def check(ref: str) -> ResponseReturnValue:
    """Everything that the linter finds, each with the page on which it is mended."""
    with reading() as session:
        editing = queries.draft_for(session, ref, actor=actor(), now=now())
    rows = [
        {
            "error": finding in editing.errors,
            "text": say(finding.problem),
            "title": SECTIONS[name][0] if name in SECTIONS else N_("People"),
            "url": _url_of(ref, name, finding, editing.document),
        }
        for name, findings in _by_section(editing.findings).items()
        for finding in findings
    ]
    return render("rounds/check.html", editing=editing, rows=rows)


def _url_of(ref: str, section: str, finding: Finding, document: RoundDocument) -> str:
    """The page on which `finding` is mended: for a criterion its own."""
    place = finding.field or ""
    if place.startswith("scoring.criteria["):
        index = int(place.removeprefix("scoring.criteria[").partition("]")[0])
        code = document.scoring.criteria[index].code
        return flask.url_for("rounds.criterion", ref=ref, code=code)
    return _section_url(ref, section)


Change = Callable[[RoundDocument], RoundDocument]


def _looking() -> bool:
    """Whether the page is only asked what it finds in what is typed, and nothing is saved."""
    return request.form.get("do") == "look"


def _looked(form: Form, editing: queries.Editing, change: Change) -> queries.Editing:
    """The draft as it would be with what stands in the form; as it is saved while that cannot be read."""
    if form.is_submitted() and not form.errors:
        with refusals_into(form), in_fields():
            document = RoundDocument.from_json(change(editing.document).to_json())
            return queries.looked_at(editing, document, now=now())
    return editing


def _shown(
    form: Form, ref: str, editing: queries.Editing, wanted: Callable[[Finding], bool]
) -> list[dict[str, object]]:
    """The findings of one page as rows: sentence, whether it is an error, and where on the page it is mended."""
    found = []
    for finding in editing.findings:
        if wanted(finding):
            at = _field_at(form, finding.field or "")
            section = section_of(finding.field)
            elsewhere = _url_of(ref, section, finding, editing.document) if section == "criteria" else ""
            found.append(
                {
                    "error": finding in editing.errors,
                    "text": say(finding.problem),
                    "url": f"#{at}" if at else elsewhere,
                }
            )
    return found


def _field_at(form: Form, place: str) -> str:
    """The id of the field that stands for `place` in `form`; "" when none does."""
    ids = set()
    for field in form:
        ids.add(field.id)
        for entry in getattr(field, "entries", ()):
            ids.update(part.id for part in getattr(entry, "form", ()))
    name = re.sub(r"\[(\d+)\]\.?", r"-\1-", place).rstrip("-").replace(".", "_")
    names = (name, f"{name}_en", name.partition("_")[2], f"{name.partition('_')[2]}_en")
    return next((one for one in names if one and one in ids), "")


@page(bp, "/rounds/<ref>/draft/<section>", permission=Permission.EDIT_ROUND, methods=["GET", "POST"])
def section(ref: str, section: str) -> ResponseReturnValue:
    """One page of the draft. It is saved even while something is missing."""
    if section not in SECTIONS or section == "criteria":  # which has a page of its own
        raise NotFound(N_("A draft has no such page."))
    with reading() as session:
        editing = queries.draft_for(session, ref, actor=actor(), now=now())
    title, form_class = SECTIONS[section]
    form = form_class.of(editing.document)
    if form.validate_on_submit() and not _looking():
        with refusals_into(form), in_fields():
            with transaction() as session:
                actions.edit_draft(session, actor=actor(), now=now(), ref=ref, change=form.changed)
            return _after_saving(ref, section)
    looked = _looked(form, editing, form.changed)
    return render(
        "rounds/section.html",
        status=form.status,
        form=form,
        title=title,
        editing=looked,
        section=section,
        place=ORDER_OF_PAGES.index(section) + 1,
        count=len(ORDER_OF_PAGES),
        findings=_shown(form, ref, looked, lambda finding: section_of(finding.field) == section),
        hints=pack_hints(),
        names=words_of(looked.document),
        packs=[pack.rules for pack in packs().values()],
    )


def _after_saving(ref: str, section: str) -> ResponseReturnValue:
    """Where a button of the page leads: asking for more rows stays, saving goes on."""
    wanted = request.form.get("do", "")
    if wanted == "more":
        return redirect("rounds.section", ref=ref, section=section)
    following = ORDER_OF_PAGES.index(section) + 1
    if wanted == "overview":
        return redirect("rounds.draft", ref=ref)
    return flask.redirect(_section_url(ref, [*ORDER_OF_PAGES, "people"][following]), 303)


@page(bp, "/rounds/<ref>/draft/criteria", permission=Permission.EDIT_ROUND, methods=["GET", "POST"])
def criteria(ref: str) -> ResponseReturnValue:
    """The list of criteria: one form whose buttons save the weights, move, remove and add."""
    with reading() as session:
        editing = queries.draft_for(session, ref, actor=actor(), now=now())
    form = CriteriaForm.of(editing.document)
    if form.validate_on_submit() and not _looking():
        act, _colon, code = request.form.get("do", "").partition(":")

        def change(draft: RoundDocument) -> RoundDocument:
            return rearranged(form.changed(draft), act, code)

        with refusals_into(form), in_fields():
            with transaction() as session:
                document = actions.edit_draft(session, actor=actor(), now=now(), ref=ref, change=change)
            if act == "add":
                return redirect("rounds.criterion", ref=ref, code=document.scoring.criteria[-1].code)
            if act in ("up", "down", "remove"):
                return redirect("rounds.criteria", ref=ref)
            return _after_saving(ref, "criteria")
    looked = _looked(form, editing, form.changed)
    return render(
        "rounds/criteria.html",
        status=form.status,
        form=form,
        title=SECTIONS["criteria"][0],
        editing=looked,
        place=ORDER_OF_PAGES.index("criteria") + 1,
        count=len(ORDER_OF_PAGES),
        weights=sum((one.weight for one in looked.document.scoring.criteria), Decimal(0)),
        findings=_shown(form, ref, looked, lambda finding: section_of(finding.field) == "criteria"),
    )


@page(bp, "/rounds/<ref>/draft/criteria/<code>", permission=Permission.EDIT_ROUND, methods=["GET", "POST"])
def criterion(ref: str, code: str) -> ResponseReturnValue:
    """One criterion with a sentence for each of its levels."""
    with reading() as session:
        editing = queries.draft_for(session, ref, actor=actor(), now=now())
    criteria = editing.document.scoring.criteria
    index = next((i for i, one in enumerate(criteria) if one.code == code), None)
    if index is None:
        raise NotFound(N_("There is no such criterion in this draft."))
    form = CriterionForm.of(criteria[index])

    def change(draft: RoundDocument) -> RoundDocument:
        return draft.with_criteria(
            tuple(form.changed(one) if one.code == code else one for one in draft.scoring.criteria)
        )

    if form.validate_on_submit() and not _looking():
        with refusals_into(form), in_fields():
            with transaction() as session:
                actions.edit_draft(session, actor=actor(), now=now(), ref=ref, change=change)
            if request.form.get("do") == "more":
                return redirect("rounds.criterion", ref=ref, code=code)
            return redirect("rounds.criteria", ref=ref)
    here = f"scoring.criteria[{index}]"
    looked = _looked(form, editing, change)
    return render(
        "rounds/criterion.html",
        status=form.status,
        form=form,
        editing=looked,
        criterion=criteria[index],
        findings=[
            row | {"url": ""} for row in _shown(form, ref, looked, lambda one: (one.field or "").startswith(here))
        ],
    )


@page(bp, "/rounds/<ref>/draft/preview", permission=Permission.READ_ROUND_FILES)
def preview(ref: str) -> ResponseReturnValue:
    """The rules as the public will read them."""
    with reading() as session:
        editing = queries.draft_for(session, ref, actor=actor(), now=now(), permission=Permission.READ_ROUND_FILES)
    return render(
        "rounds/preview.html",
        editing=editing,
        document=editing.document,
        names=words_of(editing.document),
        may_edit=may(actor(), Permission.EDIT_ROUND, round_id=editing.round.id),
    )


@page(bp, "/rounds/<ref>/publish", permission=Permission.EDIT_ROUND, methods=["GET", "POST"])
def publish(ref: str) -> ResponseReturnValue:
    """Read back what will be frozen, with its digest; then publish."""
    form = PublishForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.publish(session, actor=actor(), now=now(), ref=ref, sha256=form.sha256.data or "")
            flash(N_("The round is published and open for applications."))
            return redirect("rounds.board_of", ref=ref)
    with reading() as session:
        editing = queries.draft_for(session, ref, actor=actor(), now=now())
    form.sha256.data = editing.document.sha256
    return render(
        "rounds/publish.html",
        status=form.status,
        form=form,
        editing=editing,
        document=editing.document,
        names=words_of(editing.document),
        warnings=[say(finding.problem) for finding in editing.findings if finding not in editing.errors],
        seats=[(ROLE_NAMES[seat.role], seat) for seat in editing.seats],
    )


# --- people --------------------------------------------------------------------------------------------------------


def _seat_form(role: Role, candidates: Sequence[queries.Person]) -> SeatForm:
    form = SeatForm(prefix=role.value)
    form.user_id.choices = [("", "")] + [
        (str(person.user_id), f"{person.name} ({person.employer})" if person.employer else person.name)
        for person in candidates
    ]
    return form


@page(bp, "/rounds/<ref>/people", permission=Permission.READ_ROUND_FILES, methods=["GET", "POST"])
def people(ref: str) -> ResponseReturnValue:
    """Who runs, supervises and promotes; the organiser gives seats here, with one form for each role."""
    with reading() as session:
        seating = queries.seating_for(session, ref, actor=actor(), now=now(), roles=SEAT_ROLES)
    forms = {role: _seat_form(role, seating.candidates[role]) for role in SEAT_ROLES}
    sent = next((role for role in SEAT_ROLES if request.form.get("do") == role.value), SEAT_ROLES[0])
    form = forms[sent]
    if request.method == "POST" and form.validate():
        with refusals_into(form):
            with transaction() as session:
                actions.give_seat(
                    session, actor=actor(), now=now(), ref=ref, user_id=int(form.user_id.data), role=sent
                )
            return redirect("rounds.people", ref=ref)
    return render(
        "rounds/people.html",
        status=form.status,
        form=form,
        forms=[(role, forms[role]) for role in SEAT_ROLES],
        seating=seating,
        role_names=ROLE_NAMES,
        may_edit=may(actor(), Permission.EDIT_ROUND, round_id=seating.round.id)
        and seating.round.phase in (Phase.DRAFT, *actions.RUNNING),
        organisers=sum(seat.role is Role.ORGANISER for seat in seating.seats),
    )


@page(bp, "/rounds/<ref>/people/end", permission=Permission.READ_ROUND_FILES, methods=["POST"])
def end_seat(ref: str) -> ResponseReturnValue:
    """End a seat: one's own, or as organiser another's."""
    form = EndSeatForm()
    role, user_id = role_of(form.role.data), form.user_id.data or ""
    own = actor().user_id is not None and user_id == str(actor().user_id)
    with transaction() as session:
        actions.end_seat(
            session,
            actor=actor(),
            now=now(),
            ref=ref,
            user_id=int(user_id) if user_id.isascii() and user_id.isdigit() else 0,
            role=role,
        )
    return redirect("rounds.mine") if own else redirect("rounds.people", ref=ref)


# --- the board -----------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/board", permission=Permission.READ_ROUND_FILES)
def board_of(ref: str) -> ResponseReturnValue:
    """What is due, who is late, what blocks the next step and why."""
    with reading() as session:
        running = queries.running_for(session, ref, actor=actor(), now=now())
        scene = board.Scene(
            session=session,
            round_id=running.round.id,
            ref=ref,
            document=running.document,
            course=running.round.course,
            phase=running.round.phase,
            now=now(),
            actor=actor(),
        )
        found = board.cards_of(scene)
    shown = [(card, [link for link in card.links if _served(link, running.round.id)]) for card in found]
    main = next(
        (
            links[0]
            for card, links in shown
            if links and (card.state == "todo" or (card.state == "blocked" and not card.blocks))
        ),
        None,
    )
    aborted = running.last(Kind.ABORTED)
    return render(
        "rounds/board.html",
        running=running,
        shown=shown,
        main=main,
        say=say,
        phase_names=PHASE_NAMES,
        ended=aborted.detail if aborted else None,
        abort_reasons=ABORT_REASONS,
        may_run=may(actor(), Permission.EDIT_ROUND, round_id=running.round.id)
        and running.round.phase in actions.RUNNING,
        may_hold=may(actor(), Permission.HOLD_ROUND, round_id=running.round.id)
        and running.round.phase in (Phase.HELD, *actions.RUNNING),
    )


def _served(link: board.Link, round_id: int) -> bool:
    """Whether the page is served and this person may open it in this round."""
    permission = getattr(current_app.view_functions.get(link.endpoint), "permission", None)
    return permission is not None and may(actor(), permission, round_id=round_id)


# --- amending and side exits ----------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/amend", permission=Permission.EDIT_ROUND, methods=["GET", "POST"])
def amend(ref: str) -> ResponseReturnValue:
    """Amend the call, with a reason; a late amendment extends the deadline."""
    with reading() as session:
        running = queries.running_for(
            session, ref, actor=actor(), now=now(), permission=Permission.EDIT_ROUND, phases=[Phase.OPEN]
        )
    form = AmendForm.of(running.document)
    if form.validate_on_submit():
        with refusals_into(form), in_fields():
            with transaction() as session:
                actions.amend(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    document=form.changed(running.document),
                    reason=form.reason,
                )
            flash(N_("The amendment is published."))
            return redirect("rounds.board_of", ref=ref)
    return render("rounds/amend.html", status=form.status, form=form, running=running)


@page(bp, "/rounds/<ref>/hold", permission=Permission.HOLD_ROUND, methods=["GET", "POST"])
def hold(ref: str) -> ResponseReturnValue:
    """The supervisor stops everything in the round."""
    with reading() as session:
        running = queries.running_for(
            session,
            ref,
            actor=actor(),
            now=now(),
            permission=Permission.HOLD_ROUND,
            phases=(Phase.HELD, *actions.RUNNING),
        )
    form = HoldForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.hold(session, actor=actor(), now=now(), ref=ref, label=form.chosen)
            flash(N_("The round is on hold. Every running deadline stands still."))
            return redirect("rounds.board_of", ref=ref)
    held = running.last(Kind.HELD) if running.round.phase is Phase.HELD else None
    return render(
        "rounds/hold.html", status=form.status, form=form, running=running, held=held, hold_labels=HOLD_LABELS
    )


@page(bp, "/rounds/<ref>/resume", permission=Permission.HOLD_ROUND, methods=["POST"])
def resume(ref: str) -> ResponseReturnValue:
    """The supervisor lets the round go on."""
    with transaction() as session:
        actions.resume(session, actor=actor(), now=now(), ref=ref)
    flash(N_("The round goes on. Deadlines that were running are extended by the time of the hold."))
    return redirect("rounds.board_of", ref=ref)


@page(bp, "/rounds/<ref>/abort", permission=Permission.EDIT_ROUND, methods=["GET", "POST"])
def abort(ref: str) -> ResponseReturnValue:
    """End the round without a selection, for a coded reason that is published to all."""
    with reading() as session:
        running = queries.running_for(
            session, ref, actor=actor(), now=now(), permission=Permission.EDIT_ROUND, phases=actions.RUNNING
        )
    form = AbortForm()
    if form.validate_on_submit():
        with refusals_into(form), in_fields():
            with transaction() as session:
                actions.abort(
                    session, actor=actor(), now=now(), ref=ref, reason=form.chosen, explanation=form.explanation
                )
            flash(N_("The round has ended without a selection."))
            return redirect("rounds.board_of", ref=ref)
    return render("rounds/abort.html", status=form.status, form=form, running=running)
