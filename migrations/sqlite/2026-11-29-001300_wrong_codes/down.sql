ALTER TABLE authenticators DROP COLUMN wrong_codes;
