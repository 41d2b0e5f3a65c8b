"""Run migrations on the connection that `procurement.schema` hands over. There is no alembic.ini."""

from alembic import context

from procurement.schema import metadata, render_item

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_item,
)
# The transaction is the caller's: an upgrade over several migrations happens as a whole or not at all.
context.run_migrations()
