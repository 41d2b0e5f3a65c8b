"""Pages of decisions: the organiser's, the signatories', everybody's; and the check of a document somebody holds."""

from datetime import datetime
from typing import Any

import flask
from flask import Blueprint
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.accounts import queries as accounts
from procurement.decisions import actions, cards, late, outside, own_keys, queries  # noqa: F401 (some register)
from procurement.decisions.document import Effect, problem_of
from procurement.decisions.forms import (
    BringForm,
    CertificateForm,
    ConfirmForm,
    DeclineForm,
    GiveUpForm,
    SignForm,
    draw_up_form,
)
from procurement.decisions.rules import GIVING_UP
from procurement.decisions.wording import ENDINGS, WORDS, criterion_numbers, rule_sentences, tie_words
from procurement.errors import N_
from procurement.keys import evidence_of, keys_from
from procurement.storage import store
from procurement.web import (
    actor,
    config,
    flash,
    format_closing,
    format_day,
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
from procurement.web import (
    say as say_problem,
)

bp = Blueprint("decisions", __name__)


@bp.app_template_filter("moment")
def _moment(value: str) -> str:
    """An instant of the decision's text, in words."""
    return format_closing(datetime.fromisoformat(value))


@bp.app_template_filter("day")
def _day(value: str) -> str:
    """The day of an instant of the decision's text."""
    return format_day(datetime.fromisoformat(value))


def _words(document: queries.DecisionView) -> dict[str, Any]:
    scoring = document.document["rules"]["scoring"]
    return {
        "words": WORDS,
        "sentences": rule_sentences(scoring),
        "numbers": criterion_numbers(scoring),
        "tie_words": tie_words,
        "say": say_problem,
        "problem_of": problem_of,
    }


# --- the organiser ------------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/decision", permission=Permission.READ_ROUND_FILES)
def making(ref: str) -> ResponseReturnValue:
    """How far the decision is."""
    with reading() as session:
        view = queries.making_of(session, ref, actor=actor(), now=now())
    return render("decisions/making.html", making=view, form=ConfirmForm(), words=WORDS)


@page(bp, "/rounds/<ref>/decision/draw-up", permission=Permission.DRAW_UP_DECISION, methods=["GET", "POST"])
def draw_up(ref: str) -> ResponseReturnValue:
    """Say what is decided and why; everything else is taken from the record."""
    with reading() as session:
        drawing = queries.drawing_of(session, ref, actor=actor(), now=now())
    form = draw_up_form(
        [(line.application, f"{line.application} {line.product}", line.by_rule) for line in drawing.ranking],
        effects=drawing.effects,
    )
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.draw_up(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    choice=actions.Choice(
                        effect=Effect(form.effect.data),
                        language=form.language.data,
                        outcomes=form.outcomes,
                        reasons=form.reasons,
                        departure=form.departure,
                        valid_until=form.valid_until.data,
                    ),
                    place=actions.Place(config().base_url, not config().production),
                )
            flash(N_("The decision is drawn up. It is now being set and sealed."))
            return redirect("decisions.making", ref=ref)
    return render(
        "decisions/draw_up.html", status=form.status, form=form, drawing=drawing, words=WORDS, problem_of=problem_of
    )


@page(bp, "/rounds/<ref>/decision/again", permission=Permission.DRAW_UP_DECISION, methods=["POST"])
def again(ref: str) -> ResponseReturnValue:
    """Have failed work done again."""
    if ConfirmForm().validate_on_submit():
        with transaction() as session:
            actions.try_again(session, actor=actor(), now=now(), ref=ref)
    return redirect("decisions.making", ref=ref)


@page(bp, "/rounds/<ref>/decision/publish", permission=Permission.PUBLISH_DECISION, methods=["GET", "POST"])
def publish(ref: str) -> ResponseReturnValue:
    """Publish the signed decision for good."""
    form = ConfirmForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                decision = actions.publish(session, actor=actor(), now=now(), ref=ref)
            flash(N_("The decision is published."))
            return redirect("decisions.decision", ref=decision)
    with reading() as session:
        view = queries.making_of(session, ref, actor=actor(), now=now())
    return render("decisions/publish.html", status=form.status, form=form, making=view, words=WORDS)


# --- signatories --------------------------------------------------------------------------------------------------


@page(bp, "/my-signatures/", permission=Permission.SIGN_DECISION, menu=N_("Documents to sign"))
def my_signatures() -> ResponseReturnValue:
    """Decisions that need or have one's own signature."""
    with reading() as session:
        lines = queries.signatures_waiting(session, actor=actor(), now=now())
    return render("decisions/my_signatures.html", lines=lines, words=WORDS)


@page(bp, "/my-signatures/<ref>", permission=Permission.SIGN_DECISION, methods=["GET", "POST"])
@limiter.limit("10/minute;60/hour", methods=["POST"])
def sign(ref: str) -> ResponseReturnValue:
    """Read what is to be signed, and sign it."""
    with reading() as session:
        view = queries.decision_to_sign(session, ref, actor=actor(), now=now())
    form = SignForm(document=view.sha256)
    if form.validate_on_submit():
        with reading() as session:
            attempt = accounts.own_attempt(session, actor=actor(), password=form.password.data)
        with refusals_into(form):
            with transaction() as session:
                actions.approve(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    document=form.document.data,
                    dissent=(form.dissent.data or "").strip(),
                    attempt=attempt,
                )
            return redirect("decisions.sign", ref=ref)
    own = next(s for s in view.signatures if s.user_id == actor().user_id)
    return render("decisions/sign.html", status=form.status, form=form, decision=view, own=own, **_words(view))


@page(bp, "/my-signatures/<ref>/elsewhere", permission=Permission.SIGN_DECISION, methods=["GET", "POST"])
@limiter.limit("10/minute;60/hour", methods=["POST"])
def bring(ref: str) -> ResponseReturnValue:
    """Download the document, sign it with a key of one's own, and bring it back."""
    with reading() as session:
        view = queries.decision_to_sign(session, ref, actor=actor(), now=now())
        certificate = own_keys.fingerprint_in_force(session, actor().user_id or 0)
    form = BringForm(document=view.sha256)
    if form.validate_on_submit():
        with reading() as session:
            task = outside.to_receive(session, ref, actor=actor(), now=now())
        with refusals_into(form):
            received = outside.receive(form.file.data.read(), task, config=config(), now=now())
            with transaction() as session:
                actions.bring(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    document=form.document.data,
                    dissent=(form.dissent.data or "").strip(),
                    received=received,
                )
            flash(N_("Your signature stands in the document."))
            return redirect("decisions.sign", ref=ref)
    own = next(s for s in view.signatures if s.user_id == actor().user_id)
    return render(
        "decisions/bring.html",
        status=form.status,
        form=form,
        decision=view,
        own=own,
        certificate=certificate,
    )


@page(bp, "/my-certificate", permission=Permission.SIGN_DECISION, methods=["GET", "POST"])
@limiter.limit("10/minute;60/hour", methods=["POST"])
def my_certificate() -> ResponseReturnValue:
    """Bring a certificate of one's own, to sign with a key that the office does not hold."""
    form = CertificateForm()
    if form.validate_on_submit():
        with refusals_into(form):
            evidence = evidence_of(keys_from(config()), config())
            bundle = own_keys.present(form.file.data.read(), evidence=evidence, now=now())
            with transaction() as session:
                own_keys.register(session, actor=actor(), now=now(), bundle=bundle)
            flash(N_("Your certificate is registered. It counts once a supervisor or the administrator confirms it."))
            return redirect("decisions.my_certificate")
    with reading() as session:
        brought = own_keys.own_certificates(session, actor=actor())
    return render(
        "decisions/my_certificate.html",
        status=form.status,
        form=form,
        brought=brought,
        endings=ENDINGS,
        end=ConfirmForm(),
    )


@page(bp, "/certificates/", permission=Permission.CONFIRM_CERTIFICATE, menu=N_("Certificates of signatories"))
def certificates() -> ResponseReturnValue:
    """Certificates of their own that signatories brought."""
    with reading() as session:
        brought = own_keys.certificates_to_confirm(session, actor=actor())
    return render("decisions/certificates.html", brought=brought, form=ConfirmForm(), own=actor().user_id)


@page(bp, "/certificates/<int:number>/confirm", permission=Permission.CONFIRM_CERTIFICATE, methods=["POST"])
def confirm_certificate(number: int) -> ResponseReturnValue:
    """It is that person's certificate: it counts."""
    if ConfirmForm().validate_on_submit():
        with transaction() as session:
            own_keys.confirm(session, actor=actor(), now=now(), certificate=number)
        flash(N_("The certificate is confirmed."))
    return redirect("decisions.certificates")


@page(bp, "/certificates/<int:number>/reject", permission=Permission.CONFIRM_CERTIFICATE, methods=["POST"])
def reject_certificate(number: int) -> ResponseReturnValue:
    """It does not count, or not any more."""
    return _certificate_ended(number, "decisions.certificates")


@page(bp, "/my-certificate/<int:number>/withdraw", permission=Permission.SIGN_DECISION, methods=["POST"])
def withdraw_certificate(number: int) -> ResponseReturnValue:
    """One's own certificate does not count any more."""
    return _certificate_ended(number, "decisions.my_certificate")


def _certificate_ended(number: int, then: str) -> ResponseReturnValue:
    if ConfirmForm().validate_on_submit():
        with transaction() as session:
            own_keys.end(session, actor=actor(), now=now(), certificate=number)
        flash(N_("The certificate does not count any more."))
    return redirect(then)


@page(bp, "/my-signatures/<ref>/refuse", permission=Permission.SIGN_DECISION, methods=["GET", "POST"])
def refuse(ref: str) -> ResponseReturnValue:
    """A member does not sign, and says why."""
    with reading() as session:
        view = queries.decision_to_sign(session, ref, actor=actor(), now=now())
    form = DeclineForm(document=view.sha256)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.decline(
                    session,
                    actor=actor(),
                    now=now(),
                    ref=ref,
                    document=form.document.data,
                    reason=form.dissent.data,
                )
            flash(N_("Your refusal and its reason are recorded."))
            return redirect("decisions.sign", ref=ref)
    return render("decisions/refuse.html", status=form.status, form=form, decision=view)


@plain(bp, "/my-signatures/<ref>.pdf", permission=Permission.SIGN_DECISION)
def unpublished_pdf(ref: str) -> ResponseReturnValue:
    """The latest state of a document, for whoever works on it."""
    return _pdf(ref, kept=False)


@page(bp, "/my/places/<ref>/give-up", permission=Permission.OWN_BUSINESS, methods=["GET", "POST"])
def give_up(ref: str) -> ResponseReturnValue:
    """A merchant gives up the place that its application has in the result."""
    form = GiveUpForm()
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                actions.give_up(session, actor=actor(), now=now(), application_ref=ref, reason=form.reason.data)
            flash(N_("You have given up the place. The office was told; the reserves follow in their order."))
            return redirect("portal.product", ref=ref)
    with reading() as session:
        place = queries.place_of(session, actor=actor(), ref=ref, now=now())
    return render("decisions/give_up.html", status=form.status, form=form, place=place, may=place.phase in GIVING_UP)


# --- everybody ----------------------------------------------------------------------------------------------------


@plain(bp, "/decisions/<ref>", permission=Permission.READ_PUBLIC)
def permanent(ref: str) -> ResponseReturnValue:
    """The address that is printed: to the page, in the reader's language."""
    return redirect("decisions.decision", ref=ref)


@page(bp, "/decisions/<ref>", permission=Permission.READ_PUBLIC)
def decision(ref: str) -> ResponseReturnValue:
    """A published decision: the same facts as its PDF."""
    with reading() as session:
        view = queries.published_decision(session, ref, now=now())
        after = queries.aftermath_of(session, view, now=now())
    return render("decisions/decision.html", decision=view, after=after, d=view.document, **_words(view))


@plain(bp, "/decisions/<ref>.pdf", permission=Permission.READ_PUBLIC)
def published_pdf(ref: str) -> ResponseReturnValue:
    """The signed file, the same bytes for good."""
    return _pdf(ref, kept=True)


@plain(bp, "/decisions/<ref>/<int:number>.pdf", permission=Permission.READ_PUBLIC)
def edition_pdf(ref: str, number: int) -> ResponseReturnValue:
    """The signed file with the time-stamps that it got later."""
    with reading() as session:
        digest = queries.edition_file(session, ref, number)
    return _file(store(config()).get(digest), "application/pdf", f"{ref}-{number}.pdf", kept=True)


@plain(bp, "/decisions/<ref>.json", permission=Permission.READ_PUBLIC)
def published_json(ref: str) -> ResponseReturnValue:
    """The decision as data, byte for byte what was hashed."""
    with reading() as session:
        text = queries.published_text(session, ref)
    return _file(text.encode(), "application/json", f"{ref}.json", kept=True)


def _pdf(ref: str, *, kept: bool) -> ResponseReturnValue:
    with reading() as session:
        digest = queries.readable_file(session, ref, actor=actor(), published=kept)
    return _file(store(config()).get(digest), "application/pdf", f"{ref}.pdf", kept=kept)


def _file(content: bytes, media_type: str, name: str, *, kept: bool) -> ResponseReturnValue:
    response = flask.Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    if kept:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
