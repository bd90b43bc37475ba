"""Fills a migrated database with generated users."""

import base64
import hashlib
import random
import time

GIVEN = """anna ben carla david emma felix greta hugo ida jonas karin leo mara nils olga paul
quinn rosa simon tilda ulla victor wanda xaver yara zeno amir bruno chloe dario elif farid""".split()
FAMILY = """berger costa dorn evans fischer garcia huber ivanov jansen keller lopez moreau novak
olsen peters quist rossi schmidt torres ueda vogel weber xu young zimmer adler braun conti""".split()

MINUTE = 60 * 1_000_000
DAY = 24 * 60 * MINUTE


# The columns that are filled; the others have defaults.
COLUMNS = {
    "users": "id username username_key full_name role active password_hash created_at",
    "sign_ins": "id account kind created_at auth_time last_seen_at expires_at remembered "
    "generation rotated_at user_agent address",
    "events": "id at event outcome account username actor_account actor sign_in address detail hash",
}


def name_of(number):
    """Returns the name of the generated user with this number, from 0."""
    given = GIVEN[number % len(GIVEN)]
    family = FAMILY[number // len(GIVEN) % len(FAMILY)]
    return f"{given.title()}.{family.title()}{number}"


def users(size, first, password_hash, now):
    """Yields rows of `users`, all with the same password."""
    for number in range(size):
        name = name_of(number)
        full = name.rstrip("0123456789").replace(".", " ") if number % 3 else None
        made = now - (size - number) * 1_000_000
        yield (first + number, name, name.lower(), full, "user", True, password_hash, made)


def sign_ins(size, first, now):
    """Yields rows of `sign_ins`: one for each user, every second one in a browser."""
    dice = random.Random(1)
    for number in range(size):
        identity = base64.urlsafe_b64encode(dice.randbytes(16)).rstrip(b"=").decode()
        browser = number % 2 == 0
        seen = now - dice.randrange(30 * MINUTE)
        made = seen - dice.randrange(10 * DAY)
        remembered = browser and number % 4 == 0
        yield (
            identity, first + number, "browser" if browser else "token", made, made, seen,
            now + DAY + dice.randrange(20 * DAY), remembered,
            0 if browser else dice.randrange(50), None if browser else seen,
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
            if browser else "client/1.0",
            f"192.0.2.{number % 250}",
        )


def events(size, first, head, link, now):
    """Yields rows of `events`, chained as described in docs/EVENTS.md."""
    dice = random.Random(1)
    for number in range(size):
        identity = base64.urlsafe_b64encode(dice.randbytes(16)).rstrip(b"=").decode()
        account, name = first + number, name_of(number)
        row = [
            head + number + 1, now - (size - number) * 1000, "signed_in", "success", account, name,
            account, name, identity, f"192.0.2.{number % 250}", None,
        ]
        fields = [link, *row]
        text = "".join(
            "-," if field is None else f"{len(str(field).encode())}:{field}," for field in fields
        )
        link = hashlib.sha256(text.encode()).hexdigest()
        yield (*row, link)


def fill(database, size):
    """Adds `size` users, each with a sign-in and an event, in one transaction."""
    # All users get the password hash of the user that `vestibule user add` created.
    first, password_hash = database.one(
        "SELECT (SELECT max(id) FROM users) + 1, password_hash FROM users "
        "WHERE username_key = 'seed'"
    )
    first, now = int(first), int(time.time() * 1_000_000)
    head, link = database.one("SELECT head, hash FROM event_chain")
    last = []
    chained = ((last.clear(), last.append(row), row)[2]
               for row in events(size, first, int(head), link, now))
    rows = [users(size, first, password_hash, now), sign_ins(size, first, now), chained]
    tables = [(table, columns.split(), row) for (table, columns), row in zip(COLUMNS.items(), rows)]
    database.insert(tables, lambda: [f"UPDATE event_chain SET head = {last[0][0]}, hash = '{last[0][-1]}'"])


__all__ = ["fill", "name_of"]
