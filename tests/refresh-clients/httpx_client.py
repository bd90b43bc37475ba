"""httpx: an `Auth` that refreshes on a 401, as its documentation shows one, without single flight."""

import asyncio
import sys

import httpx

URL, ROUNDS, AT_ONCE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Bearer(httpx.Auth):
    """Presents an access token; on a 401 refreshes with the newest refresh token, and tries again."""

    requires_response_body = True

    def __init__(self, pair):
        self.access, self.refresh = pair["access_token"], pair["refresh_token"]

    def auth_flow(self, request):
        request.headers["Authorization"] = f"Bearer {self.access}"
        response = yield request
        if response.status_code == 401:
            refresh = httpx.Request(
                "POST", f"{URL}/api/refresh", headers={"Authorization": f"Bearer {self.refresh}"}
            )
            response = yield refresh
            if response.status_code != 200:
                return
            pair = response.json()
            self.access, self.refresh = pair["access_token"], pair["refresh_token"]
            request.headers["Authorization"] = f"Bearer {self.access}"
            yield request


async def status(client):
    """The status of one request; tried again when its connection was cut."""
    for _ in range(10):
        try:
            return (await client.get(f"{URL}/api/me")).status_code
        except httpx.TransportError:
            continue
    return None


async def main():
    async with httpx.AsyncClient(timeout=30) as client:
        login = await client.post(
            f"{URL}/api/login", json={"username": "user_01", "password": "1234"}
        )
        client.auth = bearer = Bearer(login.json())
        wrong = []
        for _ in range(ROUNDS):
            bearer.access = "an expired one"
            done = await asyncio.gather(*(status(client) for _ in range(AT_ONCE)))
            wrong += [one for one in done if one != 200]
    print(f"httpx: {len(wrong)} of {ROUNDS * AT_ONCE} requests failed {wrong[:5]}")
    sys.exit(bool(wrong))


asyncio.run(main())
