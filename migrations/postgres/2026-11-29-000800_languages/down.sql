ALTER TABLE mails DROP COLUMN language;
ALTER TABLE users DROP COLUMN language;
