#!/usr/bin/env bash
# The clients of well-known Flask programs, command for command as their guides print them, run
# against the examples that stand on the same paths: HTTPie, requests and curl, on port 5000.
#
# HTTPie and requests come from PyPI into a directory that is gone afterwards. Where that cannot
# be done it says `skipped:` and succeeds; with CI=true it fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/shell.sh

listening() {
    (exec 3<>/dev/tcp/127.0.0.1/5000) 2>/dev/null
}

# start EXAMPLE: runs it in place of the one before, on a new database.
start() {
    stop
    printf '\n%s\n' "$1"
    ROCKET_DATABASE="$work/$1.sqlite3" \
        "${CARGO_TARGET_DIR:-target}/debug/examples/$1" >"$work/log" 2>&1 &
    running+=($!)
    local _
    for _ in $(seq 400); do
        if ! kill -0 "${running[-1]}" 2>/dev/null; then break; fi
        if listening; then return; fi
        sleep 0.05
    done
    cat "$work/log"
    echo "$1 does not listen on port 5000"
    return 1
}

# same TITLE WANTED GOT: fails unless both texts are one.
same() {
    if [ "$2" != "$3" ]; then
        printf 'FAILED: %s\n  wanted %s\n  got    %s\n' "$1" "$2" "$3"
        return 1
    fi
    printf '  %s\n' "$1"
}

# curls TITLE STATUS BODY ARGUMENT...: calls curl and compares what it gets.
curls() {
    local title=$1 status=$2 body=$3 answer
    shift 3
    answer=$(curl --silent --show-error --write-out '\n%{http_code}' "$@")
    same "$title" "$status $body" "${answer##*$'\n'} ${answer%$'\n'*}"
}

# field NAME: a text field of the JSON object on standard input.
field() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

require python3 curl
if listening; then skip 'something else listens on port 5000'; fi
install_from_pypi 'httpie==3.2.4' 'requests>=2.32,<3'
PATH="$work/venv/bin:$PATH"

# What stands in the guides is typed at a terminal: here HTTPie must not read standard input.
mkdir "$work/httpie"
echo '{"default_options": ["--ignore-stdin", "--check-status"]}' >"$work/httpie/config.json"
export HTTPIE_CONFIG_DIR="$work/httpie"
clear_environment
export ROCKET_PORT=5000

cargo build --locked --quiet --examples

start automatic_user_loading
answer=$(http POST :5000/login username=panther password=password)
export JWT
JWT=$(field access_token <<<"$answer")
same 'HTTPie signs in' "{\"access_token\":\"$JWT\"}" "$answer"
same 'HTTPie asks who it is' '{"full_name":"Ann Takamaki","id":2,"username":"panther"}' \
    "$(http GET :5000/who_am_i Authorization:"Bearer $JWT")"
same 'HTTPie with a wrong password' '"Wrong username or password"' \
    "$(http --no-check-status POST :5000/login username=panther password=wrong)"

start roles
json='Content-Type: application/json'
curls 'registers a user' 201 '{"message":"User registered successfully"}' -X POST -H "$json" \
    -d '{"username": "john", "password": "secret123", "role": "user"}' \
    http://localhost:5000/register
JWT=$(curl --silent -X POST -H "$json" -d '{"username": "john", "password": "secret123"}' \
    http://localhost:5000/login | field access_token)
curls 'opens the dashboard' 200 \
    '{"message":"Welcome to your dashboard!","role":"user","user_id":4,"username":"john"}' \
    -H "Authorization: Bearer $JWT" http://localhost:5000/dashboard
curls 'is kept from the panel' 403 '{"message":"Admin access required"}' \
    -H "Authorization: Bearer $JWT" http://localhost:5000/admin
curls 'is refused without a token' 401 '{"msg":"Missing Authorization Header"}' \
    http://localhost:5000/dashboard
JWT=$(curl --silent -X POST -H "$json" -d '{"username": "admin", "password": "admin123"}' \
    http://localhost:5000/login | field access_token)
curls 'opens the panel' 200 '{"admin_user":"admin","message":"Welcome to Admin Panel!"}' \
    -H "Authorization: Bearer $JWT" http://localhost:5000/admin

start flask_jwt
JWT=$(curl --silent -X POST -H "$json" -d '{"username": "user1", "password": "abcxyz"}' \
    http://localhost:5000/auth | field access_token)
curls 'opens what is protected' 200 "User(id='1')" -H "Authorization: JWT $JWT" \
    http://localhost:5000/protected
curls 'is refused without a token' 401 \
    '{"description":"Request does not contain an access token","error":"Authorization Required","status_code":401}' \
    http://localhost:5000/protected
curls 'is refused with a wrong password' 401 \
    '{"description":"Invalid credentials","error":"Bad Request","status_code":401}' \
    -X POST -H "$json" -d '{"username": "user1", "password": "wrong"}' http://localhost:5000/auth

start work_items
python3 tests/seed-clients.py http://localhost:5000

start login_and_tokens
answer=$(curl --silent --dump-header "$work/head" --cookie-jar "$work/jar" -H "$json" \
    -d '{"email": "ann@example.org", "password": "correct horse", "remember": true}' \
    http://localhost:5000/login)
TOKEN=$(field access_token <<<"$answer")
same 'signs in, remembered' \
    "{\"access_token\":\"$TOKEN\",\"message\":\"Logged in successfully!\"}" "$answer"
same 'gets a remember cookie' 1 "$(grep -c '^set-cookie: remember_token=' "$work/head")"
curls 'sends token and cookie' 200 '{"email":"ann@example.org","via":"token"}' \
    --cookie "$work/jar" --dump-header "$work/head" -H "$json" \
    -d "{\"access_token\": \"$TOKEN\"}" http://localhost:5000/me
same 'gets no cookie for a token' 0 "$(grep -ci '^set-cookie:' "$work/head" || true)"
curls 'sends the cookie alone' 200 '{"email":"ann@example.org","via":"session"}' \
    --cookie "$work/jar" http://localhost:5000/me

stop
printf '\nThe clients got what they expect.\n'
