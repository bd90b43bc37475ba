-- What the user has proven: names of RFC 8176, separated by spaces.
ALTER TABLE sign_ins ADD COLUMN amr TEXT NOT NULL DEFAULT 'pwd';
