"""Uploads: what is refused, and what is left of what is accepted."""

import io
from collections.abc import Callable
from urllib.parse import unquote

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore
from PIL import Image, PngImagePlugin

from procurement import uploads
from procurement.errors import Problem, RuleBroken
from procurement.rewriting import rewrite
from procurement.storage import Store
from procurement.uploads import JPEG, PDF, PNG, Rewritten, accept, clean_name, headers


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, kind, **options)
    return out.getvalue()


def pdf(prepare: Callable[[pikepdf.Pdf], None] = lambda _: None, *, pages: int = 1, **options: object) -> bytes:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    prepare(document)
    out = io.BytesIO()
    document.save(out, **options)
    return out.getvalue()


def kept(data: bytes) -> Rewritten:
    outcome = rewrite(data)
    assert isinstance(outcome, Rewritten), outcome
    return outcome


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", uploads.EMPTY),
        (b"x" * (uploads.MAX_BYTES + 1), uploads.TOO_LARGE),
        (b"GIF89a", uploads.WRONG_KIND),
        (b"<html><script>alert(1)</script>", uploads.WRONG_KIND),
        (b"MZ\x90\x00", uploads.WRONG_KIND),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", uploads.NEW_PHOTO),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", uploads.NEW_PHOTO),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", uploads.WRONG_KIND),
        (b" " + pdf(), uploads.WRONG_KIND),
        (b"%PDF-1.7\nnothing", uploads.DAMAGED),
        (b"\xff\xd8\xff\xe0 nothing", uploads.DAMAGED),
        (picture()[:200], uploads.DAMAGED),
        (picture("PNG")[:-30], uploads.DAMAGED),
        (pdf(encryption=pikepdf.Encryption(user="secret", owner="owner")), uploads.ENCRYPTED),
        (pdf(encryption=pikepdf.Encryption(user="", owner="owner")), uploads.ENCRYPTED),
        (pdf(pages=uploads.MAX_PAGES + 1), uploads.TOO_MANY_PAGES),
        (pdf(pages=0), uploads.NO_PAGES),
        (picture("PNG", (10_000, 5_001), "1"), uploads.TOO_MANY_PIXELS),
        (picture("PNG", save_all=True, append_images=[Image.new("RGB", (40, 20))]), uploads.ANIMATED),
    ],
)
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    outcome = rewrite(data)
    assert isinstance(outcome, Problem)
    assert outcome.message == message
    assert str(outcome)  # its parameters fit


def test_the_limits_themselves_are_accepted() -> None:
    assert kept(pdf(pages=uploads.MAX_PAGES)).pages == uploads.MAX_PAGES
    assert kept(picture("PNG", (10_000, 5_000), "1")).width == uploads.MAX_EDGE


def test_a_photograph_stands_upright_and_tells_nothing_of_the_photographer() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by a quarter
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    data = picture(exif=exif, comment=b"by me")
    assert b"taken at home" in data
    outcome = kept(data)
    assert (outcome.width, outcome.height) == (20, 40)
    assert b"taken at home" not in outcome.data
    assert b"by me" not in outcome.data
    with Image.open(io.BytesIO(outcome.data)) as result:
        assert not result.getexif()
        assert result.format == "JPEG"


def test_a_drawing_keeps_its_transparency_and_loses_its_text() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "somebody")
    outcome = kept(picture("PNG", mode="RGBA", pnginfo=info))
    assert b"somebody" not in outcome.data
    with Image.open(io.BytesIO(outcome.data)) as result:
        assert result.mode == "RGBA"


def test_what_follows_the_picture_is_gone() -> None:
    assert b"<script>" not in kept(picture() + b"<script>alert(1)</script>").data
    assert b"PK\x03\x04" not in kept(picture("PNG") + b"PK\x03\x04 an archive").data


def arm(document: pikepdf.Pdf) -> None:
    """Put everything into a PDF that an upload must not carry."""
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert('hidden')"))
    document.Root.OpenAction = document.make_indirect(script)
    document.Root.AA = pikepdf.Dictionary(WC=script)
    document.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=[pikepdf.String("a"), script]))
    document.attachments["payload.exe"] = pikepdf.AttachedFileSpec(document, b"MZ hidden", filename="payload.exe")
    document.docinfo["/Author"] = "hidden author"
    with document.open_metadata() as metadata:
        metadata["dc:creator"] = ["hidden author"]
    page = document.pages[0]
    page.obj.AA = pikepdf.Dictionary(O=script)
    page.obj.Annots = pikepdf.Array(
        [
            pikepdf.Dictionary(Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=script),
            pikepdf.Dictionary(
                Subtype=pikepdf.Name.Link,
                Rect=[0, 0, 9, 9],
                A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("hidden.exe")),
            ),
            pikepdf.Dictionary(
                Subtype=pikepdf.Name.Link,
                Rect=[0, 0, 9, 9],
                A=pikepdf.Dictionary(
                    S=pikepdf.Name.URI, URI=pikepdf.String("https://example.org/"), Next=pikepdf.Array([script])
                ),
            ),
            pikepdf.Dictionary(Subtype=pikepdf.Name.FileAttachment, Rect=[0, 0, 9, 9], Contents="hidden"),
        ]
    )


