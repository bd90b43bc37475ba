-- Links for making the first administrator: the SHA-256 of what is in them, never the link.
CREATE TABLE setup_links (
    token_hash TEXT   PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);

-- For the purge: known addresses stay for a month.
CREATE INDEX throttle_by_end ON throttle (ends_at);
