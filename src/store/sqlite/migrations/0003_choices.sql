-- What people told the service of their data and of ads, one row a change; rows are never updated. What they
-- come to is folded when it is read, so that there is one truth.
--
-- The person is named by the keyed pseudonym alone, as in `events`, and rows are not sealed as decisions are:
-- every decision about the person needs them before the person's alias is looked up, `statements` holds no
-- free text (purposes by number, and the names of advertisers, categories and data that are objected to), and
-- to erase a person is to delete the rows of the pseudonym.
CREATE TABLE choices (
    seq         INTEGER PRIMARY KEY,
    tenant      TEXT    NOT NULL,
    subject_key BLOB    NOT NULL,
    change_id   TEXT    NOT NULL,
    at          INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    teller      TEXT    NOT NULL CHECK (teller IN ('person', 'controller')),
    statements  TEXT    NOT NULL, -- a JSON array, in the order in which they were made
    UNIQUE (tenant, change_id)
) STRICT;

CREATE INDEX choices_by_subject ON choices (tenant, subject_key, seq);
