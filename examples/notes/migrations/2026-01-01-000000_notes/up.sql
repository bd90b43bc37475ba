-- AUTOINCREMENT: the id of a deleted user is never given again, so that no old credential is another user's.
CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name          TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    is_admin      BOOLEAN NOT NULL
);

CREATE TABLE notes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id),
    text    TEXT    NOT NULL
);
