-- Failed passwords, counted by account name and by network. `ends_at` is in microseconds since 1970,
-- UTC.
CREATE TABLE throttle (
    bucket   TEXT   PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    ends_at  BIGINT NOT NULL
);

-- For the purge.
CREATE INDEX throttle_by_end ON throttle (ends_at);
