ALTER TABLE mails DROP COLUMN browser_hash;
DROP TABLE sign_in_links;
