-- Whether the user is told by mail of a sign-in from a new device.
ALTER TABLE users ADD COLUMN device_notices BOOLEAN NOT NULL DEFAULT TRUE;

-- The program of the client that causes a mail: "Chrome on Linux".
ALTER TABLE mails ADD COLUMN program TEXT;

-- The devices that an account has signed in from, a few of the latest: a digest of the client's program
-- and network.
CREATE TABLE known_devices (
    account BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device  TEXT   NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (account, device)
);
