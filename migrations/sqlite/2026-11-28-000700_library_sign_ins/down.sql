ALTER TABLE sign_ins RENAME TO old_sign_ins;

CREATE TABLE sign_ins (
    id              TEXT    PRIMARY KEY NOT NULL,
    account         BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind            TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    auth_time       BIGINT  NOT NULL,
    last_seen_at    BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    remembered      BOOLEAN NOT NULL DEFAULT FALSE,
    generation      BIGINT  NOT NULL DEFAULT 0,
    rotated_at      BIGINT,
    user_agent      TEXT,
    address         TEXT,
    label           TEXT,
    scopes          TEXT    NOT NULL DEFAULT '',
    secret_hash     TEXT,
    burst_from      BIGINT  NOT NULL DEFAULT 0,
    half_from       BIGINT  NOT NULL DEFAULT 0,
    half_at         BIGINT,
    used_generation BIGINT  NOT NULL DEFAULT 0
);

INSERT INTO sign_ins (
    id, account, kind, created_at, auth_time, last_seen_at, expires_at, remembered, generation,
    rotated_at, user_agent, address, label, scopes, secret_hash, burst_from, half_from, half_at,
    used_generation
)
SELECT
    id, CAST(account AS INTEGER), kind, created_at, auth_time, last_seen_at, expires_at,
    remembered, generation, rotated_at, user_agent, address, label, scopes, secret_hash,
    burst_from, half_from, half_at, used_generation
FROM old_sign_ins;

DROP TABLE old_sign_ins;

CREATE INDEX sign_ins_by_account ON sign_ins (account);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);
-- For the purge: only these expire by not being used.
CREATE INDEX sign_ins_unused ON sign_ins (last_seen_at) WHERE kind = 'browser' AND NOT remembered;
