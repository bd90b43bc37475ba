-- Verifying and pruning look up where the chain begins: the newest of few rows among many.
CREATE INDEX events_pruned ON events (id) WHERE event = 'events_pruned';
