-- Registrations whose address is not confirmed yet: accounts to be. The mail has the link, of whose
-- token this is the SHA-256, never the token; NULL until the mail is sent, and for an address that
-- an account has.
CREATE TABLE registrations (
    username_key  TEXT   PRIMARY KEY NOT NULL,
    username      TEXT   NOT NULL,
    full_name     TEXT,
    password_hash TEXT   NOT NULL,
    email         TEXT   NOT NULL,
    mail          TEXT   NOT NULL UNIQUE,
    token_hash    TEXT   UNIQUE,
    expires_at    BIGINT NOT NULL
);

-- For the purge.
CREATE INDEX registrations_by_expiry ON registrations (expires_at);
