"""Pages of notices and objections: giving notice, objecting, the public docket, dealing with objections."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, url_for
from flask import redirect as flask_redirect
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import FileStorage

from procurement.access import ROLE_NAMES, Permission, may
from procurement.applications.wording import REASONS
from procurement.committee.recusing import ASKED_IN, Origin
from procurement.committee.rules import GROUNDS as RECUSAL_GROUNDS
from procurement.committee.rules import Ground as RecusalGround
from procurement.errors import N_, NotFound, Problem, RuleBroken, refuse_if
from procurement.objections import (
    actions,
    cards,  # noqa: F401 (cards register themselves)
    desk,
    escalating,
    hearing,
    late,  # noqa: F401 (what is late registers itself)
    pausing,
    pictures,
    queries,
    story,
    substitutes,
)
from procurement.objections.forms import (
    AdmitForm,
    AnswerForm,
    AskSupplementForm,
    EffectForm,
    EndPauseForm,
    EscalateForm,
    FilingForm,
    NoticeForm,
    OutcomeForm,
    PauseForm,
    RefusalForm,
    RulingForm,
    StatementForm,
    SubstituteForm,
    SupplementForm,
    SuspensionForm,
    WithdrawForm,
)
from procurement.objections.outside import OUTCOMES, Outcome, Way, remedies_outside
from procurement.objections.papers import PAPER_OF, PAPERS, PaperKind
from procurement.objections.pauses import REASONS as PAUSES
from procurement.objections.pauses import check_supplement
from procurement.objections.queries import Choices, Handling, ObjectionView, RoundForObjections
from procurement.objections.rules import (
    AWAITED,
    FILERS,
    GROUNDS,
    INADMISSIBLE,
    MOST_FILES,
    NEEDS,
    REMEDIES,
    REMEDIES_FOR,
    STEPS,
    TARGETS,
    Attached,
    Detail,
    Effect,
    Filer,
    Filing,
    Ground,
    Inadmissible,
    Remedy,
    Step,
    Target,
    check_filing,
    check_possible,
    public_name,
    read_value,
)
from procurement.rounds.clocks import STOPS, Stopped
from procurement.storage import store
from procurement.uploads import accept, headers
from procurement.web import (
    Form,
    actor,
    config,
    flash,
    language,
    limiter,
    now,
    page,
    plain,
    reading,
    redirect,
    refusals_into,
    render,
    say,
    transaction,
)

bp = Blueprint("objections", __name__)

WORDS = {
    "targets": TARGETS,
    "grounds": GROUNDS,
    "remedies": REMEDIES,
    "steps": STEPS,
    "awaited": AWAITED,
    "filers": FILERS,
    "inadmissible": INADMISSIBLE,
    "recusal_grounds": RECUSAL_GROUNDS,
    "reasons": REASONS,
    "outcomes": OUTCOMES,
    "papers": PAPERS,
    "paper_of": PAPER_OF,
    "pauses": PAUSES,
    "stops": STOPS,
}
"""The words of the codes, for the templates."""

_TARGETS = ", ".join(Target)
_NEEDED = {
    target: {need for remedy in remedies for need in NEEDS[remedy]} for target, remedies in REMEDIES_FOR.items()
}
"""Target → the particulars that some remedy for it is about."""


# --- notice -------------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/notice", permission=Permission.GIVE_NOTICE, methods=["GET", "POST"])
def give_notice(ref: str) -> ResponseReturnValue:
    """The organiser reads the ranked proposal once more and puts it on public notice."""
    form = NoticeForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.give_notice(session, actor=actor(), now=now(), ref=ref, tally_sha256=form.tally.data or "")
            flash(N_("The proposed result is on public notice."))
            return redirect("objections.docket", ref=ref)
    with reading() as session:
        preview = queries.notice_preview(session, ref, actor=actor(), now=now())
    form.tally.data = "" if preview.tally is None else preview.tally.sha256
    return render("objections/notice.html", status=form.status, form=form, preview=preview)


# --- the public docket --------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/objections/", permission=Permission.READ_PUBLIC)
def docket(ref: str) -> ResponseReturnValue:
    """Every objection in a round with its clock, and what can be objected to now."""
    with reading() as session:
        found = queries.round_for(session, ref, actor=actor(), now=now())
        objections = queries.objections_of(session, found.id, now=now())
        notices = queries.notices_of(session, found.id)
        windows = queries.windows_of(session, found, now=now())
    return render(
        "objections/docket.html",
        round=found,
        objections=objections,
        notices=notices,
        notice_clock=next(
            (queries.notice_clock(one, found.course, now()) for one in notices if one.superseded_at is None), None
        ),
        windows={target: window for target, window in windows.items() if window.open},
        deals=may(actor(), Permission.READ_ROUND_FILES, round_id=found.id),
        words=WORDS,
    )


@page(bp, "/docket", permission=Permission.RULE_OBJECTION, menu=N_("Docket"))
def over_all_rounds() -> ResponseReturnValue:
    """The docket over all rounds: what is open, by its deadline; of one round, or what waits for one thing."""
    with reading() as session:
        lines = desk.docket_of(session, actor=actor(), now=now())
    round_ref, state = request.args.get("round", ""), request.args.get("state", "")
    return render(
        "objections/desk.html",
        lines=[one for one in lines if round_ref in ("", one.round_ref) and state in ("", one.state)],
        rounds=sorted({(one.round_ref, one.title) for one in lines}, key=lambda pair: pair[0]),
        round_ref=round_ref,
        state=state,
        states=desk.STATES,
        roles=ROLE_NAMES,
    )


@page(bp, "/objections/<ref>", permission=Permission.READ_PUBLIC)
def objection(ref: str) -> ResponseReturnValue:
    """One objection with every step and how each period was counted."""
    with reading() as session:
        view = queries.objection_of(session, ref, now=now())
        found = queries.round_for(session, queries.round_ref_of(session, view.round_id), actor=actor(), now=now())
    return render(
        "objections/objection.html",
        objection=view,
        round=found,
        way=queries.way_of(view, found.document, now=now()),
        **_story(view),
        deals=may(actor(), Permission.READ_ROUND_FILES, round_id=found.id),
        words=WORDS,
    )


def _story(view: ObjectionView) -> dict[str, Any]:
    """What a page tells of the course of an objection: in order, and as clocks."""
    periods = story.periods_of(view, now())
    return {
        "happenings": story.story_of(view, now()),
        "periods": periods,
        "drawing": pictures.clocks(periods, now()),
    }


# --- objecting ----------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/objections/new", permission=Permission.OBJECT)
def choose_target(ref: str) -> ResponseReturnValue:
    """What do you object to? Only what can be objected to now is offered, with its deadline."""
    with reading() as session:
        found = queries.round_for(session, ref, actor=actor(), now=now())
        windows = queries.windows_of(session, found, now=now())
        choices = queries.choices_of(session, found, now=now())
    offered = {target: window for target, window in windows.items() if window.open and _nameable(target, choices)}
    recusals = bool(choices.members) and found.phase in ASKED_IN[Origin.CITIZEN]
    chosen = request.args.get("target", "")
    if chosen in offered:
        return redirect("objections.file", ref=ref, target=chosen)
    problems = [] if "target" not in request.args else [N_("Choose what you object to.")]
    return render(
        "objections/choose.html",
        status=422 if problems else 200,
        round=found,
        offered=offered,
        recusals=recusals,
        problems=problems,
        words=WORDS,
    )


def _nameable(target: Target, choices: Choices) -> bool:
    """Whether there is anything of that kind to object to."""
    return target is not Target.VERDICT or any(view.verdict is not None for view in choices.applications)


@page(
    bp,
    f"/rounds/<ref>/objections/new/<any({_TARGETS}):target>",
    permission=Permission.OBJECT,
    methods=["GET", "POST"],
)
@limiter.limit("20/hour;60/day", methods=["POST"])
def file(ref: str, target: str) -> ResponseReturnValue:
    """Write an objection, read what will be public, and file it. Nothing is kept before it is filed."""
    form, aim = FilingForm(), Target(target)
    with reading() as session:
        found = queries.round_for(session, ref, actor=actor(), now=now())
        choices = queries.choices_of(session, found, now=now())
        facts = queries.facts_of(session, found.id, now=now())
        window = queries.window_of(session, found, aim, ref=form.target_ref.data or "", now=now())
    form.suit(aim, choices)
    files = _kept_files(form.kept.data)
    act = request.form.get("act", "")
    if form.is_submitted() and act != "edit" and form.validate():
        with refusals_into(form):
            refuse_if([window.why] if window.why is not None else [])
            files = _with_new_files(files, form.files.data or [], leave_out=bool(form.leave_out.data))
            filing = _filing(form, aim, files)
            refuse_if(check_filing(filing, facts))
            if act == "file":
                return _filed(ref, filing)
            form.kept.data = _sign_files(files)
            return render(
                "objections/preview.html",
                form=form,
                filing=filing,
                shown_name=public_name(filing.filer, filing.name, withhold=filing.withhold_name),
                round=found,
                words=WORDS,
            )
    form.kept.data = _sign_files(files)
    return render(
        "objections/file.html",
        status=form.status,
        form=form,
        files=files,
        most_files=MOST_FILES,
        target=aim,
        window=window,
        round=found,
        needs=_NEEDED[aim],
        words=WORDS,
    )


def _filed(ref: str, filing: Filing) -> ResponseReturnValue:
    token = secrets.token_urlsafe(24)
    with transaction() as session:
        actions.file_objection(
            session, actor=actor(), now=now(), ref=ref, filing=filing, token=token, language=language()
        )
    return redirect("objections.follow", token=token)


def _filing(form: FilingForm, target: Target, files: tuple[Attached, ...]) -> Filing:
    """What was typed, as the rules take it. Raises RuleBroken for choices that were not made."""
    value, problems = read_value(form.value.data or "")
    ground, remedy, filer = form.ground.data or "", form.remedy.data or "", form.filer.data or ""
    if ground not in set(Ground):
        problems.append(Problem(N_("Choose the ground of the objection."), {}, "ground"))
    if remedy not in set(Remedy):
        problems.append(Problem(N_("Choose what you ask for."), {}, "remedy"))
    if filer not in set(Filer):
        problems.append(Problem(N_("Say whether you object as a person or for an organisation."), {}, "filer"))
    refuse_if(problems)
    return Filing(
        target=target,
        target_ref=(form.target_ref.data or "") if target is Target.VERDICT else "",
        ground=Ground(ground),
        argument=form.argument.data or "",
        remedy=Remedy(remedy),
        detail=Detail(form.application.data or "", form.member.data or "", form.criterion.data or "", value),
        filer=Filer(filer),
        name=form.name.data or "",
        contact=form.contact.data or "",
        withhold_name=bool(form.withhold_name.data),
        files=files,
    ).plain()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(config().secret_key, salt="objection-files")


def _sign_files(files: Iterable[Attached]) -> str:
    """Files that were checked and stored, to come back with the form: only what we stored can be attached."""
    return str(_signer().dumps([[file.name, file.digest, file.media_type, file.size] for file in files]))


def _kept_files(signed: str | None) -> tuple[Attached, ...]:
    try:
        return tuple(Attached(*file) for file in _signer().loads(signed or ""))
    except BadSignature:
        return ()


def _with_new_files(
    kept: tuple[Attached, ...], sent: Iterable[FileStorage | str], *, leave_out: bool
) -> tuple[Attached, ...]:
    """`kept` and what was sent now, checked and stored. Raises RuleBroken for a file that is refused."""
    files = [] if leave_out else list(kept)
    new = [one for one in sent if isinstance(one, FileStorage) and one.filename]
    if len(files) + len(new) > MOST_FILES:
        raise RuleBroken(N_("At most %(limit)s files can be sent."), field="files", limit=MOST_FILES)
    for one in new:
        upload = accept(store(config()), one.read(), one.filename or "", field="files")
        if upload.digest not in {file.digest for file in files}:
            files.append(Attached(upload.name, upload.digest, upload.media_type, upload.size))
    return tuple(files)


# --- what the filer keeps ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Following:
    """An objection for whoever filed it: found by the secret of its link, or by their account (`token` None)."""

    view: ObjectionView
    round: RoundForObjections
    token: str | None
    way: Way

    def place(self, endpoint: str) -> str:
        """The address of a page about it for its filer: "" for the overview."""
        if self.token is None:
            return url_for(f"objections.mine{endpoint}", ref=self.view.ref)
        return url_for(f"objections.follow{endpoint}", token=self.token)


def _following(token: str | None, ref: str = "") -> Following:
    with reading() as session:
        if token is not None:
            view = queries.objection_by_token(session, actions.token_digest(token), now=now())
        else:
            view = queries.own_objection(session, ref, actor=actor(), now=now())
        found = queries.round_for(session, queries.round_ref_of(session, view.round_id), actor=actor(), now=now())
        return Following(view, found, token, queries.way_of(view, found.document, now=now()))


@page(bp, "/objections/follow/<token>", permission=Permission.OBJECT, methods=["GET", "POST"])
def follow(token: str) -> ResponseReturnValue:
    """What the filer keeps: the receipt, where the objection stands, and the way to withdraw it."""
    return _follow(_following(token))


@page(bp, "/my-objections/<ref>", permission=Permission.HAVE_ACCOUNT, methods=["GET", "POST"])
def mine(ref: str) -> ResponseReturnValue:
    """The same for somebody who was signed in when they filed it."""
    return _follow(_following(None, ref))


def _follow(found: Following) -> ResponseReturnValue:
    form = WithdrawForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.withdraw(session, actor=actor(), now=now(), ref=found.view.ref, token=found.token)
            flash(N_("The objection is withdrawn."))
            return flask_redirect(found.place(""), 303)
    return render(
        "objections/follow.html",
        status=form.status,
        form=form,
        found=found,
        objection=found.view,
        round=found.round,
        happenings=story.story_of(found.view, now()),
        address=config().base_url + found.place(""),
        words=WORDS,
    )


@page(bp, "/objections/follow/<token>/supplement", permission=Permission.OBJECT, methods=["GET", "POST"])
@limiter.limit("20/hour", methods=["POST"])
def follow_supplement(token: str) -> ResponseReturnValue:
    """The filer sends what the supervisor asked for."""
    return _supplement(_following(token))


@page(bp, "/my-objections/<ref>/supplement", permission=Permission.HAVE_ACCOUNT, methods=["GET", "POST"])
def mine_supplement(ref: str) -> ResponseReturnValue:
    """The same by account."""
    return _supplement(_following(None, ref))


def _supplement(found: Following) -> ResponseReturnValue:
    form = SupplementForm()
    asked = next((one for one in found.view.pauses if one.why is Stopped.SUPPLEMENT), None)
    if asked is None:
        raise NotFound(N_("Nothing was asked for."))
    if form.validate_on_submit():
        with refusals_into(form):
            refuse_if(check_supplement(found.view.state, found.view.pauses, now=now()))
            files = _with_new_files((), form.files.data or [], leave_out=False)
            with transaction() as session:
                pausing.supplement(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=found.view.ref,
                    text=form.text.data or "",
                    files=files,
                    token=found.token,
                )
            flash(N_("Your supplement is published with the objection."))
            return flask_redirect(found.place(""), 303)
    return render(
        "objections/supplement.html",
        status=form.status,
        form=form,
        found=found,
        asked=asked,
        most_files=MOST_FILES,
        words=WORDS,
    )


@page(bp, "/objections/follow/<token>/complaint", permission=Permission.OBJECT, methods=["GET", "POST"])
def follow_complaint(token: str) -> ResponseReturnValue:
    """The filer says that they turned to the outside authority."""
    return _complaint(_following(token))


@page(bp, "/my-objections/<ref>/complaint", permission=Permission.HAVE_ACCOUNT, methods=["GET", "POST"])
def mine_complaint(ref: str) -> ResponseReturnValue:
    """The same by account."""
    return _complaint(_following(None, ref))


def _complaint(found: Following) -> ResponseReturnValue:
    form = EscalateForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                escalating.escalate(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=found.view.ref,
                    complained_on=form.complained_on.data,
                    reference=form.reference.data or "",
                    token=found.token,
                )
            flash(N_("It is noted that you turned to the outside authority."))
            return flask_redirect(found.place(""), 303)
    return render(
        "objections/complaint.html",
        status=form.status,
        form=form,
        objection=found.view,
        round=found.round,
        way=found.way,
        back=found.place(""),
    )


@page(bp, "/my-objections", permission=Permission.HAVE_ACCOUNT, menu=N_("My objections"))
def all_mine() -> ResponseReturnValue:
    """Objections that one filed while signed in, and those that one may answer for one's business."""
    with reading() as session:
        filed = queries.filed_by(session, actor().user_id or 0, now=now())
        answerable = hearing.statements_wanted(session, actor().user_id or 0, now=now())
    return render("objections/mine.html", filed=filed, answerable=answerable, words=WORDS)


