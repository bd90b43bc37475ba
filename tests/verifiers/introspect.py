"""Asks the service by the program of docs/VERIFYING.md before and after a sign-in has ended."""

import json
import sys
import urllib.request

from verifier import introspect

URL = sys.argv[1]


def post(path, body=None, token=None):
    """The JSON of the response; None without a body."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    data = json.dumps(body).encode() if body else b""
    request = urllib.request.Request(URL + path, data, headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        text = response.read()
    return json.loads(text) if text else None


def log_in(username, password):
    return post("/api/login", {"username": username, "password": password})["access_token"]


key = post("/api/keys", {"label": "notes", "scopes": ["introspect"]}, log_in("admin", "admin123"))["key"]
token = log_in("user_01", "1234")
found = introspect(token, key, URL)
assert found["username"] == "user_01" and found["aud"] == "notes", found
post("/api/logout", token=token)
assert introspect(token, key, URL) is None
assert introspect("unknown", key, URL) is None
