"""The databases' own full-text search over `search_document`: FTS5 on SQLite, a GIN index on PostgreSQL.

The words come cut already (words.py), so that both databases find the same in Chinese, which neither can cut.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, MetaData, event, text
from sqlalchemy.sql.elements import TextClause

from procurement.db import Base

_CREATE: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_words USING fts5(title, body, content='search_document', content_rowid='id')",
        """CREATE TRIGGER search_document_added AFTER INSERT ON search_document BEGIN
        INSERT INTO search_words (rowid, title, body) VALUES (new.id, new.title, new.body); END""",
        """CREATE TRIGGER search_document_gone AFTER DELETE ON search_document BEGIN
        INSERT INTO search_words (search_words, rowid, title, body)
        VALUES ('delete', old.id, old.title, old.body); END""",
        """CREATE TRIGGER search_document_changed AFTER UPDATE ON search_document BEGIN
        INSERT INTO search_words (search_words, rowid, title, body)
        VALUES ('delete', old.id, old.title, old.body);
        INSERT INTO search_words (rowid, title, body) VALUES (new.id, new.title, new.body); END""",
    ),
    "postgresql": (
        """CREATE INDEX ix_search_document_words ON search_document
        USING gin ((setweight(to_tsvector('simple', title), 'A') || to_tsvector('simple', body)))""",
    ),
}
_DROP: dict[str, tuple[str, ...]] = {
    "sqlite": (
        "DROP TRIGGER search_document_added",
        "DROP TRIGGER search_document_gone",
        "DROP TRIGGER search_document_changed",
        "DROP TABLE search_words",
    ),
    "postgresql": ("DROP INDEX ix_search_document_words",),
}

_FIND = {
    "sqlite": """SELECT d.id FROM search_words JOIN search_document d ON d.id = search_words.rowid
        WHERE search_words MATCH :asked AND (:kind = '' OR d.kind = :kind)
        ORDER BY bm25(search_words, 8.0, 1.0), d.at DESC, d.id DESC LIMIT :limit OFFSET :offset""",
    "postgresql": """SELECT d.id FROM search_document d
        WHERE (setweight(to_tsvector('simple', title), 'A') || to_tsvector('simple', body))
            @@ to_tsquery('simple', :asked) AND (:kind = '' OR d.kind = :kind)
        ORDER BY ts_rank(setweight(to_tsvector('simple', title), 'A') || to_tsvector('simple', body),
            to_tsquery('simple', :asked)) DESC, d.at DESC, d.id DESC LIMIT :limit OFFSET :offset""",
}


def create_statements(dialect_name: str) -> list[str]:
    """The DDL, one statement each, for "sqlite" or "postgresql"."""
    return list(_CREATE[dialect_name])


def drop_statements(dialect_name: str) -> list[str]:
    """The DDL that takes it away again."""
    return list(_DROP[dialect_name])


def finding(dialect_name: str, words: Sequence[str], *, kind: str, limit: int, offset: int) -> TextClause:
    """The ids of the documents of `kind` ("": of any) that have all `words` (words.words_asked), best first. The last
    word may be the beginning of one, as somebody types it."""
    *whole, last = words
    if dialect_name == "sqlite":
        asked = " AND ".join([*(f'"{word}"' for word in whole), f'"{last}" *'])
    else:
        asked = " & ".join([*(f"'{word}'" for word in whole), f"'{last}':*"])
    return text(_FIND[dialect_name]).bindparams(asked=asked, kind=kind, limit=limit, offset=offset)


@event.listens_for(Base.metadata, "after_create")
def _create_with_table(_: MetaData, connection: Connection, **options: object) -> None:
    created = options.get("tables") or ()
    if any(getattr(table, "name", "") == "search_document" for table in created):  # type: ignore[attr-defined]
        for statement in create_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