# --- those whose result is attacked --------------------------------------------------------------------------------


@page(bp, "/objections/<ref>/statement", permission=Permission.OWN_BUSINESS, methods=["GET", "POST"])
def statement(ref: str) -> ResponseReturnValue:
    """A merchant whose application an objection attacks answers it in public."""
    form = StatementForm()
    with reading() as session:
        view, party = hearing.party_for(session, ref, actor=actor(), now=now())
        found = queries.round_for(session, queries.round_ref_of(session, view.round_id), actor=actor(), now=now())
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                hearing.state(session, actor=actor(), now=now(), ref=ref, text=form.text.data or "")
            flash(N_("Your statement is published with the objection."))
            return redirect("objections.objection", ref=ref)
    return render(
        "objections/statement.html",
        status=form.status,
        form=form,
        objection=view,
        party=party,
        round=found,
        words=WORDS,
    )


# --- dealing with objections --------------------------------------------------------------------------------------


def _handling(ref: str) -> tuple[Handling, Choices]:
    with reading() as session:
        handling = queries.handling_of(session, ref, actor=actor(), now=now())
        return handling, queries.choices_of(session, handling.round, now=now())


def _desk(
    handling: Handling,
    choices: Choices,
    *,
    admit: AdmitForm | None = None,
    refusal: RefusalForm | None = None,
    answering: AnswerForm | None = None,
    ruling: RulingForm | None = None,
) -> ResponseReturnValue:
    """The page for who deals with an objection, with the form that was refused, if one was."""
    ruling = ruling or RulingForm(formdata=None)
    ruling.suit(_possible(handling, REMEDIES_FOR[handling.view.target]), choices)
    _asked_for(ruling, handling.view)
    forms = [one for one in (admit, refusal, answering, ruling) if one is not None]
    return render(
        "objections/handle.html",
        status=max(one.status for one in forms),
        handling=handling,
        objection=handling.view,
        round=handling.round,
        say=say,
        **_story(handling.view),
        admit=admit or AdmitForm(formdata=None),
        refusal=refusal or RefusalForm(formdata=None),
        answering=answering or AnswerForm(formdata=None),
        ending=EndPauseForm(formdata=None),
        ruling=ruling,
        refused=next((one for one in forms if one.status != 200), None),
        needs=_needed(ruling),
        words=WORDS,
    )


