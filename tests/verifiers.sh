#!/usr/bin/env bash
# Tokens in both directions between the service and PyJWT, under a shared secret and under pairs of
# keys; the programs of docs/VERIFYING.md; and express-jwt with nothing but issuer and audience.
#
# PyJWT comes from PyPI, jose and express-jwt from npm, into a directory that is gone afterwards. Where that
# cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
server=''

stop() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=''
    fi
}
trap 'stop; rm -rf "$work"' EXIT

# skip REASON: ends the run.
skip() {
    echo "skipped: $1"
    if [ "${CI:-}" = true ]; then exit 1; fi
    exit 0
}

# pair NAME ARGUMENT...: makes a private key with openssl.
pair() {
    openssl genpkey -out "$work/$1.key" "${@:2}" 2>"$work/log"
}

# keys ALGORITHM: the settings of what signs with it.
keys() {
    echo "algorithm = \"$1\""
    case $1 in
    HS256) echo "secret = \"$(cat "$work/HS256.key")\"" ;;
    *) echo "private_key = \"$work/$1.key\"" ;;
    esac
}

# start ALGORITHM SETTING...: runs the service with these keys and settings and sets `url`.
start() {
    stop
    rm -rf "$work/state"
    {
        printf '[default.auth]\nmode = "token"\n\n[default.auth.password]\ncost = 4\n\n'
        printf '[default.auth.token]\n'
        keys "$1"
        printf '%s\n' "${@:2}"
    } >"$work/Rocket.toml"
    : >"$work/said"
    ROCKET_CONFIG="$work/Rocket.toml" ROCKET_PROFILE=debug ROCKET_PORT=0 \
        VESTIBULE_STATE="$work/state" \
        "${CARGO_TARGET_DIR:-target}/debug/vestibule" >"$work/said" 2>"$work/log" &
    server=$!
    local _
    for _ in $(seq 400); do
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        url=$(sed -n 's|^.*Vestibule is at \(http://[0-9.:]*\).*$|\1|p' "$work/said")
        if [ -n "$url" ]; then return; fi
        sleep 0.05
    done
    cat "$work/said" "$work/log"
    echo "the service does not start with $1"
    return 1
}

# block LANGUAGE: the program of docs/VERIFYING.md, for the service at `url`.
block() {
    awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' docs/VERIFYING.md |
        sed "s|https://id.example/.well-known|$url/.well-known|"
}

# verdicts NAME COMMAND...: fails unless the program accepts the access token alone.
verdicts() {
    "${@:2}" >"$work/said.verdicts" 2>"$work/log" || { cat "$work/log"; return 1; }
    if ! diff "$work/verdicts" "$work/said.verdicts"; then
        echo "FAILED: $1"
        return 1
    fi
    echo "  $1"
}

for program in python3 openssl node npm curl; do
    command -v "$program" >/dev/null || skip "$program is not installed"
done
python3 -m venv "$work/venv" >"$work/log" 2>&1 || skip 'python3 cannot make a venv'
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --retries 1 \
    'pyjwt[crypto]>=2.10,<3' \
    >"$work/log" 2>&1 ||
    skip "pip cannot install from PyPI: $(tail -n 1 "$work/log")"
npm install --prefix "$work" --silent --no-audit --no-fund \
    'jose@^6' 'express-jwt@^8' 'jwks-rsa@^4' >"$work/log" 2>&1 ||
    skip "npm cannot install: $(tail -n 1 "$work/log")"
PATH="$work/venv/bin:$PATH"
export NO_PROXY='localhost,127.0.0.1' no_proxy='localhost,127.0.0.1'
# shellcheck disable=SC2086 # Names hold no spaces.
unset ${!ROCKET_@}

cargo build --locked --quiet --bin vestibule

openssl rand -hex 32 >"$work/HS256.key"
pair RS256 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
pair ES256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
pair EdDSA -algorithm ED25519

python tests/verifiers/pyjwt.py printed
for algorithm in HS256 RS256 ES256 EdDSA; do
    printf '\n%s\n' "$algorithm"
    start "$algorithm"
    python tests/verifiers/pyjwt.py both "$url" "$algorithm" "$work/$algorithm.key"
done

printf '\nThe programs of docs/VERIFYING.md\n'
start EdDSA 'issuer = "https://id.example"' 'audience = "notes"'
python tests/verifiers/pyjwt.py tokens "$url" EdDSA "$work/EdDSA.key" >"$work/tokens"
sed 's/\t.*/: refused/; s/^an access token: refused/an access token: accepted/' "$work/tokens" >"$work/verdicts"

mkdir "$work/python" "$work/src"
block python >"$work/python/verifier.py"
cp tests/verifiers/each.py "$work/python"
verdicts Python python "$work/python/each.py" "$work/tokens"
cp tests/verifiers/introspect.py "$work/python"
python "$work/python/introspect.py" "$url"
echo '  Python asks the service'

block js >"$work/verifier.mjs"
cp tests/verifiers/each.mjs "$work"
verdicts Node node "$work/each.mjs" "$work/tokens"

block rust >"$work/src/verifier.rs"
cp tests/verifiers/each.rs "$work/src/main.rs"
cp tests/verifiers/manifest.toml "$work/Cargo.toml"
# The same profile, so that what is built already is not built again.
sed -n '/^\[profile\.dev/,/^\[profile\.release/{/^\[profile\.release/!p}' Cargo.toml >>"$work/Cargo.toml"
cp Cargo.lock "$work/Cargo.lock"
curl --silent --fail "$url/.well-known/jwks.json" >"$work/keys"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
verdicts Rust cargo run --offline --quiet --manifest-path "$work/Cargo.toml" -- "$work/tokens" "$work/keys"

printf '\nexpress-jwt, which knows no EdDSA\n'
start ES256 'issuer = "https://id.example"' 'audience = "notes"'
python tests/verifiers/pyjwt.py tokens "$url" ES256 "$work/ES256.key" >"$work/tokens"
# It looks at no `typ`; a refresh token is refused for its audience.
sed -i 's/^a token of another kind: refused/a token of another kind: accepted/' "$work/verdicts"
cp tests/verifiers/express.mjs "$work"
verdicts express-jwt node "$work/express.mjs" "$work/tokens" "$url/.well-known/jwks.json"

stop
printf '\nAll understand each other.\n'
