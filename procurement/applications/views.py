"""Pages of applicants (my applications) and of those who check them. Parsing and rendering only."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from wtforms.fields.choices import SelectChoice

from procurement import storage, uploads
from procurement.access import Permission, may
from procurement.applications import (
    actions,
    asking,
    cards,  # noqa: F401 (cards register themselves)
    checkers,
    confirming,
    late,  # noqa: F401 (and what is late)
    own,
    queries,
    supplementing,
    verifying,
    writing,
)
from procurement.applications.answers import Group, answers, section_answers
from procurement.applications.checklist import ITEMS, REQUIRED, missing
from procurement.applications.content import Certificate, Purpose, Section
from procurement.applications.forms import (
    FEES,
    PUBLIC_PURPOSES,
    AnswerForm,
    AskForm,
    CertificateForm,
    CompletingForm,
    ConfirmForm,
    SectionForm,
    StartForm,
    SubmitForm,
    VerdictForm,
    form_for,
)
from procurement.applications.labels import LABELS
from procurement.applications.wording import PURPOSES, SECTIONS
from procurement.errors import N_, Problem, RuleBroken, refuse_if
from procurement.merchants import queries as merchants
from procurement.merchants.disclosures import SHARED_NAMES
from procurement.merchants.rules import CERTIFICATE_NAMES, KIND_NAMES
from procurement.rounds import canonical
from procurement.rounds.phases import Phase
from procurement.uploads import Upload
from procurement.web import (
    Form,
    actor,
    config,
    flash,
    kept,
    limiter,
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

bp = Blueprint("applications", __name__)


# ---- my applications ---------------------------------------------------------------------------------------------


@page(bp, "/my/applications", permission=Permission.OWN_BUSINESS, menu=N_("My applications"))
@page(
    bp,
    "/counter-applications",
    permission=Permission.HELP_AT_COUNTER,
    menu=N_("Applications at the counter"),
    endpoint="at_counter",
)
def mine() -> ResponseReturnValue:
    """The dashboard of an applicant, and of a clerk who helps applicants."""
    with reading() as session:
        rows = own.own_rows(session, actor=actor(), now=now())
        open_rounds = own.open_rounds(session, now=now())
        awaited = supplementing.awaited_of(session, actor=actor(), now=now())
        wallets = merchants.businesses(session, actor=actor(), today=now().astimezone(config().zone).date())
    return render(
        "applications/mine.html",
        rows=rows,
        open_rounds=open_rounds,
        awaited=awaited,
        ending=[
            (one.merchant, paper) for one in wallets for paper in one.certificates if paper.soon or paper.expired
        ],
        paper_names=CERTIFICATE_NAMES,
    )


@page(bp, "/rounds/<ref>/apply", permission=Permission.APPLY, methods=["GET", "POST"])
def start(ref: str) -> ResponseReturnValue:
    """Choose the business and name the product."""
    form = StartForm()
    with reading() as session:
        found = own.round_to_apply_in(session, ref, now=now())
        businesses = merchants.merchants_of(session, actor().user_id or 0)
    form.merchant.choices = [SelectChoice(business.ref, business.name) for business in businesses]
    if len(businesses) == 1:
        form.merchant.data = businesses[0].ref
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                key = writing.start(
                    session,
                    actor=actor(),
                    now=now(),
                    round_ref=ref,
                    merchant_ref=form.merchant.data or "",
                    product_name=form.product_name.data or "",
                )
            return redirect("applications.tasks", key=key)
    return render("applications/start.html", status=form.status, form=form, round=found, businesses=businesses)


@page(bp, "/my/applications/<key>", permission=Permission.APPLY)
def tasks(key: str) -> ResponseReturnValue:
    """The task list of one application."""
    with reading() as session:
        draft = own.draft_for(session, key, actor=actor(), now=now())
    return render("applications/tasks.html", draft=draft, sections=SECTIONS)


@page(bp, "/my/applications/<key>/<name>", permission=Permission.APPLY, methods=["GET", "POST"])
@limiter.limit("120 per hour", methods=["POST"], exempt_when=quiet)
@limiter.limit("2000 per hour", methods=["POST"])
def section(key: str, name: str) -> ResponseReturnValue:
    """One section: kept as one goes, with its files."""
    if name not in set(Section):
        abort(404)
    which = Section(name)
    with reading() as session:
        draft = own.draft_for(session, key, actor=actor(), now=now())
    form = form_for(which, draft.content.section(which))
    mark = writing.mark_of(draft.content.section(which))
    if not form.is_submitted():
        form.seen.data = mark
    if form.validate_on_submit():
        with refusals_into(form):
            # Stored before the transaction: a blob that nobody mentions harms nobody.
            chosen = [] if quiet() else [accepted(file) for file in form.chosen]
            stay = _keep(key, which, form, chosen)
            if quiet():
                return kept(form.seen.data)
            if stay:
                return redirect("applications.section", key=key, name=name)
            return redirect("applications.tasks", key=key)
    if quiet():
        return not_kept(form)
    if form.seen.errors:
        form.seen.data = mark
    return render(
        f"applications/sections/{which.value}.html",
        status=form.status,
        form=form,
        draft=draft,
        section=which,
        title=SECTIONS[which],
        files=[file for file in draft.files if file.section is which],
        papers=_papers(draft) if which is Section.CERTIFICATES else (),
        paper_names=CERTIFICATE_NAMES,
        purposes=PURPOSES,
        always_public=PUBLIC_PURPOSES,
        fees=[(name, LABELS[f"money.{name}"]) for name in FEES],
    )


def _papers(draft: own.DraftView) -> list[tuple[Group, Certificate, int]]:
    """Each paper as it is shown, with how much is wrong with it."""
    groups = section_answers(Section.CERTIFICATES, draft.content).groups
    return [
        (group, paper, len(own.problems_of_paper(draft, number)))
        for number, (group, paper) in enumerate(zip(groups, draft.content.certificates.items, strict=True), start=1)
    ]


def _keep(key: str, which: Section, form: SectionForm, chosen: list[Upload]) -> bool:
    """Keep the section and what was done with files in one transaction; True when the applicant stays on the page.

    Raises RuleBroken, after everything has been kept, when the section was to be finished and is not.
    """
    with transaction() as session:
        for upload in chosen:
            writing.attach(
                session,
                actor=actor(),
                now=now(),
                key=key,
                section=which,
                purpose=form.chosen_purpose,
                upload=upload,
                public=form.published,
            )
        if (form.remove.data or "").isdigit():
            writing.remove_file(session, actor=actor(), now=now(), key=key, file_id=int(form.remove.data))
        problems = writing.save_section(
            session,
            actor=actor(),
            now=now(),
            key=key,
            section=which,
            answers=form.answers(),
            seen=form.seen.data or "",
        )
        form.seen.data = writing.mark_of(own.section_of(session, key, which, actor=actor()))
    if chosen or form.remove.data or form.then.data == "attach":
        return True
    if form.then.data != "later" and not quiet():
        # A missing file is told at the field that takes files.
        refuse_if([replace(p, field="upload") if p.field in set(Purpose) else p for p in problems])
    return False


def accepted(file: FileStorage, field: str = "upload") -> Upload:
    """A file of a form, checked, written anew and stored. Raises RuleBroken on the field."""
    return uploads.accept(storage.store(config()), file.read(), file.filename or "", field=field)


@page(bp, "/my/applications/<key>/certificates/add", permission=Permission.APPLY, methods=["GET", "POST"])
@limiter.limit("120 per hour", methods=["POST"])
def add_certificate(key: str) -> ResponseReturnValue:
    """Add one paper with its copy."""
    return _certificate(key, CertificateForm(), None)


@page(bp, "/my/applications/<key>/certificates/<int:number>", permission=Permission.APPLY, methods=["GET", "POST"])
@limiter.limit("120 per hour", methods=["POST"], exempt_when=quiet)
@limiter.limit("2000 per hour", methods=["POST"])
def certificate(key: str, number: int) -> ResponseReturnValue:
    """Change one paper; what is missing in it is shown at once."""
    with reading() as session:
        draft = own.draft_for(session, key, actor=actor(), now=now())
    items = draft.content.certificates.items
    if not 1 <= number <= len(items):
        abort(404)
    form = CertificateForm(obj=items[number - 1])
    form.stored = next((file for file in draft.files if file.digest == items[number - 1].file), None)
    if not form.is_submitted():
        form.seen.data = writing.mark_of(items[number - 1])
        with refusals_into(form):
            refuse_if(own.problems_of_paper(draft, number))
    return _certificate(key, form, number)


def _certificate(key: str, form: CertificateForm, number: int | None) -> ResponseReturnValue:
    if form.validate_on_submit():
        with refusals_into(form):
            upload = accepted(form.upload.data) if form.upload.data and not quiet() else None
            with transaction() as session:
                saved, problems = writing.save_certificate(
                    session,
                    actor=actor(),
                    now=now(),
                    key=key,
                    number=number,
                    certificate=form.certificate(),
                    upload=upload,
                    public=bool(form.public.data),
                    seen=form.seen.data or "",
                )
                papers = own.section_of(session, key, Section.CERTIFICATES, actor=actor()).items
                form.seen.data = writing.mark_of(papers[saved - 1])
            if quiet():
                return kept(form.seen.data)
            if problems:
                return redirect("applications.certificate", key=key, number=saved)
            flash(N_("The paper was saved."))
            return redirect("applications.section", key=key, name=Section.CERTIFICATES.value)
    if quiet():
        return not_kept(form)
    with reading() as session:
        draft = own.draft_for(session, key, actor=actor(), now=now())
    if form.seen.errors and number is not None:
        form.seen.data = writing.mark_of(draft.content.certificates.items[number - 1])
    # A paper that was kept and lacks something is no refused request.
    status = form.status if form.is_submitted() else 200
    return render("applications/certificate.html", status=status, form=form, draft=draft, number=number)


@page(
    bp, "/my/applications/<key>/certificates/take/<int:certificate_id>", permission=Permission.APPLY, methods=["POST"]
)
def take_certificate(key: str, certificate_id: int) -> ResponseReturnValue:
    """Use a paper of the wallet; what is still to be said about it is asked next."""
    with transaction() as session:
        number = writing.take_certificate(session, actor=actor(), now=now(), key=key, certificate_id=certificate_id)
    return redirect("applications.certificate", key=key, number=number)


@page(bp, "/my/applications/<key>/certificates/<int:number>/remove", permission=Permission.APPLY, methods=["POST"])
def remove_certificate(key: str, number: int) -> ResponseReturnValue:
    """Take one paper off."""
    with transaction() as session:
        writing.remove_certificate(session, actor=actor(), now=now(), key=key, number=number)
    flash(N_("The paper was removed."))
    return redirect("applications.section", key=key, name=Section.CERTIFICATES.value)


def _mine() -> tuple[str, str]:
    """The endpoint of the reader's dashboard, and what it is called."""
    if may(actor(), Permission.OWN_BUSINESS):
        return "applications.mine", N_("My applications")
    return "applications.at_counter", N_("Applications at the counter")


