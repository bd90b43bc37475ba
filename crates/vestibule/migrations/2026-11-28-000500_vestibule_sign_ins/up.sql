-- Times are microseconds since 1970, UTC. `account` is the id of your account as text.
CREATE TABLE sign_ins (
    id              TEXT    PRIMARY KEY NOT NULL,
    account         TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    auth_time       BIGINT  NOT NULL,
    last_seen_at    BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    remembered      BOOLEAN NOT NULL DEFAULT FALSE,
    generation      BIGINT  NOT NULL DEFAULT 0,
    rotated_at      BIGINT,
    burst_from      BIGINT  NOT NULL DEFAULT 0,
    half_from       BIGINT  NOT NULL DEFAULT 0,
    half_at         BIGINT,
    used_generation BIGINT  NOT NULL DEFAULT 0,
    user_agent      TEXT,
    address         TEXT,
    label           TEXT,
    scopes          TEXT    NOT NULL DEFAULT '',
    secret_hash     TEXT
);

CREATE INDEX sign_ins_by_account ON sign_ins (account);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);
-- For the purge: only these expire by not being used.
CREATE INDEX sign_ins_unused ON sign_ins (last_seen_at) WHERE kind = 'browser' AND NOT remembered;
