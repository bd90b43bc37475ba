-- Keys of user names fold the final sigma: `Γιώργος` and `ΓΙΏΡΓΟΣ` are one name. Accounts that would
-- get the same key keep those that they have, under which they are still found.
UPDATE users SET username_key = replace(username_key, 'ς', 'σ')
WHERE username_key LIKE '%ς%' AND replace(username_key, 'ς', 'σ') NOT IN (
    SELECT replace(username_key, 'ς', 'σ') FROM users
    GROUP BY replace(username_key, 'ς', 'σ') HAVING count(*) > 1
);
