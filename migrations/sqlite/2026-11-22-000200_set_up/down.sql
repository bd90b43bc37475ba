DROP INDEX throttle_by_end;
DROP TABLE setup_links;
