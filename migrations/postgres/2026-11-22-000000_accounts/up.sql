-- An identity column: the id of a deleted account is never assigned again, so that an old credential
-- cannot belong to a new account. Times are microseconds since 1970, UTC.
CREATE TABLE users (
    id            BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      TEXT    NOT NULL,
    username_key  TEXT    NOT NULL UNIQUE,
    full_name     TEXT,
    role          TEXT    NOT NULL,
    active        BOOLEAN NOT NULL,
    password_hash TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL
);

-- Every start, and every change by an administrator, looks up the administrators: few of many rows.
CREATE INDEX users_administrators ON users (id) WHERE role = 'admin';

CREATE TABLE sign_ins (
    id           TEXT   PRIMARY KEY NOT NULL,
    account      BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind         TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    auth_time    BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    remembered   BOOLEAN NOT NULL DEFAULT FALSE,
    generation   BIGINT NOT NULL DEFAULT 0,
    rotated_at   BIGINT,
    user_agent   TEXT,
    address      TEXT,
    label        TEXT,
    scopes       TEXT   NOT NULL DEFAULT '',
    secret_hash  TEXT
);

CREATE INDEX sign_ins_by_account ON sign_ins (account);
CREATE INDEX sign_ins_by_expiry ON sign_ins (expires_at);
-- For the purge: only these expire by not being used.
CREATE INDEX sign_ins_unused ON sign_ins (last_seen_at) WHERE kind = 'browser' AND NOT remembered;

-- Failed password checks, counted for each account name and each address.
CREATE TABLE throttle (
    bucket   TEXT   PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    ends_at  BIGINT NOT NULL
);

-- The audit log, numbered without gaps. Each row's hash covers the previous hash, so that changed or
-- removed rows are detected. No reference to users: a row outlives its account.
CREATE TABLE events (
    id            BIGINT  PRIMARY KEY NOT NULL,
    at            BIGINT  NOT NULL,
    event         TEXT    NOT NULL,
    outcome       TEXT    NOT NULL,
    account       BIGINT,
    username      TEXT,
    actor_account BIGINT,
    actor         TEXT,
    sign_in       TEXT,
    address       TEXT,
    detail        TEXT,
    hash          TEXT    NOT NULL
);

CREATE INDEX events_by_account ON events (account, id);

-- The newest row's number and hash. Writing the next event locks this row first.
CREATE TABLE event_chain (
    id   BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    head BIGINT NOT NULL,
    hash TEXT   NOT NULL
);

INSERT INTO event_chain (id, head, hash) VALUES (1, 0, '');
