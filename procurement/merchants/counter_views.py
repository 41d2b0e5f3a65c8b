"""Pages of the counter: clerks help people without account or address, who may take over later what is theirs."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from procurement.access import Permission
from procurement.errors import N_
from procurement.merchants import counter, helping, queries
from procurement.merchants.forms import CounterForm, HelpForm, RemoveForm, TakeOverForm
from procurement.merchants.views import attachment, today, uploaded, words
from procurement.web import (
    actor,
    config,
    flash,
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

bp = Blueprint("counter", __name__)
bp.context_processor(words)


@page(bp, "/counter", permission=Permission.HELP_AT_COUNTER, menu=N_("Help at the counter"))
def home() -> ResponseReturnValue:
    """The businesses that a clerk helps."""
    with reading() as session:
        found = queries.helped(session, actor=actor(), now=now())
    return render("counter/home.html", helped=found, form=RemoveForm(formdata=None))


@page(bp, "/counter/new", permission=Permission.HELP_AT_COUNTER, methods=["GET", "POST"])
@limiter.limit("20/minute;200/hour", methods=["POST"])
def register() -> ResponseReturnValue:
    form = CounterForm()
    if form.validate_on_submit():
        with refusals_into(form):
            visit = helping.Visit(
                form.capacity.data,
                helping.IdentityDocument(form.document.data),
                bool(form.agreed.data),
                uploaded(form.paper) if form.paper.data else None,
            )
            with transaction() as session:
                ref = counter.register_at_counter(
                    session,
                    actor=actor(),
                    now=now(),
                    today=today(),
                    particulars=form.particulars(),
                    visit=visit,
                )
            flash(N_("The business is registered as %(ref)s. Now print the paper for the person."), ref=ref)
            return redirect("counter.code", ref=ref)
    return render("counter/register.html", status=form.status, form=form)


@page(bp, "/counter/consent", permission=Permission.HELP_AT_COUNTER)
def consent() -> ResponseReturnValue:
    """What a person agrees to, on a page to print and sign."""
    return render("counter/consent.html", agreed=helping.AGREED)


@page(bp, "/counter/<ref>/code", permission=Permission.HELP_AT_COUNTER, methods=["GET", "POST"])
@limiter.limit("20/minute;200/hour", methods=["POST"])
def code(ref: str) -> ResponseReturnValue:
    """The paper with the code: made and shown at one press, since the code is kept nowhere."""
    form = RemoveForm()
    with reading() as session:
        found = queries.dossier(session, actor=actor(), ref=ref, today=today())
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                made = counter.issue_code(session, actor=actor(), now=now(), ref=ref)
            return render(
                "counter/paper.html",
                dossier=found,
                code=made,
                days=helping.TAKE_OVER_DAYS,
                agreed=helping.AGREED,
                base=config().base_url,
            )
    return render("counter/code.html", status=form.status, form=form, dossier=found)


@page(bp, "/counter/<ref>/help", permission=Permission.HELP_AT_COUNTER, methods=["GET", "POST"])
@limiter.limit("20/minute;200/hour", methods=["POST"])
def help_business(ref: str) -> ResponseReturnValue:
    """Help a business with its signed paper."""
    form = HelpForm()
    with reading() as session:
        found = queries.dossier(session, actor=actor(), ref=ref, today=today())
    if form.validate_on_submit():
        with refusals_into(form):
            authority = uploaded(form.authority)
            with transaction() as session:
                counter.help_with_paper(
                    session, actor=actor(), now=now(), ref=ref, capacity=form.capacity.data, authority=authority
                )
            flash(N_("You now help this business. Whoever acts for it is told by mail."))
            return redirect("counter.home")
    return render("counter/help.html", status=form.status, form=form, dossier=found)


@page(bp, "/counter/<ref>/end", permission=Permission.HELP_AT_COUNTER, methods=["POST"])
def end(ref: str) -> ResponseReturnValue:
    """Help a business no longer."""
    with transaction() as session:
        counter.end_help(session, actor=actor(), now=now(), ref=ref)
    flash(N_("You no longer help this business."))
    return redirect("counter.home")


@plain(bp, "/counter/<ref>/signed", permission=Permission.HAVE_ACCOUNT)
def signed(ref: str) -> ResponseReturnValue:
    """What the person signed at the counter, as an attachment."""
    with reading() as session:
        found = queries.visit_paper(session, actor=actor(), ref=ref)
    return attachment(*found)


@page(bp, "/merchant/take-over", permission=Permission.OWN_BUSINESS, methods=["GET", "POST"])
@limiter.limit("10/minute;40/hour", methods=["POST"])
def take_over() -> ResponseReturnValue:
    """Take over a business with the code from the counter."""
    form = TakeOverForm()
    if form.validate_on_submit():
        with transaction() as session:
            ref = counter.take_over(session, actor=actor(), now=now(), code=form.code.data)
        if ref is not None:
            flash(N_("The business is yours now, and no clerk acts for it any more. Check its particulars."))
            return redirect("merchants.business", ref=ref)
        form.code.errors = [gettext(WRONG_CODE, tries=helping.TAKE_OVER_TRIES)]
    return render("counter/take_over.html", status=form.status, form=form)


WRONG_CODE = N_(
    "This code is not valid: it is mistyped, was used or replaced, or is too old. After %(tries)s wrong tries a code "
    "no longer works; the office then prints another one against your identity document."
)
