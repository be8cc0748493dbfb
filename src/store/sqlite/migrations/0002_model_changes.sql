-- What was made of models by hand: edits, their undoing, imports, merges. Which version serves is
-- in `promotions`.
CREATE TABLE model_changes (
    seq      INTEGER PRIMARY KEY,
    tenant   TEXT    NOT NULL,
    at       INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    action   TEXT    NOT NULL CHECK (action IN ('edit', 'undo', 'import', 'merge')),
    version  TEXT    NOT NULL,
    previous TEXT,
    who      TEXT    NOT NULL,
    why      TEXT    NOT NULL
) STRICT;

CREATE INDEX model_changes_by_tenant ON model_changes (tenant, seq);
