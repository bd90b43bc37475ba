"""The service's templates as an application in one language would have them, for the peers.

The texts of `languages/en` and the settings of the measurements stand in them, so that Tera and
Jinja read them without the service's functions and filters. What they draw is the service's page.
"""

import html
import re

import build

SETTINGS = {
    "language": "en",
    "site_name": "Vestibule",
    "passkey_host": "localhost",
    "register_path": "/register",
    "takes_keys": True,
}
TIME = '<time datetime="2026-01-01T00:00:00Z" title="{{ VALUE }}">1 month ago</time>'


def write(directory):
    """Writes the templates that the peers draw into a new directory, and returns it."""
    directory.mkdir()
    texts = english()
    for name in ("layout", "dashboard", "login"):
        file = f"{name}.html.tera"
        (directory / file).write_text(plain((build.ROOT / "templates" / file).read_text(), texts))
    return directory


def english():
    """Returns the texts of the pages, by their keys."""
    source = (build.ROOT / "languages" / "en" / "pages.ftl").read_text()
    return dict(re.findall(r"^([a-z][a-z0-9-]*) = (.+)$", source, re.MULTILINE))


def plain(source, texts):
    """Returns a template with the texts and settings in the place of what only the service has."""

    def text(match):
        key, argument = match.groups()
        return re.sub(r"\{ \$\w+ \}", f"{{{{ {argument} }}}}", html.escape(texts[key]))

    source = re.sub(r'\{\{ t\(key="([a-z0-9-]+)"(?:, \w+=([\w.]+))?\) \}\}', text, source)
    source = source.replace('t(key="role-" ~ role)', "role")
    source = re.sub(r"\{\{ ([\w.]+) \| time\(now=now\) \}\}", lambda m: TIME.replace("VALUE", m[1]), source)
    source = re.sub(r" \| (?:device|value)\b", "", source)
    for name, value in SETTINGS.items():
        written = "true" if value is True else f'"{value}"'
        source = re.sub(rf"(\{{[{{%][^}}]*?)\b{name}\b", lambda m: m[1] + written, source)
    if left := re.search(r"t\(key=|\| (?:time|device|value)\b|now=", source):
        raise SystemExit(f"a template has {left[0]!r}, which the peers lack")
    return source
