"""The guides for each role, on the site and in the repository the same text: docs/guides/<role>.<language>.md."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from procurement.access import Permission
from procurement.errors import N_, NotFound
from procurement.web import language, page, render

bp = Blueprint("guides", __name__)

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "guides"
ROLES = {
    "citizen": N_("For citizens"),
    "merchant": N_("For merchants"),
    "member": N_("For committee members"),
    "organiser": N_("For organisers"),
    "supervisor": N_("For supervisors"),
    "official": N_("For promoting officials"),
    "administrator": N_("For administrators"),
}
"""Guide → its title, in the order of the list."""

_CLASSES = {
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "p": "govuk-body",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "a": "govuk-link",
}


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as HTML without its title. `sections`: (heading, id)."""

    title: str
    html: Markup
    sections: tuple[tuple[str, str], ...]


@page(bp, "/guides/", permission=Permission.READ_PUBLIC)
def guides() -> ResponseReturnValue:
    """The list of guides."""
    return render("portal/guides.html", roles=ROLES)


@page(bp, "/guides/<role>", permission=Permission.READ_PUBLIC)
def guide(role: str) -> ResponseReturnValue:
    """One guide, in the language of the page."""
    if role not in ROLES:
        raise NotFound(N_("There is no such guide."))
    return render("portal/guide.html", guide=read(role, language()))


@lru_cache(maxsize=32)
def read(role: str, lang: str) -> Guide:
    """The guide for `role` (a key of ROLES) in "en" or "zh". HTML in the text is not let through."""
    # Loaded when first needed: a large library that few pages use.
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    markdown = MarkdownIt("commonmark", {"html": False})
    tokens = markdown.parse((FOLDER / f"{role}.{lang}.md").read_text(encoding="utf-8"))
    title = tokens[1].content
    body = tokens[3:]
    sections: list[tuple[str, str]] = []
    for token, inside in zip(body, [*body[1:], Token("end", "", 0)], strict=True):
        if token.nesting == 1 and token.tag in _CLASSES:
            token.attrSet("class", _CLASSES[token.tag])
        if token.type == "heading_open" and token.tag == "h2":
            sections.append((inside.content, f"section-{len(sections) + 1}"))
            token.attrSet("id", sections[-1][1])
    # What is in a list item follows its bullet, not as a paragraph of its own.
    return Guide(title, Markup(markdown.renderer.render(body, markdown.options, {})), tuple(sections))  # noqa: S704