def _possible(handling: Handling, remedies: Iterable[Remedy]) -> list[Remedy]:
    """Those that can still be brought about in the round's phase."""
    phase = handling.round.course.under_hold(now())
    return [remedy for remedy in remedies if not check_possible(remedy, phase)]


def _needed(form: EffectForm) -> set[str]:
    """The particulars that some remedy on offer is about."""
    offered = [Remedy(choice.value) for choice in form.remedy.choices if choice.value]
    return {need for remedy in offered for need in NEEDS[remedy]} | {remedy.value for remedy in offered}


def _asked_for(form: EffectForm, view: ObjectionView) -> None:
    """Begin with what was asked for."""
    if not form.is_submitted():
        form.application.data = view.detail.application or view.target_ref
        form.member.data = view.detail.member
        form.criterion.data = view.detail.criterion
        form.value.data = view.detail.to_json().get("value", "")


@page(bp, "/objections/<ref>/handle", permission=Permission.READ_ROUND_FILES)
def handle(ref: str) -> ResponseReturnValue:
    """An objection with everything that was sent, and what is to be done about it now."""
    handling, choices = _handling(ref)
    return _desk(handling, choices)


@page(bp, "/objections/<ref>/admit", permission=Permission.RULE_OBJECTION, methods=["POST"])
def admit(ref: str) -> ResponseReturnValue:
    form = AdmitForm()
    handling, choices = _handling(ref)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.admit(session, actor=actor(), now=now(), ref=ref)
            flash(N_("The objection is admitted. The organiser has been asked to answer."))
            return redirect("objections.handle", ref=ref)
    return _desk(handling, choices, admit=form)


