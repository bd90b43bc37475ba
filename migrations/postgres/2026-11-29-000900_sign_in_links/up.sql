-- Links in mails that sign a browser in: the SHA-256 of the secret in the browser that asked, of the
-- token of the link, and of the code for that browser. Without an account it is of an address that none has, so
-- that a wrong code costs the same.
CREATE TABLE sign_in_links (
    browser_hash TEXT   PRIMARY KEY NOT NULL,
    account      BIGINT REFERENCES users (id) ON DELETE CASCADE,
    token_hash   TEXT   NOT NULL,
    code_hash    TEXT   NOT NULL,
    attempts     BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);

CREATE INDEX sign_in_links_by_account ON sign_in_links (account);
-- For the purge.
CREATE INDEX sign_in_links_by_expiry ON sign_in_links (expires_at);

-- The SHA-256 of the secret in the browser that asked for a mail to sign in.
ALTER TABLE mails ADD COLUMN browser_hash TEXT;
