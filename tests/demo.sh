#!/usr/bin/env bash
# The main job on sample data, with the commands shown as a user would type them.
set -euo pipefail
cd "$(dirname "$0")/.."

show() { printf '\n# %s\n$ %s\n' "$1" "$2"; bash -o pipefail -c "$2"; }

show "How many unique users are in a 7z-compressed log?" \
    "st-cat sample_data/adlog.tsv.7z | st-map | st-sort | st-reduce | wc -l"
show "Which ten have most of the lines?" \
    "st-cat sample_data/adlog.tsv.7z | st-map | st-sort | st-reduce | st-reduce top -n 10"
show "The same as one job, in parallel, with Hadoop Streaming's own options" \
    "rm -rf build/demo; st-run --quiet -input sample_data/adlog.tsv.7z -output build/demo -mapper st-map -combiner st-combine -reducer st-reduce -numReduceTasks 2 && ls build/demo && cat build/demo/part-* | st-reduce top -n 10"
show "And a word count" \
    "st-map words < sample_data/wheels.txt | st-sort | st-reduce"
printf '\nNext: export PATH=%q:$PATH, then st-run --guide tutorial, st-map --list, or make help\n' "$PWD/bin"