@bp.context_processor
def dashboard() -> dict[str, object]:
    """Where pages of an application lead back to; `clerk`: the reader helps applicants."""
    endpoint, name = _mine()
    return {"dashboard_url": url_for(endpoint), "dashboard": name, "clerk": endpoint != "applications.mine"}


@page(bp, "/my/applications/<key>/check", permission=Permission.APPLY, methods=["GET", "POST"])
def check(key: str) -> ResponseReturnValue:
    """Check your answers, then submit; a clerk adds the paper on which they were read back and signed."""
    form = SubmitForm()
    if form.validate_on_submit():
        with refusals_into(form):
            signed = accepted(form.signed.data, "signed") if form.signed.data else None
            with transaction() as session:
                actions.submit(session, actor=actor(), now=now(), key=key, signed=signed)
            return redirect("applications.receipt", key=key)
    with reading() as session:
        draft = own.draft_for(session, key, actor=actor(), now=now())
    return render(
        "applications/check.html",
        status=form.status,
        form=form,
        draft=draft,
        shown=answers(draft.content),
        sections=SECTIONS,
        sentences={s.section: _sentences(s) for s in draft.sections},
        file_url=_draft_files(draft),
    )


def _sentences(state: own.SectionState) -> list[str]:
    """What is missing in a section, each sentence once; of an empty one only that it is."""
    if state.state == "empty":
        return [say(Problem(N_("Nothing has been filled in yet.")))]
    return list(dict.fromkeys(say(problem) for problem in state.problems))


