#!/usr/bin/env bash
# Runs the tests on each Python from 3.10 to 3.14, or on the versions given. Looks for them on PATH and in pyenv, uv and
# conda; a version that is not found is left out.
set -uo pipefail
cd "$(dirname "$0")/.."

find_python() {
    local candidate
    for candidate in "$(command -v "python$1" 2>/dev/null)" \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1"*/bin/python3 \
        "${XDG_DATA_HOME:-$HOME/.local/share}"/uv/python/*"$1"*/bin/python3 \
        "${CONDA_PREFIX:-$HOME/miniconda3}"/envs/*/bin/"python$1"; do
        # ask it: a version manager may have a shim for a version that is not active
        [ -x "$candidate" ] && [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$1" ] &&
            { printf '%s\n' "$candidate"; return; }
    done
}

status=0
[ $# -gt 0 ] || set -- 3.10 3.11 3.12 3.13 3.14
for version; do
    python=$(find_python "$version")
    if [ -z "$python" ]; then
        echo "== Python $version: not found"
        continue
    fi
    echo "== Python $version: $python"
    environment=$(mktemp -d)
    "$python" -m venv "$environment" &&
        "$environment/bin/pip" install --quiet --disable-pip-version-check --editable '.[dev]' &&
        PATH="$environment/bin:$PATH" "$environment/bin/python" -m pytest -p no:cacheprovider || status=1
    rm -rf "$environment"
done
exit $status
