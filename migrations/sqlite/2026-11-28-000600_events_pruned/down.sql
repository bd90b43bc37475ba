DROP INDEX events_pruned;
