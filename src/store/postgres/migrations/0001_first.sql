-- Whatever belongs to a tenant says so. Texts compare by their bytes, as in the embedded store. Moments are
-- microseconds since 1970-01-01 UTC. Places (`seq`) ascend in the order of commits, because whoever writes them holds
-- the lock of the writers alone; they may have gaps.

-- By which keys what lies here is sealed; they are in the data folders of the processes that serve.
CREATE TABLE keys (
    id      bigint PRIMARY KEY CHECK (id = 0),
    told_by bytea NOT NULL
);

-- Decisions, a table for each day, made by whoever first claims a chain of it. In clear are only place, day, alias and
-- the name under which a decision is asked for.
CREATE TABLE decisions (
    seq         bigint PRIMARY KEY, -- day << 46 | writer << 32 | place in the chain of that writer and day, from 1
    version     bigint NOT NULL,
    tenant      text COLLATE "C" NOT NULL,
    decision_id bytea  NOT NULL, -- a keyed hash of tenant and impression, so that an impression is decided on once
    alias       bytea  NOT NULL,
    body_digest bytea  NOT NULL, -- keyed
    commitment  bytea  NOT NULL, -- SHA-256 of what the envelope holds, salt first
    hash        bytea  NOT NULL, -- the leaf's, over this row and the hash of the row before it in its chain
    envelope    bytea  NOT NULL
) PARTITION BY RANGE (seq);

ALTER TABLE decisions ALTER COLUMN envelope SET STORAGE EXTERNAL;

CREATE INDEX decisions_by_alias ON decisions (alias, seq);

-- Ids of decisions, unique over all days.
CREATE TABLE decision_ids (
    tenant      text COLLATE "C" NOT NULL,
    decision_id bytea  NOT NULL,
    seq         bigint NOT NULL,
    PRIMARY KEY (tenant, decision_id)
);

-- What one writer appended on one day, with the last head of it that was signed. Whoever opens a store claims a
-- writer's number of the day with the first decision that it appends.
CREATE TABLE chains (
    day       bigint  NOT NULL, -- since 1970-01-01 UTC
    writer    bigint  NOT NULL,
    claim     bytea   NOT NULL, -- who appends
    sealed    boolean NOT NULL DEFAULT false,
    length    bigint  NOT NULL DEFAULT 0,
    root      bytea,
    at        bigint,
    key       text,
    signature bytea,
    PRIMARY KEY (day, writer)
);

-- The last head of each chain that nothing is appended to any more; seals are chained themselves. They outlive the
-- decisions of the day.
CREATE TABLE seals (
    ordinal          bigint PRIMARY KEY,
    day              bigint NOT NULL,
    writer           bigint NOT NULL,
    length           bigint NOT NULL,
    root             bytea  NOT NULL,
    previous         bytea  NOT NULL, -- hash of the statement of the seal before
    at               bigint NOT NULL,
    key              text   NOT NULL,
    signature        bytea  NOT NULL,
    expired_at       bigint, -- when the decisions were deleted because their time was over
    expiry_signature bytea,
    UNIQUE (day, writer)
);

-- The ads that a service knew, as decisions refer to them by place; kept once for each version.
CREATE TABLE listings (
    version bytea PRIMARY KEY,
    ads     bytea NOT NULL
);

-- One row per alias; `subject_key` is null for the one-off alias of a decision about nobody. A person has one alias, or
-- several if two pseudonyms were found to be of one person.
CREATE TABLE subjects (
    tenant           text COLLATE "C" NOT NULL,
    alias            bytea  NOT NULL,
    subject_key      bytea,
    wrapped_data_key bytea  NOT NULL,
    wrapped_by       bigint NOT NULL,
    PRIMARY KEY (tenant, alias)
);

CREATE INDEX subjects_by_subject ON subjects (tenant, subject_key) WHERE subject_key IS NOT NULL;

-- The oldest key that new data keys may be wrapped by: a process that has not heard of a rotation must not wrap a key
-- that nobody can open any more.
CREATE TABLE wrapping (
    id      bigint PRIMARY KEY CHECK (id = 0),
    version bigint NOT NULL
);

INSERT INTO wrapping VALUES (0, 1);

-- The key by which people are named: under a pseudonym of an older one nothing new is kept.
CREATE TABLE naming (
    id      bigint PRIMARY KEY CHECK (id = 0),
    version bigint NOT NULL
);

INSERT INTO naming VALUES (0, 1);

-- People who got another pseudonym, for other processes on the store; they go with the key of the former one. Whoever has
-- the mark of the same pseudonym as the one before has an event that was put right.
CREATE TABLE renamings (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    was         bytea NOT NULL, -- the mark of the former pseudonym
    subject_key bytea NOT NULL
);

