"""What the public log says about papers."""

from procurement.errors import N_
from procurement.publiclog.entry import Code, Digest, Entry, Ref


class PaperMade(
    Entry,
    kind="paper.made",
    title=N_("A paper was drawn up from the record"),
    labels={
        "paper": N_("Paper"),
        "type": N_("What it is"),
        "about": N_("About"),
        "document": N_("SHA-256 of its content"),
        "en": N_("SHA-256 of the file in English"),
        "zh": N_("SHA-256 of the file in Chinese"),
    },
):
    """`type`: rules.PaperKind; `about`: the notice; `document`: of the RFC 8785 text; `en`, `zh`: of the PDFs."""

    paper: Ref
    type: Code
    about: Ref | None
    document: Digest
    en: Digest
    zh: Digest
