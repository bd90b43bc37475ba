"""Writes the results as Markdown and as docs/performance.svg."""

import build
from chart import chart
from targets import MB, of_flood, of_memory, of_rows, of_start

BEGIN = "<!-- measured: written by benches/serve -->"
END = "<!-- end of what is measured -->"
DOCUMENT = build.ROOT / "docs" / "PERFORMANCE.md"
IMAGE = build.ROOT / "docs" / "performance.svg"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def targets(found):
    """Returns all targets that were measured."""
    kept = []
    if found["rows"]:
        kept += of_rows(found["rows"])
    if found["flood"]:
        kept += of_flood(found["flood"])
    if found["memory"] and found["load_peak"]:
        kept += of_memory(found["memory"], found["load_peak"])
    if found["start"]:
        kept += of_start(found["start"])
    return kept


def markdown(found, command):
    """Returns the measured part of the document."""
    lines = []
    if found["note"]:
        lines += [f"**{found['note']}**", ""]
    lines += ["### Promised and found", ""]
    rows = [
        (t.what, t.found, t.promised, "yes" if t.kept else "**no**", t.work) for t in targets(found)
    ]
    lines += table(("what", "found", "promised", "kept", "by the core's time"), rows)
    if found["rows"]:
        said = (
            "Responses per second on one core, response times with 64 connections, and CPU time per"
            " response."
        )
        lines += ["", "### Routes", "", said, ""]
        shown = [
            (row.title, f"{row.median('rate'):,.0f}", f"{row.median('p50') / 1000:.2f}",
             f"{row.median('p99') / 1000:.2f}", f"{row.median('work'):.1f}")
            for row in found["rows"] if not row.postgres
        ]
        lines += table(("route", "per second", "p50, ms", "p99, ms", "CPU, µs"), shown)
        lines += of_postgres(found["rows"])
        idle = [f"{row.key} {row.median('used'):.0%}" for row in found["rows"] if row.median("used") < 0.9]
        if idle:
            lines += [
                "", "These servers used less than 90 % of their core, so they were limited by wrk or by other work"
                f" on the machine: {', '.join(idle)}.",
            ]
    if found["flood"]:
        flood = found["flood"]
        lines += ["", "### A flood of sign-ins", ""]
        lines += [
            f"In all of these runs {flood['in']} sign-ins succeeded and {flood['busy']} got 503 `busy`; there was"
            " no other response."
        ]
    if found["memory"]:
        lines += ["", "### Memory, start, size", ""]
        lines += table(("what", "found"), weights(found))
    lines += ["", "### Where and with what", ""]
    lines += [f"- {build.machine()}; {found['day']}", f"- `{command}`"]
    lines += [f"- {name}: {version}" for name, version in build.versions(found["binary"])]
    errors = "none" if not found["wrong"] else "; ".join(found["wrong"])
    return "\n".join([*lines, f"- errors in all runs: {errors}", ""])


def of_postgres(rows):
    """Returns the lines about PostgreSQL: each of its routes beside the same one on SQLite."""
    by_key = {row.key: row for row in rows}
    pairs = [(by_key.get(row.key.removesuffix("-postgres")), row) for row in rows if row.postgres]
    shown = [
        (row.title, f"{sqlite.median('rate'):,.0f}", f"{row.median('rate'):,.0f}",
         f"{sqlite.median('work'):.1f}", f"{row.median('work'):.1f}", f"{row.median('postgres_work'):.1f}")
        for sqlite, row in pairs if sqlite
    ]
    if not shown:
        return []
    head = ("route", "SQLite, per second", "PostgreSQL, per second", "CPU on SQLite, µs",
            "CPU on PostgreSQL, µs", "of PostgreSQL itself, µs")
    return ["", "### On PostgreSQL", "", *table(head, shown)]


def weights(found):
    memory = found["memory"]
    rows = [
        ("resident, a second after the start", f"{memory['idle'] / MB:.1f} MB"),
        ("resident, after one request and one page", f"{memory['one'] / MB:.1f} MB"),
    ]
    if found["load_peak"]:
        rows.append(("peak of all runs above", f"{found['load_peak'] / MB:.1f} MB"))
    rows += [
        (f"resident, after {memory['presented']:,} sign-ins presented their tokens", f"{memory['live'] / MB:.1f} MB"),
        ("the same, a moment later", f"{memory['after'] / MB:.1f} MB"),
    ]
    if found["start"]:
        start = found["start"]
        rows.append((
            f"start to first response, median of {start['times']}, longest",
            f"{start['median'] * 1000:.0f} ms, {start['longest'] * 1000:.0f} ms",
        ))
    return [*rows, ("the program", f"{found['size'] / MB:.1f} MB")]


def image(rows):
    """Returns the chart of the routes."""
    by_key = {row.key: row for row in rows}

    def bars(*bars):
        return [(name, by_key[key].median("rate"), name.startswith("Vestibule")) for key, name in bars]

    return chart([
        ("`/api/me`: responses per second on one core", bars(
            ("bare", "bare Rocket, no login"), ("me", "Vestibule"),
            ("me-cold", "Vestibule, nothing cached"), ("axum", "axum, jsonwebtoken, look-up"),
            ("flask", "Flask-JWT-Extended"),
        )),
        ("`/dashboard`: pages per second on one core", bars(
            ("page-bare", "bare Rocket, no login"), ("page", "Vestibule"),
            ("page-axum", "axum-login"), ("page-flask", "Flask-Login"),
        )),
    ])


def write(found, command):
    """Replaces the measured part of the document, and writes the chart."""
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{markdown(found, command)}\n{END}{after}")
    IMAGE.write_text(image(found["rows"]))
