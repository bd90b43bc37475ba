-- Addresses that an account had, each with the SHA-256 of the token of the link that puts it back,
-- never the token. The hash is NULL until the mail with the link is sent.
CREATE TABLE former_addresses (
    account    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email      TEXT    NOT NULL,
    changed_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    token_hash TEXT    UNIQUE,
    PRIMARY KEY (account, email)
);

-- For the purge.
CREATE INDEX former_addresses_by_expiry ON former_addresses (expires_at);