def _draft_files(draft: own.DraftView) -> dict[str, str]:
    return {file.digest: url_for("applications.draft_file", key=draft.key, file_id=file.id) for file in draft.files}


@page(bp, "/my/applications/<key>/confirm", permission=Permission.APPLY, methods=["GET", "POST"])
def confirm(key: str) -> ResponseReturnValue:
    """What an amendment of the call has changed, and the button to maintain the application nevertheless."""
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                confirming.confirm(
                    session, actor=actor(), now=now(), key=key, rules_version=form.rules_version.data or 0
                )
            flash(N_("The application is confirmed. A receipt is on its way to you by mail."))
            return redirect("applications.submitted", key=key)
    with reading() as session:
        found = confirming.confirming_for(session, key, actor=actor(), now=now())
    form.rules_version.data = found.rules_version
    return render("applications/confirm.html", status=form.status, form=form, found=found)


@page(bp, "/my/applications/<key>/receipt", permission=Permission.APPLY)
def receipt(key: str) -> ResponseReturnValue:
    """What the applicant keeps of the submission."""
    with reading() as session:
        draft = own.draft_for(session, key, actor=actor(), now=now())
        if draft.ref is None:
            abort(404)
        found = queries.application_detail(session, draft.ref, actor=actor(), now=now())
    return render("applications/receipt.html", draft=draft, found=found)


