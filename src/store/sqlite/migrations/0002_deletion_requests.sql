-- Data Deletion Requests that were carried out, each as a keyed hash, so that one that comes again erases nothing anew.
CREATE TABLE deletion_requests (
    tenant  TEXT    NOT NULL,
    request BLOB    NOT NULL,
    at      INTEGER NOT NULL, -- microseconds since 1970-01-01 UTC
    PRIMARY KEY (tenant, request)
) STRICT, WITHOUT ROWID;
