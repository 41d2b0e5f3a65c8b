"""Files from outside: checked by their content, then written anew by the library that really reads them.

Nothing of an upload is kept as it came. A picture is decoded and encoded again, upright and without its metadata.
A PDF is taken apart and saved again without what acts or hides: scripts, actions, embedded files, metadata.
Both happen in a process of its own with limits on time and memory; a file that exceeds them is refused.

    upload = accept(store, data, name)      # raises RuleBroken, one sentence that says what is wrong
    headers(media_type, digest, name)       # how it is served: as an attachment that no browser opens as a page
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from procurement.errors import N_, Problem, RuleBroken
from procurement.isolated import Isolated, LimitExceeded, called
from procurement.storage import Store

MEGABYTE = 1024 * 1024
MAX_BYTES = 10 * MEGABYTE
MAX_PIXELS = 50_000_000  # a 50-megapixel photograph; decoded it takes 150 MB
MAX_EDGE = 4000  # pixels; larger pictures are made smaller
MAX_PAGES = 200

PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
ENDINGS = {PDF: ".pdf", JPEG: ".jpg", PNG: ".png"}

EMPTY = N_("The file is empty.")
TOO_LARGE = N_("The file is larger than %(limit)s MB.")
WRONG_KIND = N_("The file is not a PDF, JPEG or PNG file, whatever its name says.")
NEW_PHOTO = N_(
    "The photograph is in the format of newer phones (HEIC or AVIF), which many people cannot open. Send it as JPEG: "
    "on an iPhone choose “Most Compatible” under Settings, Camera, Formats; or take a screenshot of it."
)
DAMAGED = N_("The file is damaged and cannot be read. Save it again and upload it once more.")
ENCRYPTED = N_("The PDF is protected by a password. Upload it without protection.")
TOO_MANY_PAGES = N_("The PDF has %(pages)s pages; at most %(limit)s are accepted.")
NO_PAGES = N_("The PDF has no pages.")
TOO_MANY_PIXELS = N_("The picture has more than %(limit)s million pixels.")
ANIMATED = N_("The picture is animated. Upload a still picture.")
TOO_COMPLEX = N_("The file takes too long to check. Save it in a simpler form and upload it once more.")

_checker = Isolated(seconds=20, memory=2048 * MEGABYTE, calls=200)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file after checking and rewriting. `digest` names the blob; `size` in bytes; `pages` for a PDF, `width` and
    `height` in pixels for a picture, else 0."""

    digest: str
    media_type: str
    size: int
    name: str
    pages: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The bytes that may be kept, and what they are."""

    data: bytes
    media_type: str
    pages: int = 0
    width: int = 0
    height: int = 0


def accept(store: Store, data: bytes, name: str, *, field: str | None = None, max_bytes: int = MAX_BYTES) -> Upload:
    """Check and rewrite `data`, store the result, and tell what it is.

    Raises RuleBroken with the one thing that is wrong, on the form field `field`.
    """
    try:
        outcome = _checker.run(called, "procurement.rewriting:rewrite", data, max_bytes)
    except LimitExceeded:
        outcome = Problem(TOO_COMPLEX)
    if isinstance(outcome, Problem):
        raise RuleBroken(replace(outcome, field=field))
    return Upload(
        digest=store.put(outcome.data),
        media_type=outcome.media_type,
        size=len(outcome.data),
        name=clean_name(name, outcome.media_type),
        pages=outcome.pages,
        width=outcome.width,
        height=outcome.height,
    )


# -- names and answers --------------------------------------------------------------------------------------

_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+')


def clean_name(name: str, media_type: str) -> str:
    """A name to show and to save under: no folders, no control or direction characters, the ending of its kind."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    stem = _UNFIT.sub(" ", last.rsplit(".", 1)[0] if "." in last[1:] else last)
    stem = re.sub(r"\s+", " ", stem).strip(" .")[:120]
    return (stem or "file") + ENDINGS[media_type]


def headers(media_type: str, digest: str, name: str) -> Mapping[str, str]:
    """Headers under which an upload is served: saved, not opened; never guessed at; powerless if it is opened."""
    return {
        "Content-Type": media_type if media_type in ENDINGS else "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "ETag": f'"{digest}"',
    }
