"""The part of verifiers.sh that is written with PyJWT.

    pyjwt.py printed
    pyjwt.py both URL ALGORITHM KEY
    pyjwt.py tokens URL ALGORITHM KEY
"""

import json
import sys
import time
import urllib.error
import urllib.request
import warnings

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

# The printed token's secret is a short one.
warnings.simplefilter("ignore")

# As the documentation of Flask-JWT-Extended prints it in "Automatic User Loading".
PRINTED = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
    "eyJmcmVzaCI6ZmFsc2UsImlhdCI6MTYxMTUwOTAxMSwianRpIjoiNGFmN2ViNTAtMjk3Yy00ZmY4LWJmOTYtMTZl"
    "MDE5MWEzYzMwIiwibmJmIjoxNjExNTA5MDExLCJ0eXBlIjoiYWNjZXNzIiwic3ViIjoyLCJleHAiOjE2MTQxMDEw"
    "MTF9.2UhZo-xo19NXaqKLwcMz0NBLAcxxEUeK4Ziqk1T_9h0"
)


def same(title, wanted, got):
    """Fails unless both are one."""
    if wanted != got:
        sys.exit(f"FAILED: {title}\n  wanted {wanted}\n  got    {got}")
    print(f"  {title}")


def refuses(title, error, token, *arguments, **keywords):
    """Fails unless PyJWT refuses the token with this error."""
    try:
        jwt.decode(token, *arguments, **keywords)
    except error:
        print(f"  {title}")
    else:
        sys.exit(f"FAILED: {title}: it was accepted")


def call(url, method="GET", token=None, body=None):
    """The status and the JSON of an answer."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = body and json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        return answer.code, json.load(answer)


def load(algorithm, path):
    """What signs: the secret, or the private key."""
    with open(path, "rb") as file:
        content = file.read().strip()
    return content if algorithm == "HS256" else load_pem_private_key(content, None)


def public(algorithm, key):
    """What verifies."""
    return key if algorithm == "HS256" else key.public_key()


def printed():
    """The printed token is a sound one but for its age and its whole number of a subject."""
    print("The token that is printed in Flask-JWT-Extended's documentation")
    options = {"verify_exp": False, "verify_sub": False}
    claims = jwt.decode(PRINTED, "super-secret", ["HS256"], options)
    same("PyJWT verifies it, its end aside", (2, 2592000), (claims["sub"], claims["exp"] - claims["iat"]))
    refuses("PyJWT finds it expired", jwt.ExpiredSignatureError, PRINTED, "super-secret", ["HS256"])


def both(url, algorithm, path):
    """Ours at PyJWT, and PyJWT's at ours."""
    key = load(algorithm, path)
    status, pair = call(f"{url}/api/login", "POST", body={"username": "user_01", "password": "1234"})
    same("signs in", 200, status)

    # Ours, verified by PyJWT with the key that is published, or the secret.
    published = call(f"{url}/.well-known/jwks.json")[1]
    verifying = key
    if algorithm == "HS256":
        same("publishes no secret", {"keys": []}, published)
    else:
        header = jwt.get_unverified_header(pair["access_token"])
        verifying = jwt.PyJWKSet.from_dict(published)[header["kid"]]
    expected = {"audience": "vestibule-api", "issuer": "vestibule"}
    for kind, typ in (("access", "at+jwt"), ("refresh", "rt+jwt")):
        token = pair[f"{kind}_token"]
        same(f"the {kind} token has a type of its own", typ, jwt.get_unverified_header(token)["typ"])
        of_kind = {**expected, "audience": "vestibule-api" if kind == "access" else "vestibule"}
        required = {"require": ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "type"]}
        claims = jwt.decode(token, verifying, [algorithm], required, **of_kind)
        same(f"PyJWT verifies the {kind} token", kind, claims["type"])
        other = "A" if token[-10] != "A" else "B"
        spoilt = token[:-10] + other + token[-9:]
        refuses(
            "PyJWT refuses it with another signature",
            jwt.InvalidSignatureError, spoilt, verifying, [algorithm], **of_kind,
        )
    refuses(
        "PyJWT refuses the refresh token as an access token",
        jwt.InvalidAudienceError, pair["refresh_token"], verifying, [algorithm], **expected,
    )
    refuses(
        "PyJWT refuses it for another audience",
        jwt.InvalidAudienceError, pair["access_token"], verifying, [algorithm], audience="other",
    )

    # PyJWT's, verified by ours.
    claims = jwt.decode(pair["access_token"], verifying, [algorithm], **expected)

    def me(key, algorithm, claims, **headers):
        token = jwt.encode(claims, key, algorithm, headers or None)
        status, answer = call(f"{url}/api/me", token=token)
        return answer["username"] if status == 200 else (status, answer["code"])

    now = int(time.time())
    invalid = (401, "token_invalid")
    same("takes the token that PyJWT makes", "user_01", me(key, algorithm, {**claims, "jti": "x"}))
    for title, changed, wanted in [
        ("an expired one", {"iat": now - 60, "nbf": now - 60, "exp": now - 1}, (401, "token_expired")),
        ("one from the future", {"iat": now + 60, "nbf": now + 60}, invalid),
        ("one for another audience", {"aud": "other"}, invalid),
        ("one of another issuer", {"iss": "other"}, invalid),
        ("one that lives too long", {"exp": now + 86400}, invalid),
    ]:
        same(f"refuses {title}", wanted, me(key, algorithm, {**claims, **changed}))
    if algorithm != "HS256":
        same("refuses a name for another key", invalid, me(key, algorithm, claims, kid="theirs"))
    same("refuses one without an algorithm", invalid, me(None, "none", claims))


def tokens(url, algorithm, path):
    """One good token and its look-alikes, a line each."""
    key = load(algorithm, path)
    status, pair = call(f"{url}/api/login", "POST", body={"username": "user_01", "password": "1234"})
    if status != 200:
        sys.exit(f"FAILED: signs in: {status}")
    access = pair["access_token"]
    header = jwt.get_unverified_header(access)
    claims = jwt.decode(access, options={"verify_signature": False})

    def signed(typ="at+jwt", **changed):
        return jwt.encode({**claims, **changed}, key, algorithm, {**header, "typ": typ})

    now = int(time.time())
    spoilt = access[:-10] + ("A" if access[-10] != "A" else "B") + access[-9:]
    for title, token in [
        ("an access token", access),
        ("a refresh token", pair["refresh_token"]),
        ("an expired token", signed(iat=now - 60, nbf=now - 60, exp=now - 1)),
        ("a token for another audience", signed(aud="other")),
        ("a token of another issuer", signed(iss="https://other.example")),
        ("a token of another kind", signed("secevent+jwt")),
        ("a token with another signature", spoilt),
    ]:
        print(f"{title}\t{token}")


{"printed": printed, "both": both, "tokens": tokens}[sys.argv[1]](*sys.argv[2:])
