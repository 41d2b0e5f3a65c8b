"""Pages of letters, of debriefs, and of the papers that are drawn up in a round."""

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from procurement import mail, storage
from procurement.access import Permission
from procurement.decisions.wording import WORDS
from procurement.errors import N_, NotFound
from procurement.mail import Delivery
from procurement.masking import SHOWN_NAMES, TABLE
from procurement.papers import debriefs, queries, subscribing
from procurement.papers.forms import PreferenceForm, StopForm, follow_form
from procurement.papers.rules import OUTCOMES, PAPERS
from procurement.web import (
    actor,
    config,
    csrf,
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

bp = Blueprint("papers", __name__)


@page(bp, "/letters/", permission=Permission.HAVE_ACCOUNT, menu=N_("My letters"))
def letters() -> ResponseReturnValue:
    """Every letter that was written to this account, newest first; of one matter with `?about=`."""
    about, before = request.args.get("about", "")[:60], request.args.get("before", "")
    with reading() as session:
        found = mail.letters_of(
            session,
            config(),
            user_id=actor().user_id or 0,
            about=about,
            before=int(before) if before.isdecimal() else None,
            limit=21,
        )
        delivery = mail.delivery_of(session, actor().user_id or 0)
    return render(
        "papers/letters.html",
        letters=found[:20],
        about=about,
        following=found[19].id if len(found) > 20 else None,
        delivery=delivery,
    )


@page(bp, "/letters/<key>", permission=Permission.READ_PUBLIC)
@limiter.limit("60/minute")
def letter(key: str) -> ResponseReturnValue:
    """One letter at its permanent address, for its recipient alone."""
    with reading() as session:
        found = mail.letter_by_key(session, config(), key)
    if found is None or (found.user_id is not None and found.user_id != actor().user_id):
        if not actor().signed_in:
            # Whether there is such a letter is told to its recipient only.
            return redirect("accounts.sign_in", next=request.full_path.rstrip("?"))
        raise NotFound(N_("There is no such letter, or it is not yours."))
    return _private(
        render("papers/letter.html", kept=found, letter=found.letter, blocks=list(mail.blocks(found.letter.body)))
    )


def _private(answer: ResponseReturnValue) -> Response:
    """An answer that nobody but its reader keeps or lists."""
    response = make_response(answer)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@page(bp, "/letters/preferences", permission=Permission.HAVE_ACCOUNT, methods=["GET", "POST"])
def preferences() -> ResponseReturnValue:
    """Choose how the letters come that need not come at once."""
    with reading() as session:
        chosen = mail.delivery_of(session, actor().user_id or 0)
    form = PreferenceForm(data={"delivery": chosen.value})
    if form.validate_on_submit():
        with transaction() as session:
            mail.prefer(session, user_id=actor().user_id or 0, delivery=Delivery(form.delivery.data), now=now())
        flash(N_("Your choice is saved."))
        return redirect("papers.letters")
    return render("papers/preferences.html", status=form.status, form=form)


@page(bp, "/letters/stop/<key>", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("30/minute")
def stop(key: str) -> ResponseReturnValue:
    """Stop the digest by the link in it. A POST does it at once: mail programs send it by themselves (RFC 8058)."""
    if request.method == "POST":
        with transaction() as session:
            known = mail.prefer_by_key(session, key=key, now=now())
        if not known:
            raise NotFound(N_("This link is not valid."))
        return _private(render("papers/stopped.html"))
    return _private(render("papers/stop.html", form=StopForm(formdata=None)))


csrf.exempt(stop)


# --- followers without an account ---------------------------------------------------------------------------------


@page(bp, "/follow", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("10/hour;30/day", methods=["POST"])
def follow() -> ResponseReturnValue:
    """Ask for news by mail, of a list or, with `?round=`, of a round."""
    ref = request.args.get("round", "")[:20] or None
    form = follow_form(ref)
    if form.validate_on_submit():
        with refusals_into(form):
            with transaction() as session:
                subscribing.subscribe(
                    session,
                    now=now(),
                    address=form.address.data or "",
                    what=form.what.data or "",
                    language=language(),
                )
            return redirect("papers.follow_asked")
    if request.method == "GET":
        form.what.data = ref or request.args.get("list") or None
    return render("papers/follow.html", status=form.status, form=form)


@page(bp, "/follow/asked", permission=Permission.READ_PUBLIC)
def follow_asked() -> ResponseReturnValue:
    """Look into your mailbox: the same for everybody, so that nobody learns who follows what."""
    return render("papers/follow_asked.html", days=subscribing.WAIT.days)


@page(bp, "/follow/<key>", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("60/hour")
def follow_confirm(key: str) -> ResponseReturnValue:
    """What the link in the mailbox leads to: a button, since programs follow links by themselves."""
    form = StopForm()
    if form.validate_on_submit():
        with transaction() as session:
            subscribing.confirm(session, now=now(), key=key)
        return redirect("papers.follow_confirm", key=key)
    with reading() as session:
        found = subscribing.followed(session, now=now(), key=key)
    return _private(render("papers/follow_confirm.html", form=form, found=found))


@page(bp, "/follow/<key>/stop", permission=Permission.READ_PUBLIC, methods=["GET", "POST"])
@limiter.limit("60/hour")
def follow_stop(key: str) -> ResponseReturnValue:
    """Stop by the link in a letter. A POST does it at once: mail programs send it by themselves (RFC 8058)."""
    if request.method == "POST":
        with transaction() as session:
            subscribing.stop(session, key=key)
        return _private(render("papers/follow_stopped.html"))
    return _private(render("papers/follow_stop.html", form=StopForm(formdata=None)))


csrf.exempt(follow_stop)


# --- debriefs -----------------------------------------------------------------------------------------------------


@page(bp, "/debriefs/<ref>", permission=Permission.HAVE_ACCOUNT)
def debrief(ref: str) -> ResponseReturnValue:
    """The result of one application, told to its applicant: to read and to print."""
    with reading() as session:
        found = debriefs.debrief_for(session, ref, actor=actor(), now=now())
    return _private(render("papers/debrief.html", told=found, outcomes=OUTCOMES, say=say))


# --- papers of a round --------------------------------------------------------------------------------------------


@page(bp, "/rounds/<ref>/papers", permission=Permission.READ_PUBLIC)
def round_papers(ref: str) -> ResponseReturnValue:
    """Every paper that was drawn up in a round."""
    with reading() as session:
        found = queries.round_with_papers(session, ref)
    return render("papers/round.html", round=found, kinds=PAPERS)


@plain(bp, "/papers/<ref>", permission=Permission.READ_PUBLIC)
def permanent(ref: str) -> ResponseReturnValue:
    """The address that is printed: to the page, in the reader's language."""
    return redirect("papers.paper", ref=ref)


@page(bp, "/papers/<ref>", permission=Permission.READ_PUBLIC)
def paper(ref: str) -> ResponseReturnValue:
    """One paper: its files, and what it says."""
    with reading() as session:
        found = queries.find_paper(session, ref)
    return render("papers/paper.html", paper=found, d=found.content, kinds=PAPERS, words=WORDS)


@plain(bp, "/papers/<ref>.<language>.pdf", permission=Permission.READ_PUBLIC)
def paper_pdf(ref: str, language: str) -> ResponseReturnValue:
    """A paper as PDF, the same bytes for good."""
    with reading() as session:
        files = queries.find_paper(session, ref).files
    if language not in files:
        raise NotFound(N_("There is no paper “%(ref)s”."), ref=ref[:40])
    digest = files[language].digest
    return _file(storage.store(config()).get(digest), "application/pdf", f"{ref}-{language}.pdf")


@plain(bp, "/papers/<ref>.json", permission=Permission.READ_PUBLIC)
def paper_json(ref: str) -> ResponseReturnValue:
    """A paper as data, byte for byte what was hashed."""
    with reading() as session:
        text = queries.find_paper(session, ref).text
    return _file(text.encode(), "application/json", f"{ref}.json")


def _file(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


# --- personal data ------------------------------------------------------------------------------------------------


@page(bp, "/personal-data", permission=Permission.READ_PUBLIC)
def personal_data() -> ResponseReturnValue:
    """What may be read of whom: the table that every page, export and document follows."""
    return render("papers/personal_data.html", rules=TABLE.values(), shown=SHOWN_NAMES)