@page(bp, "/objections/<ref>/refuse", permission=Permission.RULE_OBJECTION, methods=["POST"])
def refuse(ref: str) -> ResponseReturnValue:
    form = RefusalForm()
    handling, choices = _handling(ref)
    if form.validate_on_submit():
        with refusals_into(form):
            code = form.reason.data or ""
            if code not in set(Inadmissible):
                raise RuleBroken(N_("Choose the reason."), field="reason")
            with transaction() as session:
                actions.refuse_admission(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    reason=Inadmissible(code),
                    text=form.text.data or "",
                )
            flash(N_("The objection is inadmissible. Whoever filed it has been told why."))
            return redirect("objections.handle", ref=ref)
    return _desk(handling, choices, refusal=form)


@page(bp, "/objections/<ref>/answer", permission=Permission.ANSWER_OBJECTION, methods=["POST"])
def answer(ref: str) -> ResponseReturnValue:
    form = AnswerForm()
    handling, choices = _handling(ref)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.answer(session, actor=actor(), now=now(), ref=ref, text=form.text.data or "")
            flash(N_("The answer is published."))
            return redirect("objections.handle", ref=ref)
    return _desk(handling, choices, answering=form)


@page(bp, "/objections/<ref>/rule", permission=Permission.RULE_OBJECTION, methods=["POST"])
def rule(ref: str) -> ResponseReturnValue:
    form = RulingForm()
    handling, choices = _handling(ref)
    form.suit(REMEDIES_FOR[handling.view.target], choices)
    if form.validate_on_submit():
        with refusals_into(form):
            outcome = form.outcome.data or ""
            if outcome not in set(Step):
                raise RuleBroken(N_("Choose the outcome."), field="outcome")
            effect = _effect(form)
            with transaction() as session:
                actions.rule(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    outcome=Step(outcome),
                    text=form.text.data or "",
                    effect=effect,
                )
            flash(N_("The ruling is published and carried out."))
            return redirect("objections.handle", ref=ref)
    return _desk(handling, choices, ruling=form)


