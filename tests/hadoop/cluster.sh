#!/usr/bin/env bash
# start: HDFS and YARN with one node in the background; stop: end them and remove their data; check: are they well?
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
home="$("$here/install.sh" --where)"
data="$home/cluster"
SECONDS_TO_START=90

running() { [ -e "$data/pid" ] && kill -0 "$(cat "$data/pid")" 2>/dev/null; }

check() {
    running && [ -e "$data/ready" ] &&
        HADOOP_CONF_DIR="$data/conf" "$home/bin/hadoop" fs -test -d /tmp 2>/dev/null
}

stop() {
    if running; then
        kill "$(cat "$data/pid")"
        for _ in $(seq 100); do running || break; sleep 0.1; done
        running && kill -9 "$(cat "$data/pid")"
    fi
    rm -rf "$data"
}

start() {
    if check; then
        told
        return
    fi
    stop
    "$here/install.sh" >/dev/null
    mkdir -p "$data/tmp"
    # a session of its own, so that an interrupted make leaves it running; its tasks see what a node has, nothing of ours
    env -u PYTHONPATH HADOOP_HOME="$home" HADOOP_CONF_DIR="$data/conf" PATH="$home/bin:/usr/local/bin:/usr/bin:/bin" \
        setsid "$(command -v java)" -Djava.io.tmpdir="$data/tmp" -Xmx1g -XX:+UseSerialGC --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.util=ALL-UNNAMED \
        -classpath "$home/classes:$home/etc/hadoop:$home/share/hadoop/common/lib/*" \
        SingleNode "$home" "$data" </dev/null >"$data/log" 2>&1 &
    echo $! >"$data/pid"
    for _ in $(seq $((SECONDS_TO_START * 10))); do
        [ -e "$data/ready" ] && break
        running || break
        sleep 0.1
    done
    if ! check; then
        tail -n 30 "$data/log" >&2
        echo "hadoop: the cluster did not start in $SECONDS_TO_START s; its log ends above" >&2
        stop
        exit 1
    fi
    told
}

told() {
    echo "HDFS and YARN are running. Use them with:"
    echo "  export HADOOP_CONF_DIR=$data/conf PATH=$home/bin:\$PATH"
}

case "${1:-}" in
    start | stop) "$1" ;;
    check) check && told ;;
    *) echo "usage: $0 start | stop | check" >&2; exit 64 ;;
esac
