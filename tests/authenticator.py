"""Signs in with codes of pyotp: authenticator.py URL."""

import sys
import time

import pyotp
import requests

BASE = sys.argv[1]
PASSWORD = {"username": "user_01", "password": "1234"}


def post(path, body, token=None, expect=200):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = requests.post(BASE + path, json=body, headers=headers, timeout=30)
    assert response.status_code == expect, (path, response.status_code, response.text)
    return response.json() if response.content else None


def second_step(code, expect):
    ticket = post("/api/login", PASSWORD, expect=401)["login_token"]
    return post("/api/login/second", {"login_token": ticket, "code": code}, expect=expect)


token = post("/api/login", PASSWORD)["access_token"]
begun = post("/api/me/second-factor", None, token)
app = pyotp.parse_uri(begun["uri"])
assert (app.secret, app.issuer, app.name) == (begun["secret"], "Vestibule", "user_01"), app
assert (app.digits, app.interval) == (6, 30), app

# The steps below are apart enough for a step to pass meanwhile.
now = int(time.time())
confirm = {"set_up_token": begun["set_up_token"], "code": app.at(now)}
codes = post("/api/me/second-factor/confirm", confirm, token, expect=201)["recovery_codes"]
assert len(set(codes)) == 10, codes

second_step(app.at(now), expect=422)  # used to set up
second_step(app.at(now - 90), expect=422)
second_step(app.at(now + 120), expect=422)
pair = second_step(app.at(now + 30), expect=200)
second_step(app.at(now + 30), expect=422)
claims = requests.get(
    BASE + "/api/claims", headers={"Authorization": f"Bearer {pair['access_token']}"}, timeout=30
).json()
assert claims["amr"] == ["pwd", "otp", "mfa"], claims
second_step(codes[0], expect=200)
second_step(codes[0], expect=422)
print("pyotp reads the address of the QR code, and its codes sign in once")
