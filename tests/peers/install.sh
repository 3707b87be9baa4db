#!/usr/bin/env bash
# Makes the environment in which the peers' own programs run, for tests and for `make bench`: a folder as its argument, or one in the user's cache.
# mrjob 0.7.4 is its last release; it imports `pipes`, which Python 3.13 has no more.
set -euo pipefail

venv="${1:-${XDG_CACHE_HOME:-$HOME/.cache}/streamtools/peers}"
if "$venv/bin/python" -c 'import mrjob, warcio, madoop, duckdb' 2>/dev/null; then
    exit
fi
for python in python3.11 python3.10 python3.12 python3; do
    if command -v "$python" >/dev/null && "$python" -W ignore -c 'import pipes' 2>/dev/null; then
        "$python" -m venv --clear "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check 'mrjob==0.7.4' 'warcio==1.7.5' 'setuptools<81' \
            'madoop==1.3.2' 'duckdb>=1.1'
        exit
    fi
done
echo "tests/peers/install.sh: mrjob needs a Python before 3.13, and none is found" >&2
exit 69
