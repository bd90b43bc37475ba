"""requests: a response hook that refreshes on a 401, on many threads, without a lock."""

import sys
from concurrent.futures import ThreadPoolExecutor

import requests

URL, ROUNDS, AT_ONCE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Bearer(requests.auth.AuthBase):
    """Presents an access token; on a 401 refreshes with the newest refresh token, and tries again."""

    def __init__(self, pair):
        self.access, self.refresh = pair["access_token"], pair["refresh_token"]

    def __call__(self, request):
        request.headers["Authorization"] = f"Bearer {self.access}"
        request.register_hook("response", self.on_response)
        return request

    def on_response(self, response, **options):
        if response.status_code != 401:
            return response
        headers = {"Authorization": f"Bearer {self.refresh}"}
        refreshed = requests.post(f"{URL}/api/refresh", headers=headers, timeout=30)
        if refreshed.status_code != 200:
            return refreshed
        pair = refreshed.json()
        self.access, self.refresh = pair["access_token"], pair["refresh_token"]
        again = response.request.copy()
        again.deregister_hook("response", self.on_response)
        again.headers["Authorization"] = f"Bearer {self.access}"
        return response.connection.send(again, **options)


def status(session):
    """The status of one request; tried again when its connection was cut."""
    for _ in range(10):
        try:
            return session.get(f"{URL}/api/me", timeout=30).status_code
        except requests.RequestException:
            continue
    return None


def main():
    session = requests.Session()
    login = session.post(f"{URL}/api/login", json={"username": "user_01", "password": "1234"})
    session.auth = bearer = Bearer(login.json())
    wrong = []
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for _ in range(ROUNDS):
            bearer.access = "an expired one"
            done = threads.map(lambda _: status(session), range(AT_ONCE))
            wrong += [one for one in done if one != 200]
    print(f"requests: {len(wrong)} of {ROUNDS * AT_ONCE} requests failed {wrong[:5]}")
    sys.exit(bool(wrong))


main()
