DROP TABLE mails;
DROP TABLE pending_addresses;
DROP INDEX users_by_email;
ALTER TABLE users DROP COLUMN email_key;
ALTER TABLE users DROP COLUMN email;
