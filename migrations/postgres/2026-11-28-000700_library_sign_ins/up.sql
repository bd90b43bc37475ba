-- The table of the library's store: accounts by the text of their id. It refers to no table of
-- users; the store locks the user instead.
ALTER TABLE sign_ins DROP CONSTRAINT sign_ins_account_fkey;
ALTER TABLE sign_ins ALTER COLUMN account TYPE TEXT USING account::TEXT;
