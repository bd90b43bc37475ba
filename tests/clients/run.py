"""The client of docs/CLIENTS.md: requests on an expired token, twenty at once and a HEAD, and signing out."""
import concurrent.futures
import sys
import time

import httpx
from client import Account

base = sys.argv[1]


def wait_until_expired(token):
    headers = {"Authorization": f"Bearer {token}"}
    while httpx.get(f"{base}/api/me", headers=headers).status_code == 200:
        time.sleep(0.1)


earlier = Account(base, "user_01", "1234")
account = Account(base, "user_01", "1234")
# Without idle connections, which httpx may close in one thread while another takes them.
limits = httpx.Limits(max_keepalive_connections=0)
with httpx.Client(base_url=base, auth=account, timeout=30, limits=limits) as client:
    wait_until_expired(account.pair["access_token"])
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: client.get("/api/me"), range(20)))
    assert [reply.json()["username"] for reply in replies] == ["user_01"] * 20, replies
    wait_until_expired(account.pair["access_token"])
    head = httpx.head(f"{base}/api/me", auth=earlier)
    assert head.status_code == 200, head
    refresh = account.pair["refresh_token"]
    account.sign_out()
    again = httpx.post(f"{base}/api/refresh", json={"refresh_token": refresh})
    assert again.json()["code"] == "token_revoked", again.text
# A 401 of a proxy.
proxy = httpx.MockTransport(lambda request: httpx.Response(401, html="<p>Unauthorized"))
with httpx.Client(auth=account, transport=proxy) as client:
    assert client.get("http://proxy.example").status_code == 401
