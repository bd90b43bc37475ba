-- The confirmed address of a user as it was typed, and its form for comparison.
ALTER TABLE users ADD COLUMN email TEXT;
ALTER TABLE users ADD COLUMN email_key TEXT;
CREATE UNIQUE INDEX users_by_email ON users (email_key);

-- Addresses that are not confirmed yet, one for each account at most: the SHA-256 of the token of
-- their link, never the token.
CREATE TABLE pending_addresses (
    account    INTEGER PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email      TEXT    NOT NULL,
    expires_at BIGINT  NOT NULL,
    token_hash TEXT    UNIQUE
);

-- For the purge.
CREATE INDEX pending_addresses_by_expiry ON pending_addresses (expires_at);

-- Mails that are to be sent; without their text, which is written when they are sent. The time of
-- the next attempt is NULL once a mail is given up.
CREATE TABLE mails (
    id         TEXT   PRIMARY KEY NOT NULL,
    account    BIGINT REFERENCES users (id) ON DELETE CASCADE,
    recipient  TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    client     TEXT,
    created_at BIGINT NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT,
    error      TEXT
);

CREATE INDEX mails_due ON mails (next_at);
CREATE INDEX mails_by_recipient ON mails (recipient);
CREATE INDEX mails_by_account ON mails (account);