@page(bp, "/my/applications/<key>/submitted", permission=Permission.APPLY)
@page(
    bp,
    "/my/applications/<key>/submitted/<int:version>",
    permission=Permission.APPLY,
    endpoint="submitted_version",
)
def submitted(key: str, version: int | None = None) -> ResponseReturnValue:
    """One's own application as it was submitted, with its versions and, once it may be told, the verdict."""
    with reading() as session:
        draft = own.draft_for(session, key, actor=actor(), now=now())
        if draft.ref is None:
            abort(404)
        found = queries.application_detail(session, draft.ref, actor=actor(), now=now(), version=version)
        supplements = supplementing.supplements_for(session, found.view.id, found.round.id, now=now())
        held = verifying.findings_of(session, found.view.id) if found.verdicts else {}
    return render(
        "applications/submitted.html",
        draft=draft,
        found=found,
        version=version or found.view.version,
        supplements=supplements,
        items=ITEMS,
        held=held,
        shown=answers(found.content),
        file_url=_files_of(found),
    )


def _files_of(found: queries.Detail) -> dict[str, str]:
    return {
        file.digest: url_for("applications.file", ref=found.view.ref, digest=file.digest)
        for file in found.content.files
    }


@page(bp, "/my/applications/<key>/withdraw", permission=Permission.APPLY, methods=["GET", "POST"])
def withdraw(key: str) -> ResponseReturnValue:
    """Withdraw a submitted application, or throw a draft away; asked once more."""
    form = Form()
    with reading() as session:
        draft = own.draft_for(session, key, actor=actor(), now=now())
    if form.validate_on_submit():
        with transaction() as session:
            if draft.ref is None:
                writing.discard(session, actor=actor(), now=now(), key=key)
            else:
                actions.withdraw(session, actor=actor(), now=now(), ref=draft.ref)
        if draft.ref is None:
            flash(N_("The draft was thrown away."))
        else:
            flash(N_("Application %(ref)s was withdrawn."), ref=draft.ref)
        return redirect(_mine()[0])
    return render("applications/withdraw.html", form=form, draft=draft)


@page(bp, "/my/applications/<key>/supplements/<int:number>", permission=Permission.APPLY, methods=["GET", "POST"])
@limiter.limit("120 per hour", methods=["POST"], exempt_when=quiet)
@limiter.limit("2000 per hour", methods=["POST"])
def supply(key: str, number: int) -> ResponseReturnValue:
    """What the office asks to be completed, and the answer: kept as one goes, then sent once."""
    with reading() as session:
        found = supplementing.writing_for(session, key, number, actor=actor(), now=now())
    form = CompletingForm(data={"text": found.text, "seen": writing.mark_of(found.text)})
    if form.validate_on_submit():
        with refusals_into(form):
            sent = _supplied(key, number, form)
            if quiet():
                return kept(form.seen.data)
            if sent:
                flash(N_("Your answer was sent. A receipt is on its way to you by mail."))
                return redirect("applications.submitted", key=key)
            return redirect("applications.supply", key=key, number=number)
    if quiet():
        return not_kept(form)
    if form.seen.errors:
        form.seen.data = writing.mark_of(found.text)
    return render("applications/supply.html", status=form.status, form=form, found=found, items=ITEMS)


