-- How many codes in a row were wrong, up to 100, from which on no code of the authenticator is accepted.
ALTER TABLE authenticators ADD COLUMN wrong_codes BIGINT NOT NULL DEFAULT 0;