def _effect(form: EffectForm) -> Effect | None:
    """The effect that was chosen. Raises RuleBroken for a mark that is no number."""
    if (form.remedy.data or "") not in set(Remedy):
        return None
    remedy = Remedy(form.remedy.data)
    value, problems = read_value(form.value.data or "")
    refuse_if(problems)
    detail = Detail(form.application.data or "", form.member.data or "", form.criterion.data or "", value)
    ground = form.ground.data or ""
    return Effect(
        remedy,
        detail.only(NEEDS[remedy]),
        RecusalGround(ground) if remedy is Remedy.RECUSE and ground in set(RecusalGround) else None,
        (form.reason.data or "") if remedy is Remedy.EXCLUDE else "",
    )


@page(bp, "/objections/<ref>/ask-supplement", permission=Permission.RULE_OBJECTION, methods=["GET", "POST"])
def ask_supplement(ref: str) -> ResponseReturnValue:
    """A supervisor asks whoever objected for what is missing."""
    form = AskSupplementForm()
    handling, _ = _handling(ref)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                pausing.ask_supplement(session, actor=actor(), now=now(), ref=ref, text=form.text.data or "")
            flash(N_("Whoever objected has been asked. The clock of the objection stands still."))
            return redirect("objections.handle", ref=ref)
    return _act("ask_supplement", form, handling)


