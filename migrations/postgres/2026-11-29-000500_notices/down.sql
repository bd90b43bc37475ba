DROP TABLE known_devices;
ALTER TABLE mails DROP COLUMN program;
ALTER TABLE users DROP COLUMN device_notices;
