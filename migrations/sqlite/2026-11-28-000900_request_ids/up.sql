-- The request that an event belongs to; log lines name it too.
ALTER TABLE events ADD COLUMN request_id TEXT;