@page(bp, "/objections/<ref>/pause", permission=Permission.RULE_OBJECTION, methods=["GET", "POST"])
def pause(ref: str) -> ResponseReturnValue:
    """A supervisor stops the clock while something is tested or an opinion awaited."""
    form = PauseForm()
    handling, _ = _handling(ref)
    if form.validate_on_submit():
        with refusals_into(form):
            why = form.why.data or ""
            if why not in set(Stopped):
                raise RuleBroken(N_("Choose why the clock is stopped."), field="why")
            with transaction() as session:
                pausing.pause(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    why=Stopped(why),
                    days=form.days.data or 0,
                    text=form.text.data or "",
                )
            flash(N_("The clock of the objection stands still."))
            return redirect("objections.handle", ref=ref)
    return _act("pause", form, handling)


@page(bp, "/objections/<ref>/end-pause", permission=Permission.RULE_OBJECTION, methods=["POST"])
def end_pause(ref: str) -> ResponseReturnValue:
    """The clock runs again."""
    with transaction() as session:
        pausing.end_pause(session, actor=actor(), now=now(), ref=ref)
    flash(N_("The clock of the objection runs again."))
    return redirect("objections.handle", ref=ref)


@page(bp, "/objections/<ref>/complaint", permission=Permission.RULE_OBJECTION, methods=["GET", "POST"])
def complaint(ref: str) -> ResponseReturnValue:
    """A supervisor notes that the objection was taken to the outside authority."""
    form = EscalateForm()
    handling, _ = _handling(ref)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                escalating.escalate(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    complained_on=form.complained_on.data,
                    reference=form.reference.data or "",
                )
            flash(N_("It is noted that the objection is before the outside authority."))
            return redirect("objections.handle", ref=ref)
    return render(
        "objections/complaint.html",
        status=form.status,
        form=form,
        objection=handling.view,
        round=handling.round,
        way=handling.way,
        back=url_for("objections.handle", ref=ref),
    )


