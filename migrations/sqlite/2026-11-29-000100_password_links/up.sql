-- Links that set a password, one for each account at most: the SHA-256 of their token, never the token.
CREATE TABLE password_links (
    account    INTEGER PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash TEXT    NOT NULL UNIQUE,
    expires_at BIGINT  NOT NULL
);

-- For the purge.
CREATE INDEX password_links_by_expiry ON password_links (expires_at);