def test_a_pdf_is_disarmed() -> None:
    outcome = kept(pdf(arm))
    with pikepdf.open(io.BytesIO(outcome.data)) as result:
        assert set(result.Root.keys()) <= {"/Type", "/Pages"}
        assert "/Info" not in result.trailer
        assert len(result.attachments) == 0
        plain = b"".join(item.unparse(resolved=True) for item in result.objects if item is not None)
        assert b"hidden" not in plain
        assert b"JavaScript" not in plain
        assert b"Launch" not in plain
        assert b"https://example.org/" in plain, "an ordinary link stays"
    assert b"hidden" not in outcome.data
    assert outcome.pages == 1


def test_a_photograph_inside_a_pdf_loses_its_exif_too() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"

    def with_photograph(document: pikepdf.Pdf) -> None:
        stream = pikepdf.Stream(document, picture(exif=exif))
        stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
        stream.Width, stream.Height, stream.BitsPerComponent = 40, 20, 8
        stream.ColorSpace, stream.Filter = pikepdf.Name.DeviceRGB, pikepdf.Name.DCTDecode
        document.pages[0].obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream))
        document.pages[0].obj.Contents = pikepdf.Stream(document, b"40 0 0 20 0 0 cm /Im0 Do")

    data = pdf(with_photograph)
    assert b"taken at home" in data
    outcome = kept(data)
    assert b"taken at home" not in outcome.data
    with pikepdf.open(io.BytesIO(outcome.data)) as result:
        shown = pikepdf.PdfImage(result.pages[0].Resources.XObject.Im0).as_pil_image()
        assert shown.size == (40, 20)


def test_what_was_filled_into_a_form_stays_readable() -> None:
    def with_form(document: pikepdf.Pdf) -> None:
        appearance = pikepdf.Stream(document, b"BT (filled in) Tj ET")
        appearance.Type, appearance.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        appearance.BBox = pikepdf.Array([0, 0, 90, 20])
        field = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Tx,
                T=pikepdf.String("name"),
                V=pikepdf.String("filled in"),
                Rect=[10, 10, 100, 30],
                F=4,
                AP=pikepdf.Dictionary(N=appearance),
            )
        )
        document.pages[0].obj.Annots = pikepdf.Array([field])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))

    outcome = kept(pdf(with_form))
    with pikepdf.open(io.BytesIO(outcome.data)) as result:
        assert "/AcroForm" not in result.Root
        streams = [bytes(item.read_bytes()) for item in result.objects if isinstance(item, pikepdf.Stream)]
        assert any(b"filled in" in stream for stream in streams)


@pytest.mark.parametrize("data", [picture(), picture("PNG"), pdf(), pdf(arm)])
def test_the_same_file_gives_the_same_blob(data: bytes) -> None:
    assert kept(data).data == kept(data).data


@given(st.binary(max_size=300), st.sampled_from([b"%PDF-1.7\n", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]))
def test_rubbish_is_refused_and_never_an_error(data: bytes, start: bytes) -> None:
    assert isinstance(rewrite(start + data), Problem)


def test_accept_stores_what_was_rewritten() -> None:
    store = Store(MemoryStore())
    upload = accept(store, picture(), "照片.jpeg")
    assert (upload.media_type, upload.name, upload.width) == (JPEG, "照片.jpg", 40)
    assert len(store.get(upload.digest)) == upload.size


def test_accept_refuses_on_the_field() -> None:
    with pytest.raises(RuleBroken) as refused:
        accept(Store(MemoryStore()), b"GIF89a", "a.jpg", field="photo")
    assert [(p.message, p.field) for p in refused.value.problems] == [(uploads.WRONG_KIND, "photo")]


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\Users\\me\\检测报告.PDF", "检测报告.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie x.pdf"),
        ("photo\u202egpj.exe", "photo gpj.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_names_are_cleaned(given_name: str, shown: str) -> None:
    assert clean_name(given_name, PDF) == shown


@given(st.text())
def test_no_name_breaks_a_header(name: str) -> None:
    cleaned = clean_name(name, PNG)
    disposition = headers(PNG, "0" * 64, cleaned)["Content-Disposition"]
    assert disposition.isascii()
    assert unquote(disposition.split("''")[1]) == cleaned
