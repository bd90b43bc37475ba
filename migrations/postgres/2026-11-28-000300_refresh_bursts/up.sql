-- What a presented refresh token is judged by: the burst of rotations that it may belong to, and
-- whether its successor was used.
ALTER TABLE sign_ins ADD COLUMN burst_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_ins ADD COLUMN half_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_ins ADD COLUMN half_at BIGINT;
ALTER TABLE sign_ins ADD COLUMN used_generation BIGINT NOT NULL DEFAULT 0;

-- As before, only the previous token is in its grace.
UPDATE sign_ins SET burst_from = generation - 1 WHERE generation > 0;
