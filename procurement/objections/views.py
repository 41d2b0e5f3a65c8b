"""Pages of notices and objections: giving notice, objecting, the public docket, dealing with objections."""

import secrets
from collections.abc import Iterable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import FileStorage

from procurement.access import Permission, may
from procurement.applications.wording import REASONS
from procurement.committee.rules import GROUNDS as RECUSAL_GROUNDS
from procurement.committee.rules import Ground as RecusalGround
from procurement.errors import N_, Problem, RuleBroken, refuse_if
from procurement.objections import actions, cards, queries  # noqa: F401 (cards register themselves)
from procurement.objections.forms import (
    AdmitForm,
    AnswerForm,
    FilingForm,
    NoticeForm,
    RefusalForm,
    RulingForm,
    WithdrawForm,
)
from procurement.objections.queries import Choices, Handling
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
    public_name,
    read_value,
)
from procurement.storage import store
from procurement.uploads import accept, headers
from procurement.web import (
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
        objections = queries.objections_of(session, found.id)
        notices = queries.notices_of(session, found.id)
        windows = queries.windows_of(session, found, now=now())
    return render(
        "objections/docket.html",
        round=found,
        objections=objections,
        notices=notices,
        windows={target: window for target, window in windows.items() if window.open},
        deals=may(actor(), Permission.READ_ROUND_FILES, round_id=found.id),
        words=WORDS,
    )


@page(bp, "/objections/<ref>", permission=Permission.READ_PUBLIC)
def objection(ref: str) -> ResponseReturnValue:
    """One objection with every step and how each period was counted."""
    with reading() as session:
        view = queries.objection_of(session, ref)
        found = queries.round_for(session, queries.round_ref_of(session, view.round_id), actor=actor(), now=now())
    return render(
        "objections/objection.html",
        objection=view,
        round=found,
        deals=may(actor(), Permission.READ_ROUND_FILES, round_id=found.id),
        words=WORDS,
    )


# --- objecting ----------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/objections/new", permission=Permission.OBJECT)
def choose_target(ref: str) -> ResponseReturnValue:
    """What do you object to? Only what can be objected to now is offered, with its deadline."""
    with reading() as session:
        found = queries.round_for(session, ref, actor=actor(), now=now())
        windows = queries.windows_of(session, found, now=now())
        choices = queries.choices_of(session, found, now=now())
    offered = {target: window for target, window in windows.items() if window.open and _nameable(target, choices)}
    chosen = request.args.get("target", "")
    if chosen in offered:
        return redirect("objections.file", ref=ref, target=chosen)
    problems = [] if "target" not in request.args else [N_("Choose what you object to.")]
    return render(
        "objections/choose.html",
        status=422 if problems else 200,
        round=found,
        offered=offered,
        problems=problems,
        words=WORDS,
    )


def _nameable(target: Target, choices: Choices) -> bool:
    """Whether there is anything of that kind to object to."""
    if target is Target.VERDICT:
        return any(view.verdict is not None for view in choices.applications)
    return target is not Target.MEMBER or bool(choices.members)


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
        target_ref=(form.target_ref.data or "") if target in (Target.VERDICT, Target.MEMBER) else "",
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


# --- following and withdrawing ------------------------------------------------------------------------------------


@page(bp, "/objections/follow/<token>", permission=Permission.OBJECT, methods=["GET", "POST"])
def follow(token: str) -> ResponseReturnValue:
    """What the filer keeps: the receipt, where the objection stands, and the way to withdraw it."""
    form = WithdrawForm()
    with reading() as session:
        view = queries.objection_by_token(session, actions.token_digest(token))
        found = queries.round_for(session, queries.round_ref_of(session, view.round_id), actor=actor(), now=now())
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.withdraw(session, actor=actor(), now=now(), ref=view.ref, token=token)
            flash(N_("The objection is withdrawn."))
            return redirect("objections.follow", token=token)
    return render(
        "objections/follow.html",
        status=form.status,
        form=form,
        objection=view,
        round=found,
        address=config().base_url + actions.follow_path(language(), token),
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
    ruling.suit(handling.view.target, choices)
    if not ruling.is_submitted():
        ruling.application.data = handling.view.detail.application or handling.view.target_ref
        ruling.member.data = handling.view.detail.member
        ruling.criterion.data = handling.view.detail.criterion
        ruling.value.data = handling.view.detail.to_json().get("value", "")
    forms = [one for one in (admit, refusal, answering, ruling) if one is not None]
    return render(
        "objections/handle.html",
        status=max(one.status for one in forms),
        handling=handling,
        objection=handling.view,
        round=handling.round,
        admit=admit or AdmitForm(formdata=None),
        refusal=refusal or RefusalForm(formdata=None),
        answering=answering or AnswerForm(formdata=None),
        ruling=ruling,
        refused=next((one for one in forms if one.status != 200), None),
        needs=_NEEDED[handling.view.target],
        words=WORDS,
    )


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
    form.suit(handling.view.target, choices)
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


def _effect(form: RulingForm) -> Effect | None:
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


@plain(bp, "/objections/<ref>/files/<digest>", permission=Permission.READ_ROUND_FILES)
def evidence(ref: str, digest: str) -> ResponseReturnValue:
    """An evidence file, for who deals with the objection."""
    with reading() as session:
        found = queries.file_of(session, ref, digest, actor=actor())
    return store(config()).get(found.digest), 200, dict(headers(found.media_type, found.digest, found.name))
