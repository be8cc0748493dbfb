-- The ads that a service knew, as decisions refer to them by place; kept once for each version.
CREATE TABLE listings (
    version BLOB PRIMARY KEY,
    ads     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
