DROP TABLE secrets_in_use;
