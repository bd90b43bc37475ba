ALTER TABLE sign_ins DROP COLUMN used_generation;
ALTER TABLE sign_ins DROP COLUMN half_at;
ALTER TABLE sign_ins DROP COLUMN half_from;
ALTER TABLE sign_ins DROP COLUMN burst_from;