@page(bp, "/objections/<ref>/suspension", permission=Permission.RULE_OBJECTION, methods=["GET", "POST"])
def suspension(ref: str) -> ResponseReturnValue:
    """A supervisor records that the outside authority stopped the award."""
    form = SuspensionForm()
    handling, _ = _handling(ref)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                escalating.suspend(session, actor=actor(), now=now(), ref=ref, text=form.text.data or "")
            flash(N_("The award is stopped, as the outside authority ordered."))
            return redirect("objections.handle", ref=ref)
    return _act("suspension", form, handling)


@page(bp, "/objections/<ref>/outcome", permission=Permission.RULE_OBJECTION, methods=["GET", "POST"])
def outcome(ref: str) -> ResponseReturnValue:
    """A supervisor records what the outside authority decided, and carries it out."""
    form = OutcomeForm()
    handling, choices = _handling(ref)
    form.suit(_possible(handling, remedies_outside(REMEDIES_FOR[handling.view.target])), choices)
    _asked_for(form, handling.view)
    if form.validate_on_submit():
        with refusals_into(form):
            chosen = form.outcome.data or ""
            effect = _effect(form)
            with transaction() as session:
                escalating.record_outcome(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    outcome=Outcome(chosen) if chosen in set(Outcome) else None,
                    decided_on=form.decided_on.data,
                    text=form.text.data or "",
                    effect=effect,
                )
            flash(N_("What the outside authority decided is published and carried out."))
            return redirect("objections.handle", ref=ref)
    return _act("outcome", form, handling, needs=_needed(form))


