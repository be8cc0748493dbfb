-- Whatever belongs to a tenant says so; `chain_head` alone is about the log as a whole.

CREATE TABLE decisions (
    seq           INTEGER PRIMARY KEY,
    version       INTEGER NOT NULL,
    tenant        TEXT    NOT NULL,
    decision_id   BLOB    NOT NULL,
    impression_id TEXT    NOT NULL,
    alias         BLOB    NOT NULL,
    at            INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    body_digest   BLOB    NOT NULL,
    envelope      BLOB    NOT NULL,
    previous_hash BLOB    NOT NULL,
    hash          BLOB    NOT NULL,
    UNIQUE (tenant, impression_id),
    UNIQUE (tenant, decision_id)
) STRICT;

-- Length and last hash of the chain: what shows that the newest rows were cut off.
CREATE TABLE chain_head (
    id     INTEGER PRIMARY KEY CHECK (id = 0),
    length INTEGER NOT NULL,
    hash   BLOB    NOT NULL
) STRICT;

INSERT INTO chain_head VALUES (0, 0, zeroblob(32));

-- One row per alias; `subject_key` is null for the one-off alias of a decision about nobody.
CREATE TABLE subjects (
    tenant           TEXT NOT NULL,
    alias            BLOB NOT NULL,
    subject_key      BLOB,
    wrapped_data_key BLOB NOT NULL,
    PRIMARY KEY (tenant, alias),
    UNIQUE (tenant, subject_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    seq          INTEGER PRIMARY KEY,
    tenant       TEXT    NOT NULL,
    event_id     TEXT    NOT NULL,
    subject_key  BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    attributes   TEXT    NOT NULL, -- a JSON object, names ascending
    spend_micros INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    UNIQUE (tenant, event_id)
) STRICT;

CREATE TABLE promotions (
    seq      INTEGER PRIMARY KEY,
    tenant   TEXT    NOT NULL,
    response TEXT    NOT NULL,
    version  TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    action   TEXT    NOT NULL CHECK (action IN ('promote', 'rollback')),
    previous TEXT
) STRICT;

CREATE INDEX promotions_by_response ON promotions (tenant, response, seq);
