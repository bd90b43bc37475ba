-- Authenticators: apps that show codes (RFC 6238). The secret is encrypted under a key derived from the
-- `secret_key` of the service, whose name is `sealed_by`; `last_step` is the time step of the last code
-- that was accepted.
CREATE TABLE authenticators (
    account    BIGINT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    secret     TEXT   NOT NULL,
    sealed_by  TEXT   NOT NULL,
    last_step  BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- For the rotation of `secret_key`.
CREATE INDEX authenticators_by_key ON authenticators (sealed_by);

-- The SHA-256 of each recovery code that was not used yet.
CREATE TABLE recovery_codes (
    account   BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT   NOT NULL,
    PRIMARY KEY (account, code_hash)
);

-- Browsers in which the password alone signs in: the SHA-256 of the secret in the cookie.
CREATE TABLE trusted_browsers (
    secret_hash TEXT   PRIMARY KEY NOT NULL,
    account     BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    program     TEXT,
    address     TEXT,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);

CREATE INDEX trusted_browsers_by_account ON trusted_browsers (account);
-- For the purge.
CREATE INDEX trusted_browsers_by_expiry ON trusted_browsers (expires_at);

-- How many second factors an account has.
ALTER TABLE users ADD COLUMN second_factors BIGINT NOT NULL DEFAULT 0;
