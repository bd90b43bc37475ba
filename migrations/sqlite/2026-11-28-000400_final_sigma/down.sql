-- Which sigmas of a key were final is not kept: an earlier version finds these accounts by a name that
-- is written with σ in the place of ς.
SELECT 1;
