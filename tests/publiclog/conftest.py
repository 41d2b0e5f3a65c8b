"""What the tests of the log share."""

from procurement.publiclog import models

TABLES = [
    table.__table__
    for table in (
        models.LogEntry,
        models.LogHead,
        models.LogTileHash,
        models.LogCheckpoint,
        models.LogDisclosure,
        models.LogErased,
    )
]
