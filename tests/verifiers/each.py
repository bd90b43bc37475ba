"""Verifies each token of a file with the program of docs/VERIFYING.md."""

import sys

import jwt
from verifier import verify

with open(sys.argv[1], encoding="ascii") as lines:
    for line in lines:
        title, token = line.rstrip("\n").split("\t")
        try:
            verify(token)
            print(f"{title}: accepted")
        except jwt.PyJWTError:
            print(f"{title}: refused")
