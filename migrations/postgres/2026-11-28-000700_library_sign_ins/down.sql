ALTER TABLE sign_ins ALTER COLUMN account TYPE BIGINT USING account::BIGINT;
ALTER TABLE sign_ins ADD CONSTRAINT sign_ins_account_fkey
    FOREIGN KEY (account) REFERENCES users (id) ON DELETE CASCADE;