def _supplied(key: str, number: int, form: CompletingForm) -> bool:
    """Keep, attach, take off or send, as the button says; True when it was sent."""
    upload = accepted(form.upload.data) if form.upload.data and not quiet() else None
    asked: dict[str, Any] = {"actor": actor(), "now": now(), "key": key, "number": number}
    text, remove = form.text.data or "", form.remove.data or ""
    with transaction() as session:
        supplementing.keep(session, **asked, text=text, seen=form.seen.data or "")
        if upload is not None:
            supplementing.attach(session, **asked, upload=upload, public=bool(form.public.data))
        if remove.isdecimal():
            supplementing.remove(session, **asked, file_id=int(remove))
        if form.then.data == "attach" and upload is None:
            raise RuleBroken(N_("Choose a file."), field="upload")
        form.seen.data = writing.mark_of(canonical.plain_text(text))
    if form.then.data != "send" or quiet():
        return False
    with transaction() as session:
        supplementing.answer(session, **asked, text=text)
    return True


# ---- files -------------------------------------------------------------------------------------------------------


@plain(bp, "/my/applications/<key>/files/<int:file_id>", permission=Permission.APPLY)
def draft_file(key: str, file_id: int) -> ResponseReturnValue:
    """A file of one's own draft, as an attachment."""
    with reading() as session:
        found = own.draft_file(session, key, file_id, actor=actor())
    return attachment(found.digest, found.media_type, found.name)


@plain(bp, "/my/applications/<key>/supplements/<int:number>/files/<int:file_id>", permission=Permission.APPLY)
def supply_file(key: str, number: int, file_id: int) -> ResponseReturnValue:
    """A file of an answer that is being written, as an attachment."""
    with reading() as session:
        found = supplementing.draft_file(session, key, number, file_id, actor=actor(), now=now())
    return attachment(found.digest, found.media_type, found.name)


@plain(bp, "/applications/<ref>/supplements/<int:number>/files/<digest>", permission=Permission.READ_PUBLIC)
def supplement_file(ref: str, number: int, digest: str) -> ResponseReturnValue:
    """A file of an answer that was sent, as an attachment, for whoever may have it."""
    with reading() as session:
        found = supplementing.sent_file(session, ref, number, digest, actor=actor(), now=now())
    return attachment(found.digest, found.media_type, found.name)


@plain(bp, "/applications/<ref>/signed/<int:version>", permission=Permission.HAVE_ACCOUNT)
def signed_paper(ref: str, version: int) -> ResponseReturnValue:
    """The paper on which a version was signed, as an attachment, for its applicant and the office."""
    with reading() as session:
        found = queries.signed_paper(session, ref, version, actor=actor(), now=now())
    return attachment(*found)


@plain(bp, "/applications/<ref>/files/<digest>", permission=Permission.READ_PUBLIC)
def file(ref: str, digest: str) -> ResponseReturnValue:
    """A file of a submitted application, as an attachment, for whoever may have it."""
    with reading() as session:
        found = queries.file_of(session, ref, digest, actor=actor(), now=now())
    return attachment(found.digest, found.media_type, found.name)


def attachment(digest: str, media_type: str, name: str) -> Response:
    """A stored file, to be saved."""
    data = storage.store(config()).get(digest)
    return Response(data, headers=dict(uploads.headers(media_type, digest, name)))


# ---- questions ---------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/questions", permission=Permission.ASK, methods=["GET", "POST"])
@limiter.limit("6/hour;20/day", methods=["POST"])
def questions(ref: str) -> ResponseReturnValue:
    """Every question on the call with its answer or its clock, and the form to ask."""
    form = AskForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                asked = asking.ask(session, actor=actor(), now=now(), round_ref=ref, text=form.text.data or "")
            flash(N_("Your question has the number %(ref)s. It appears here with its answer."), ref=asked)
            return redirect("applications.questions", ref=ref)
    with reading() as session:
        found = queries.questions_page(session, ref, actor=actor(), now=now())
    may_answer = may(actor(), Permission.ANSWER_QUESTION, round_id=found.round.id)
    return render("applications/questions.html", status=form.status, form=form, found=found, may_answer=may_answer)