@page(bp, "/objections/<ref>/substitute", permission=Permission.EDIT_ROUND, methods=["GET", "POST"])
def substitute(ref: str) -> ResponseReturnValue:
    """The organiser names another supervisor, when nobody is left who may decide, or nobody has in time."""
    form = SubstituteForm()
    handling, _ = _handling(ref)
    form.offer(handling.substitutes)
    if form.validate_on_submit():
        with refusals_into(form):
            chosen = form.user_id.data or ""
            if not (chosen.isascii() and chosen.isdigit()):
                raise RuleBroken(N_("Choose a person."), field="user_id")
            with transaction() as session:
                substitutes.name_substitute(session, actor=actor(), now=now(), ref=ref, user_id=int(chosen))
            flash(N_("Another supervisor is named and has been told."))
            return redirect("objections.handle", ref=ref)
    return _act("substitute", form, handling)


def _act(name: str, form: Form, handling: Handling, **more: Any) -> ResponseReturnValue:
    """The page of one act on an objection."""
    return render(
        f"objections/{name}.html",
        status=form.status,
        form=form,
        handling=handling,
        objection=handling.view,
        round=handling.round,
        words=WORDS,
        **more,
    )


@plain(bp, "/objections/<ref>/files/<digest>", permission=Permission.READ_ROUND_FILES)
def evidence(ref: str, digest: str) -> ResponseReturnValue:
    """An evidence file, for who deals with the objection."""
    with reading() as session:
        found = queries.file_of(session, ref, digest, actor=actor())
    return store(config()).get(found.digest), 200, dict(headers(found.media_type, found.digest, found.name))


# --- papers -------------------------------------------------------------------------------------------------------

_KINDS = ", ".join(PaperKind)


@page(bp, f"/objections/<ref>/papers/<any({_KINDS}):kind>", permission=Permission.READ_PUBLIC)
def paper(ref: str, kind: str) -> ResponseReturnValue:
    """An answer, a finding or a ruling as a paper of its own, at an address that stays."""
    with reading() as session:
        found = queries.paper_of(session, ref, PaperKind(kind))
        view = queries.objection_of(session, ref, now=now())
        place = queries.round_for(session, found.round_ref, actor=actor(), now=now())
    facts = found.facts
    return render(
        "objections/paper.html",
        paper=found,
        facts=facts,
        effect=None if facts["effect"] is None else Effect.from_json(facts["effect"]),
        at=_instant(facts["at"]),
        order_due=_instant(facts["order_due"]),
        escalate_until=_instant(facts["escalate_until"]),
        objection=view,
        round=place,
        words=WORDS,
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@plain(bp, f"/objections/<ref>/papers/<any({_KINDS}):kind>.json", permission=Permission.READ_PUBLIC)
def paper_json(ref: str, kind: str) -> ResponseReturnValue:
    """The very text that was hashed."""
    with reading() as session:
        found = queries.paper_of(session, ref, PaperKind(kind))
    return Response(
        found.text,
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{ref}-{kind}.json"'},
    )
