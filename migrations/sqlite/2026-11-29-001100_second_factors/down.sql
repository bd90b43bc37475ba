ALTER TABLE users DROP COLUMN second_factors;
DROP TABLE trusted_browsers;
DROP TABLE recovery_codes;
DROP TABLE authenticators;
