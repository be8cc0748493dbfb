-- Which wrapping key each data key is wrapped by, and the oldest one that new data keys may be wrapped by: a process
-- that has not heard of a rotation must not wrap a key that nobody can open any more.
ALTER TABLE subjects ADD COLUMN wrapped_by INTEGER NOT NULL DEFAULT 1;

CREATE TABLE wrapping (
    id      INTEGER PRIMARY KEY CHECK (id = 0),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO wrapping VALUES (0, 1);

-- What stays of a person who was erased: a separately keyed hash, so that older data do not revive them. Marks and
-- aliases are apart and in no order of time, so that neither leads to the other.
CREATE TABLE suppressions (
    tenant    TEXT    NOT NULL,
    mark      BLOB    NOT NULL,
    erased_at INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    PRIMARY KEY (tenant, mark)
) STRICT, WITHOUT ROWID;

-- Aliases whose data keys are gone: no decision is appended under one.
CREATE TABLE erased_aliases (
    tenant TEXT NOT NULL,
    alias  BLOB NOT NULL,
    PRIMARY KEY (tenant, alias)
) STRICT, WITHOUT ROWID;

-- Ids of events that were taken back: told again, they do not count again.
CREATE TABLE retracted_events (
    tenant   TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (tenant, event_id)
) STRICT, WITHOUT ROWID;

-- Every right that was exercised, without any data of the person.
CREATE TABLE rights (
    seq        INTEGER PRIMARY KEY,
    tenant     TEXT    NOT NULL,
    mark       BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    at         INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    by_key     TEXT    NOT NULL, -- the id of the key that vouched for the person
    assurance  TEXT    NOT NULL,
    wrapped_by INTEGER NOT NULL  -- the wrapping key of that moment
) STRICT;

CREATE INDEX rights_by_tenant ON rights (tenant, seq);
CREATE INDEX events_by_subject ON events (tenant, subject_key, seq);
CREATE INDEX decisions_by_alias ON decisions (alias, seq);
