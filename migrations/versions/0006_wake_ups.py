"""On PostgreSQL, Procrastinate's tables: workers of other processes hear of work by its jobs.

The SQL is the package's own, so that tables and package always fit; requirements pin it to
one minor version, and a test notices when that brings a change of its schema. Such a release of
ours adds a revision that runs the package's migration files newer than the one noted here.
"""

from pathlib import Path
from typing import Any

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Every job is inserted, updated and deleted within milliseconds: by the usual rule, a fifth of the
# table dead, an empty table would never be due while the indexes fetching walks grow.
VACUUM_SOON = (
    "ALTER TABLE {} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)"
)


def upgrade() -> None:
    """Create them, and note which of the package's migrations they correspond to."""
    if op.get_bind().dialect.name != "postgresql":
        return
    from procrastinate.schema import SchemaManager

    driver: Any = op.get_bind().connection.dbapi_connection
    driver.execute(SchemaManager.get_schema())  # without parameters: many statements at once
    newest = max(each.name for each in Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    driver.execute(f"COMMENT ON TABLE procrastinate_jobs IS '{newest}'")
    for table in ("procrastinate_jobs", "procrastinate_events"):
        driver.execute(VACUUM_SOON.format(table))


DROP = """
DO $$ DECLARE each regprocedure; BEGIN
    DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
        procrastinate_workers CASCADE;
    FOR each IN SELECT oid FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' LOOP
        EXECUTE 'DROP FUNCTION ' || each;
    END LOOP;
    DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type,
        procrastinate_job_status;
END $$
"""


def downgrade() -> None:
    """Remove them; jobs hold nothing that the conversations do not."""
    if op.get_bind().dialect.name == "postgresql":
        driver: Any = op.get_bind().connection.dbapi_connection
        driver.execute(DROP)
