-- Links for creating the first administrator: the SHA-256 of their token, never the token.
CREATE TABLE setup_links (
    token_hash TEXT   PRIMARY KEY NOT NULL,
    expires_at BIGINT NOT NULL
);

-- For the purge; known addresses are kept for a month.
CREATE INDEX throttle_by_end ON throttle (ends_at);
