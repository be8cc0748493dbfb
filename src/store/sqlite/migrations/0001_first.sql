-- Whatever belongs to a tenant says so; chains, heads and seals alone are about the log as a whole.

-- Decisions: in clear are only place, day, alias and the name under which a decision is asked for.
CREATE TABLE decisions (
    seq         INTEGER PRIMARY KEY, -- day << 46 | writer << 32 | place in the chain of that writer and day, from 1
    version     INTEGER NOT NULL,
    tenant      TEXT    NOT NULL,
    decision_id BLOB    NOT NULL, -- a keyed hash of tenant and impression, so that an impression is decided on once
    alias       BLOB    NOT NULL,
    body_digest BLOB    NOT NULL, -- keyed
    commitment  BLOB    NOT NULL, -- SHA-256 of what the envelope holds, salt first
    hash        BLOB    NOT NULL, -- the leaf's, over this row and the hash of the row before it in its chain
    envelope    BLOB    NOT NULL
) STRICT;

-- By which names decisions are found: their own, and the alias. A decision joins some time after it was appended.
CREATE TABLE decision_index (
    name BLOB    NOT NULL,
    seq  INTEGER NOT NULL,
    PRIMARY KEY (name, seq)
) STRICT, WITHOUT ROWID;

-- What one writer appended on one day, with the last head of it that was signed. Whoever opens a store claims a
-- writer's number of the day with the first decision that it appends.
CREATE TABLE chains (
    day       INTEGER NOT NULL, -- since 1970-01-01 UTC
    writer    INTEGER NOT NULL,
    claim     BLOB    NOT NULL, -- who appends
    indexed   INTEGER NOT NULL DEFAULT 0, -- up to this place of it, names are in `decision_index`
    sealed    INTEGER NOT NULL DEFAULT 0,
    row_count INTEGER NOT NULL DEFAULT 0, -- how many it has, once it is sealed
    length    INTEGER NOT NULL DEFAULT 0,
    root      BLOB,
    at        INTEGER, -- microseconds since 1970-01-01 UTC
    key       TEXT,
    signature BLOB,
    PRIMARY KEY (day, writer)
) STRICT, WITHOUT ROWID;

-- The last head of each chain that nothing is appended to any more; seals are chained themselves. They outlive the
-- decisions of the day.
CREATE TABLE seals (
    ordinal          INTEGER PRIMARY KEY,
    day              INTEGER NOT NULL,
    writer           INTEGER NOT NULL,
    length           INTEGER NOT NULL,
    root             BLOB    NOT NULL,
    previous         BLOB    NOT NULL, -- hash of the statement of the seal before
    at               INTEGER NOT NULL,
    key              TEXT    NOT NULL,
    signature        BLOB    NOT NULL,
    expired_at       INTEGER, -- when the decisions were deleted because their time was over
    expiry_signature BLOB,
    UNIQUE (day, writer)
) STRICT;

-- One row per alias; `subject_key` is null for the one-off alias of a decision about nobody. A person has one alias, or
-- several if two pseudonyms were found to be of one person.
CREATE TABLE subjects (
    tenant           TEXT NOT NULL,
    alias            BLOB NOT NULL,
    subject_key      BLOB,
    wrapped_data_key BLOB NOT NULL,
    wrapped_by       INTEGER NOT NULL, -- the wrapping key
    PRIMARY KEY (tenant, alias)
) STRICT, WITHOUT ROWID;

CREATE INDEX subjects_by_subject ON subjects (tenant, subject_key) WHERE subject_key IS NOT NULL;

-- Other processes read on from a place: none is given twice, though the last row may go.
CREATE TABLE events (
    seq          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant       TEXT    NOT NULL,
    event_id     TEXT    NOT NULL,
    subject_key  BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    attributes   TEXT    NOT NULL, -- a JSON object, names ascending
    spend_micros INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    times        INTEGER NOT NULL, -- how often it happened: 1, unless it is the sum of a day
    folded       INTEGER NOT NULL, -- whether it is
    UNIQUE (tenant, event_id)
) STRICT;

CREATE INDEX events_single ON events (at) WHERE folded = 0;

-- Ids of events that were folded or taken back, for as long as such an event may be told again.
CREATE TABLE event_ids (
    tenant      TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,
    subject_key BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    folded_into TEXT, -- the id of the sum; null if the event was taken back
    PRIMARY KEY (tenant, event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_ids_by_subject ON event_ids (tenant, subject_key);

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

-- What people told the service of their data and of ads, one row a change; rows are never updated. What they
-- come to is folded when it is read, so that there is one truth.
--
-- The person is named by the keyed pseudonym alone, as in `events`, and rows are not sealed as decisions are:
-- every decision about the person needs them before the person's alias is looked up, `statements` holds no
-- free text (purposes by number, and the names of advertisers, categories and data that are objected to), and
-- to erase a person is to delete the rows of the pseudonym.
CREATE TABLE choices (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT    NOT NULL,
    subject_key BLOB    NOT NULL,
    change_id   TEXT    NOT NULL,
    at          INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    teller      TEXT    NOT NULL CHECK (teller IN ('person', 'controller')),
    statements  TEXT    NOT NULL, -- a JSON array, in the order in which they were made
    UNIQUE (tenant, change_id)
) STRICT;

CREATE INDEX choices_by_subject ON choices (tenant, subject_key, seq);

-- The ads that a service knew, as decisions refer to them by place; kept once for each version.
CREATE TABLE listings (
    version BLOB PRIMARY KEY,
    ads     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The oldest wrapping key that new data keys may be wrapped by: a process that has not heard of a rotation must not
-- wrap a key that nobody can open any more.
CREATE TABLE wrapping (
    id      INTEGER PRIMARY KEY CHECK (id = 0),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO wrapping VALUES (0, 1);

-- The key by which people are named: under a pseudonym of an older one nothing new is kept.
CREATE TABLE naming (
    id      INTEGER PRIMARY KEY CHECK (id = 0),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO naming VALUES (0, 1);

-- People who got another pseudonym, for other processes on the store; they go with the key of the former one. Whoever has
-- the mark of the same pseudonym as the one before has an event that was put right.
CREATE TABLE renamings (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT    NOT NULL,
    was         BLOB    NOT NULL, -- the mark of the former pseudonym
    subject_key BLOB    NOT NULL
) STRICT;

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

-- How many events were not believed, by the day on which they were told; nothing else is kept of them.
CREATE TABLE quarantine (
    tenant TEXT    NOT NULL,
    day    INTEGER NOT NULL, -- since 1970-01-01 UTC
    cause  TEXT    NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (tenant, day, cause)
) STRICT, WITHOUT ROWID;
