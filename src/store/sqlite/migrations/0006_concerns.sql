-- What people said of ads. Texts are sealed under the data key of the alias: erasing the key erases them.
CREATE TABLE concerns (
    seq         INTEGER PRIMARY KEY,
    tenant      TEXT    NOT NULL,
    concern_id  TEXT    NOT NULL,
    decision_id BLOB    NOT NULL,
    ad          INTEGER NOT NULL, -- place among the ads of the decision
    alias       BLOB    NOT NULL,
    topic       TEXT    NOT NULL,
    at          INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    text        BLOB    NOT NULL, -- sealed
    answered_at INTEGER,
    outcome     TEXT,
    answer      BLOB,             -- sealed
    UNIQUE (tenant, concern_id)
) STRICT;

CREATE INDEX concerns_by_alias ON concerns (tenant, alias, seq);

CREATE TABLE feedback (
    tenant      TEXT    NOT NULL,
    decision_id BLOB    NOT NULL,
    ad          INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    alias       BLOB    NOT NULL,
    at          INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    PRIMARY KEY (tenant, decision_id, ad, kind)
) STRICT, WITHOUT ROWID;

CREATE INDEX feedback_by_alias ON feedback (tenant, alias);
