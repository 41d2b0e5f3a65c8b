"""What is kept of a file from outside: it is written anew by the library that really reads it.

This runs in a process of its own (`uploads.accept`): the server's processes never load the libraries it needs.
"""

import io
from typing import Any

import pikepdf
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from procurement.errors import Problem
from procurement.uploads import (
    ANIMATED,
    DAMAGED,
    EMPTY,
    ENCRYPTED,
    JPEG,
    MAX_BYTES,
    MAX_EDGE,
    MAX_PAGES,
    MAX_PIXELS,
    MEGABYTE,
    NEW_PHOTO,
    NO_PAGES,
    PDF,
    PNG,
    TOO_LARGE,
    TOO_MANY_PAGES,
    TOO_MANY_PIXELS,
    WRONG_KIND,
    Rewritten,
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
    if data[4:8] == b"ftyp" and data[8:12] in _NEW_PHOTOS:
        return Problem(NEW_PHOTO)
    return Problem(WRONG_KIND)


_NEW_PHOTOS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}
"""Brands of ISO/IEC 23008-12, 10 (HEIF) and of AVIF, at the place of ISO/IEC 14496-12, 4.3."""


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
