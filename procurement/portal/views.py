"""Public pages: what anybody may read, without an account."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from procurement.access import Permission
from procurement.errors import N_, NotFound
from procurement.portal.style import EveryField, invented_round
from procurement.web import config, now, page, plain, redirect, render

bp = Blueprint("portal", __name__)


@plain(bp, "/", permission=Permission.READ_PUBLIC)
def front_door() -> ResponseReturnValue:
    """To the home page, in the language that the browser asks for first."""
    return redirect("portal.home")


@page(bp, "/", permission=Permission.READ_PUBLIC)
def home() -> ResponseReturnValue:
    """What one can do now, then what was decided."""
    return render("portal/home.html")


@page(bp, "/how-to-check", permission=Permission.READ_PUBLIC)
def how_to_check() -> ResponseReturnValue:
    """What anybody can check, and with which command."""
    return render("portal/how_to_check.html")


@page(bp, "/accessibility", permission=Permission.READ_PUBLIC)
def accessibility() -> ResponseReturnValue:
    """The accessibility statement."""
    return render("portal/accessibility.html")


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
