-- Passkeys (WebAuthn): the id of the credential in base64url, and its public key and counter in JSON, as
-- `webauthn-rs` writes them.
CREATE TABLE passkeys (
    credential_id TEXT   PRIMARY KEY NOT NULL,
    account       BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name          TEXT   NOT NULL,
    credential    TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT
);

CREATE INDEX passkeys_by_account ON passkeys (account);
