#!/usr/bin/env bash
# Tokens in both directions between the service and PyJWT, under a shared secret and under pairs of
# keys; the programs of docs/VERIFYING.md; and express-jwt with nothing but issuer and audience.
#
# PyJWT comes from PyPI, jose and express-jwt from npm, into a directory that is gone afterwards. Where that
# cannot be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

# pair NAME ARGUMENT...: makes a private key with openssl.
pair() {
    openssl genpkey -out "$work/$1.key" "${@:2}" 2>"$work/command.log"
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
        printf '[default.auth]\nmode = "token"\n\n'
        printf '[default.auth.token]\n'
        keys "$1"
        printf '%s\n' "${@:2}"
    } >"$work/Rocket.toml"
    serve ROCKET_CONFIG="$work/Rocket.toml"
}

# block LANGUAGE: the program of docs/VERIFYING.md, for the service at `url`.
block() {
    awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' docs/VERIFYING.md |
        sed "s|https://id.example/.well-known|$url/.well-known|"
}

# verdicts NAME COMMAND...: fails unless the program accepts the access token alone.
verdicts() {
    "${@:2}" >"$work/said.verdicts" 2>"$work/command.log" || { cat "$work/command.log"; return 1; }
    if ! diff "$work/verdicts" "$work/said.verdicts"; then
        echo "FAILED: $1"
        return 1
    fi
    echo "  $1"
}

require openssl curl
install_from_pypi 'pyjwt[crypto]>=2.10,<3'
install_from_npm 'jose@^6' 'express-jwt@^8' 'jwks-rsa@^4'
PATH="$work/venv/bin:$PATH"

build_service

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
print_profile >>"$work/Cargo.toml"
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
