"""What is searched: derived from what is public, thrown away and made again at any time."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from procurement.db import Base, UTCDateTime

_DERIVED = {"unlogged": "derived from what is public already; made anew from it at any time"}


class SearchDocument(Base):
    """One public page and the words under which it is found (words.words_in). `scope`: what it is made anew with, the
    ref of a round or "merchants". No names are kept here: the page of answers reads them where they stand."""

    __tablename__ = "search_document"
    __table_args__ = (Index("ix_search_document_scope", "scope"), {"info": _DERIVED})

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))  # search.SearchKind
    ref: Mapped[str] = mapped_column(String(40), unique=True)
    scope: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(Text)  # words of the heading, which count most
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class SearchState(Base):
    """How many entries of the public log the documents follow from. One row."""

    __tablename__ = "search_state"
    __table_args__ = ({"info": _DERIVED},)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
