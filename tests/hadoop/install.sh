#!/usr/bin/env bash
# Fetches Hadoop from Maven Central into a cache outside the checkout and puts a `hadoop` command there; prints where.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

version="$(sed -n 's/.*<hadoop.version>\(.*\)<.*/\1/p' "$here/pom.xml")"
home="${STREAMTOOLS_HADOOP:-${XDG_CACHE_HOME:-$HOME/.cache}/streamtools/hadoop-$version}"
if [ "${1:-}" = --where ]; then # where it is or would be, and nothing more
    echo "$home"
    exit
fi

for program in java javac mvn; do
    if ! command -v "$program" >/dev/null; then
        echo "hadoop: $program: not found; install a JDK (8 to 17) and Maven, on Debian: apt-get install default-jdk-headless maven" >&2
        exit 69
    fi
done

major="$(java -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9]*\).*/\2/p')"
if [ "$major" -gt 23 ]; then # Hadoop's own code asks for what 24 has taken out: the security manager
    echo "hadoop: Java $major: too new for Hadoop $version; put an older JDK first on PATH, 17 or 21" >&2
    exit 69
fi

lib="$home/share/hadoop/common/lib" tools="$home/share/hadoop/tools/lib"

if ! cmp --quiet "$here/pom.xml" "$home/pom.xml"; then # the pom is copied last: with it there, all jars are
    echo "hadoop: fetching Hadoop $version into $home" >&2
    rm -rf "$home/share" && mkdir -p "$lib" "$tools"
    mvn --quiet --batch-mode --file "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$lib" >&2
    mv "$lib/hadoop-streaming-$version.jar" "$tools"
    cp "$here/pom.xml" "$home/pom.xml"
fi

# the daemons' web servers want their pages' directories, which no jar has
mkdir -p "$home/bin" "$home/etc/hadoop" "$home"/classes/webapps/{hdfs,datanode}
install -m 755 "$here/hadoop" "$home/bin/hadoop"
for name in hdfs yarn mapred; do ln -sf hadoop "$home/bin/$name"; done # the same commands under the names they are known by
cp "$here/log4j.properties" "$home/etc/hadoop"
cp "$here/warm-site.xml" "$home/classes"
if [ ! -e "$home/classes/built" ] || [ -n "$(find "$here" "$lib" -maxdepth 1 -newer "$home/classes/built" -name '*.ja*')" ]; then
    javac -Xlint:-options -nowarn -classpath "$lib/*:$tools/*" -d "$home/classes" "$here"/*.java
    touch "$home/classes/built"
fi
echo "$home"