CREATE TABLE events (
    seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant       text COLLATE "C" NOT NULL,
    event_id     text COLLATE "C" NOT NULL,
    subject_key  bytea  NOT NULL,
    kind         text   NOT NULL,
    at           bigint NOT NULL,
    attributes   text   NOT NULL, -- a JSON object, names ascending
    spend_micros bigint NOT NULL,
    received_at  bigint NOT NULL,
    times        bigint NOT NULL, -- how often it happened: 1, unless it is the sum of a day
    folded       boolean NOT NULL, -- whether it is
    UNIQUE (tenant, event_id)
);

CREATE INDEX events_single ON events (at) WHERE NOT folded;

CREATE INDEX events_by_subject ON events (tenant, subject_key, seq);

-- Ids of events that were folded or taken back, for as long as such an event may be told again.
CREATE TABLE event_ids (
    tenant      text COLLATE "C" NOT NULL,
    event_id    text COLLATE "C" NOT NULL,
    subject_key bytea  NOT NULL,
    at          bigint NOT NULL,
    folded_into text COLLATE "C", -- the id of the sum; null if the event was taken back
    PRIMARY KEY (tenant, event_id)
);

CREATE INDEX event_ids_by_subject ON event_ids (tenant, subject_key);
CREATE INDEX event_ids_by_moment ON event_ids (at);

-- What people told the service of their data and of ads, one row a change; rows are never updated. The person is
-- named by the keyed pseudonym alone, and to erase a person is to delete the rows of the pseudonym.
CREATE TABLE choices (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    subject_key bytea  NOT NULL,
    change_id   text COLLATE "C" NOT NULL,
    at          bigint NOT NULL,
    teller      text   NOT NULL CHECK (teller IN ('person', 'controller')),
    statements  text   NOT NULL, -- a JSON array, in the order in which they were made
    UNIQUE (tenant, change_id)
);

CREATE INDEX choices_by_subject ON choices (tenant, subject_key, seq);

CREATE TABLE promotions (
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant   text COLLATE "C" NOT NULL,
    response text   NOT NULL,
    version  text   NOT NULL,
    at       bigint NOT NULL,
    action   text   NOT NULL CHECK (action IN ('promote', 'rollback')),
    previous text
);

CREATE INDEX promotions_by_response ON promotions (tenant, response, seq);

-- What was made of models by hand: edits, their undoing, imports, merges. Which version serves is in `promotions`.
CREATE TABLE model_changes (
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant   text COLLATE "C" NOT NULL,
    at       bigint NOT NULL,
    action   text   NOT NULL CHECK (action IN ('edit', 'undo', 'import', 'merge')),
    version  text   NOT NULL,
    previous text,
    who      text   NOT NULL,
    why      text   NOT NULL
);

CREATE INDEX model_changes_by_tenant ON model_changes (tenant, seq);

-- What stays of a person who was erased: a separately keyed hash, so that older data do not revive them.
CREATE TABLE suppressions (
    tenant    text COLLATE "C" NOT NULL,
    mark      bytea  NOT NULL,
    erased_at bigint NOT NULL,
    PRIMARY KEY (tenant, mark)
);

-- Aliases whose data keys are gone: no decision is appended under one.
CREATE TABLE erased_aliases (
    tenant text COLLATE "C" NOT NULL,
    alias  bytea NOT NULL,
    PRIMARY KEY (tenant, alias)
);

-- Every right that was exercised, without any data of the person.
CREATE TABLE rights (
    seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text COLLATE "C" NOT NULL,
    mark       bytea  NOT NULL,
    name       text   NOT NULL,
    at         bigint NOT NULL,
    by_key     text   NOT NULL, -- the id of the key that vouched for the person
    assurance  text   NOT NULL,
    wrapped_by bigint NOT NULL  -- the wrapping key of that moment
);

-- What people said of ads. Texts are sealed under the data key of the alias: erasing the key erases them.
CREATE TABLE concerns (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text COLLATE "C" NOT NULL,
    concern_id  text COLLATE "C" NOT NULL,
    decision_id bytea  NOT NULL,
    ad          bigint NOT NULL, -- place among the ads of the decision
    alias       bytea  NOT NULL,
    topic       text   NOT NULL,
    at          bigint NOT NULL,
    text        bytea  NOT NULL, -- sealed
    answered_at bigint,
    outcome     text,
    answer      bytea,           -- sealed
    UNIQUE (tenant, concern_id)
);

CREATE INDEX concerns_by_alias ON concerns (tenant, alias, seq);

CREATE TABLE feedback (
    tenant      text COLLATE "C" NOT NULL,
    decision_id bytea  NOT NULL,
    ad          bigint NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    alias       bytea  NOT NULL,
    at          bigint NOT NULL,
    PRIMARY KEY (tenant, decision_id, ad, kind)
);

CREATE INDEX feedback_by_alias ON feedback (tenant, alias);

-- How many events were not believed, by the day on which they were told; nothing else is kept of them.
CREATE TABLE quarantine (
    tenant text COLLATE "C" NOT NULL,
    day    bigint NOT NULL, -- since 1970-01-01 UTC
    cause  text COLLATE "C" NOT NULL,
    events bigint NOT NULL,
    PRIMARY KEY (tenant, day, cause)
);
