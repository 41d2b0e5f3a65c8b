"""Files from outside: checked by their content, then written anew by the library that really reads them.

Nothing of an upload is kept as it came. A picture is decoded and encoded again, upright and without its metadata.
A PDF is taken apart and saved again without what acts or hides: scripts, actions, embedded files, metadata.
Both happen in a process of its own with limits on time and memory; a file that exceeds them is refused.

    upload = accept(store, data, name)      # raises RuleBroken, one sentence that says what is wrong
    headers(media_type, digest, name)       # how it is served: as an attachment that no browser opens as a page
"""

import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import pikepdf
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from procurement.errors import N_, Problem, RuleBroken
from procurement.isolated import Isolated, LimitExceeded
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
        outcome = _checker.run(rewrite, data, max_bytes)
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


def rewrite(data: bytes, max_bytes: int = MAX_BYTES) -> Rewritten | Problem:
    """`data` written anew, or what is wrong with it. Same bytes in, same bytes out."""
    if not data:
        return Problem(EMPTY)
    if len(data) > max_bytes:
        return Problem(TOO_LARGE, {"limit": max_bytes // MEGABYTE})
    if data.startswith(b"%PDF-"):
        return _rewrite_pdf(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _rewrite_picture(data, "JPEG")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _rewrite_picture(data, "PNG")
    return Problem(WRONG_KIND)


# -- pictures -----------------------------------------------------------------------------------------------


def _rewrite_picture(data: bytes, kind: str) -> Rewritten | Problem:
    try:
        # Only the decoder that the first bytes call for: Pillow knows many more formats than are wanted here.
        # WeasyPrint, where it runs in the same process, has Pillow forgive truncated files; here they are damaged.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return Problem(TOO_MANY_PIXELS, {"limit": MAX_PIXELS // 1_000_000})
            if getattr(picture, "n_frames", 1) > 1:
                return Problem(ANIMATED)
            picture.load()
            upright = ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return Problem(DAMAGED)
    upright.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    if kind == "JPEG":
        _pixels_only(upright, "RGB").save(out, "JPEG", quality=88, optimize=True, progressive=True)
        return Rewritten(out.getvalue(), JPEG, width=upright.width, height=upright.height)
    transparent = "A" in upright.getbands() or "transparency" in upright.info
    _pixels_only(upright, "RGBA" if transparent else "RGB").save(out, "PNG", optimize=True)
    return Rewritten(out.getvalue(), PNG, width=upright.width, height=upright.height)


def _pixels_only(picture: Image.Image, mode: str) -> Image.Image:
    """A copy that carries nothing but pixels: `info` would take EXIF, comments and profiles along."""
    converted = picture.convert(mode)
    bare = Image.new(mode, converted.size)
    bare.paste(converted)
    return bare


# -- PDF ----------------------------------------------------------------------------------------------------

# What acts, runs, leads elsewhere or hides (ISO 32000-2, 7.7.2 catalogue, 7.7.3 page, 12.6 actions, 12.7 forms).
_IN_CATALOGUE = (
    *("/OpenAction", "/AA", "/Names", "/JavaScript", "/AcroForm", "/Metadata", "/PieceInfo", "/Collection", "/AF"),
    *("/Legal", "/Perms", "/Requirements", "/URI", "/SpiderInfo", "/Threads", "/DSS", "/Extensions", "/DPartRoot"),
)
_IN_PAGES = ("/AA", "/Metadata", "/PieceInfo", "/AF", "/Thumb", "/B", "/PresSteps")
_ANYWHERE = ("/JS", "/AA", "/EF", "/RichMedia", "/RichMediaContent", "/XFA", "/Metadata", "/PieceInfo", "/AF")
# Annotations that only show something; those with files, media, forms or scripts go.
_HARMLESS_ANNOTATIONS = frozenset(
    (
        *("/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight", "/Underline"),
        *("/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink", "/Link"),
    )
)
_HARMLESS_ACTIONS = frozenset(("/GoTo", "/URI"))


def _rewrite_pdf(data: bytes) -> Rewritten | Problem:
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=True, inherit_page_attributes=True) as pdf:
            if pdf.is_encrypted:
                return Problem(ENCRYPTED)
            pages = len(pdf.pages)
            if pages == 0:
                return Problem(NO_PAGES)
            if pages > MAX_PAGES:
                return Problem(TOO_MANY_PAGES, {"pages": pages, "limit": MAX_PAGES})
            _disarm(pdf)
            out = io.BytesIO()
            pdf.save(
                out,
                deterministic_id=True,
                object_stream_mode=pikepdf.ObjectStreamMode.generate,
                compress_streams=True,
                fix_metadata_version=False,
            )
    except pikepdf.PasswordError:
        return Problem(ENCRYPTED)
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, RecursionError):
        return Problem(DAMAGED)
    return Rewritten(out.getvalue(), PDF, pages=pages)


def _disarm(pdf: pikepdf.Pdf) -> None:
    # What was filled in stays readable: fields become part of the page before the form goes.
    pdf.generate_appearance_streams()
    pdf.flatten_annotations("print")
    for key in _IN_CATALOGUE:
        _drop(pdf.Root, key)
    _drop(pdf.trailer, "/Info")
    for page in pdf.pages:
        for key in _IN_PAGES:
            _drop(page.obj, key)
        annotations = page.obj.get("/Annots")
        if isinstance(annotations, pikepdf.Array):
            page.obj["/Annots"] = pikepdf.Array([note for note in annotations.as_list() if _harmless(note)])
    for item in pdf.objects:
        _disarm_object(item)
    pdf.remove_unreferenced_resources()


def _disarm_object(top: Any) -> None:
    """Disarm an object and what is written inside it; what it refers to comes by itself."""
    waiting = [top]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Array):
            waiting += [child for child in item.as_list() if _is_inside(child)]
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            for key in _ANYWHERE:
                _drop(item, key)
            for key in ("/A", "/PA", "/Next"):
                if not _harmless_action(item.get(key)):
                    _drop(item, key)
            if isinstance(item, pikepdf.Stream) and item.get("/Filter") == pikepdf.Name.DCTDecode:
                item.write(_without_exif(item.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)
            waiting += [child for _, child in item.items() if _is_inside(child)]


def _is_inside(child: Any) -> bool:
    return isinstance(child, pikepdf.Array | pikepdf.Dictionary) and not child.is_indirect


def _harmless_action(action: Any) -> bool:
    if isinstance(action, pikepdf.Array):
        return False  # several actions after one another; nothing else under these keys is a list
    if not isinstance(action, pikepdf.Dictionary) or "/S" not in action:
        return True  # these keys have other meanings elsewhere: outline items are linked by /Next
    return str(action["/S"]) in _HARMLESS_ACTIONS


def _harmless(annotation: Any) -> bool:
    return isinstance(annotation, pikepdf.Dictionary) and str(annotation.get("/Subtype")) in _HARMLESS_ANNOTATIONS


def _without_exif(jpeg: bytes) -> bytes:
    """A JPEG stream without its application and comment segments, but for JFIF, colour profile and Adobe's marker."""
    kept, at = bytearray(jpeg[:2]), 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or marker in (0xE0, 0xE2, 0xEE):
            kept += jpeg[at : at + 2 + length]
        at += 2 + length
    return bytes(kept + jpeg[at:])


def _drop(item: Any, key: str) -> None:
    if key in item:
        del item[key]


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
