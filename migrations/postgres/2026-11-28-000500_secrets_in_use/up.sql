-- Fingerprints (HMAC-SHA-256, never a secret) of what running processes sign and seal with, so that
-- two processes with different secrets are noticed.
CREATE TABLE secrets_in_use (
    fingerprint TEXT   PRIMARY KEY NOT NULL,
    setting     TEXT   NOT NULL,
    seen_at     BIGINT NOT NULL
);
