-- The language that a user has chosen, as a tag such as `de`; NULL is that of the browser.
ALTER TABLE users ADD COLUMN language TEXT;

-- The language of the request that caused a mail.
ALTER TABLE mails ADD COLUMN language TEXT;