@page(bp, "/rounds/<ref>/questions/<int:number>", permission=Permission.ANSWER_QUESTION, methods=["GET", "POST"])
def answer_question(ref: str, number: int) -> ResponseReturnValue:
    """Answer one question."""
    form = AnswerForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                asking.answer(
                    session,
                    actor=actor(),
                    now=now(),
                    round_ref=ref,
                    number=number,
                    text=form.answer.data or "",
                    withheld=form.ground,
                )
            flash(N_("The answer is published."))
            return redirect("applications.questions", ref=ref)
    with reading() as session:
        found = queries.question_to_answer(session, ref, number, actor=actor(), now=now())
    return render("applications/answer.html", status=form.status, form=form, found=found, question=found.questions[0])


# ---- checking ----------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/checking", permission=Permission.READ_ROUND_FILES)
def checking(ref: str) -> ResponseReturnValue:
    """Every application of a round with its verdict."""
    with reading() as session:
        found = queries.checking_of(session, ref, actor=actor(), now=now())
        verified = verifying.counted_in(session, found.round.id)
        awaited = supplementing.awaited_in(session, found.round.id, now=now())
    return render(
        "applications/checking.html",
        found=found,
        verified=verified,
        items=len(REQUIRED),
        awaited={view.application: view for view in awaited},
        may_check=_may_check(found),
    )


def _may_check(found: queries.Checking) -> bool:
    return (
        may(actor(), Permission.CHECK_APPLICATIONS, round_id=found.round.id) and found.round.phase is Phase.CHECKING
    )


@page(bp, "/rounds/<ref>/checking/<application>", permission=Permission.READ_ROUND_FILES, methods=["GET", "POST"])
def verdict(ref: str, application: str) -> ResponseReturnValue:
    """One application with everything in it, and its verdict."""
    with reading() as session:
        found = queries.checking_of(session, ref, actor=actor(), now=now())
        detail = queries.application_detail(session, application, actor=actor(), now=now())
        made = checkers.made_by(session, actor(), detail.view.id, detail.view.merchant_id)
        compared = verifying.compared_with(session, detail.view.round_id, detail.view.merchant_id, now=now())
        held = verifying.findings_of(session, detail.view.id)
        supplements = supplementing.supplements_for(session, detail.view.id, detail.round.id, now=now())
    if detail.round.id != found.round.id:
        abort(404)
    given = detail.view.verdict
    form = VerdictForm(
        gates=found.gates,
        data={
            "gates": [code for code, met in given.gates.items() if met],
            "reason_code": given.reason_code,
            "explanation": given.explanation,
        }
        if given
        else None,
    )
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.give_verdict(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=application,
                    reason_code=form.reason_code.data or "",
                    explanation=form.explanation.data or "",
                    gates=form.gates.data or (),
                )
            flash(N_("The verdict on %(ref)s was recorded."), ref=application)
            return redirect("applications.checking", ref=ref)
    return render(
        "applications/verdict.html",
        status=form.status,
        form=form,
        found=found,
        detail=detail,
        held=held,
        missing=[ITEMS[item].title for item in missing(held)],
        supplements=supplements,
        items=ITEMS,
        kinds=KIND_NAMES,
        shown=answers(detail.content),
        file_url=_files_of(detail),
        may_check=_may_check(found) and not made,
        made=made,
        compared=compared,
        shared_names=SHARED_NAMES,
    )


@page(bp, "/rounds/<ref>/checking/close", permission=Permission.CHECK_APPLICATIONS, methods=["GET", "POST"])
def close(ref: str) -> ResponseReturnValue:
    """Close the check: what blocks it, or what follows from it."""
    form = Form()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.close_checking(session, actor=actor(), now=now(), round_ref=ref)
            flash(N_("Checking is closed. Every applicant has been told."))
            return redirect("applications.checking", ref=ref)
    with reading() as session:
        found = queries.checking_of(session, ref, actor=actor(), now=now())
    return render(
        "applications/close.html",
        status=form.status,
        form=form,
        found=found,
        blocks=[say(problem) for problem in found.blocks],
        may_check=_may_check(found),
    )
