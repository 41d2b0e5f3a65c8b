"""A paper to upload."""

import io

import pikepdf


def _blank() -> bytes:
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(target)
    return target.getvalue()


SMALL_PDF = _blank()
