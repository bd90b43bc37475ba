"""The part of seed-clients.sh that is written with requests: sign up, sign in, list items."""

import sys

import requests

URL = sys.argv[1]


def same(title, response, status, body):
    """Fails unless the response has this status and this JSON."""
    got = (response.status_code, response.json())
    if got != (status, body):
        sys.exit(f"FAILED: {title}\n  wanted {(status, body)}\n  got    {got}")
    print(f"  {title}")


params = {
    "username": "joe",
    "password": "pass"
}

response = requests.post(URL + "/signup", json=params)
same("requests signs up", response, 200, {"Status": "Success", "result": "User created"})
response = requests.post(URL + "/signup", json=params)
same("requests signs up twice", response, 400, {"Status": "Error", "result": "User already exists"})

response = requests.post(URL + "/auth", json=params)
token = response.json()["access_token"]
same("requests signs in", response, 200, {"access_token": token})

headers = {
    "Authorization" : f"JWT {token}"
}
response = requests.get(URL + "/workitems", headers=headers)
same("requests lists nothing", response, 200, {"Status": "Success", "result": []})

requests.post(URL + "/workitems", headers=headers, json={"title": "Write it down"})
response = requests.get(URL + "/workitems", headers=headers)
result = [{"id": 1, "title": "Write it down"}]
same("requests lists an item", response, 200, {"Status": "Success", "result": result})

response = requests.get(URL + "/workitems")
refusal = {
    "status_code": 401,
    "error": "Authorization Required",
    "description": "Request does not contain an access token",
}
same("requests without a token", response, 401, refusal)
if response.headers["WWW-Authenticate"] != 'JWT realm="Login Required"':
    sys.exit(f"FAILED: the challenge is {response.headers['WWW-Authenticate']}")
