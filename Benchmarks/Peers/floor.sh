#!/bin/sh
# What the disk and the sockets themselves take. Needs a C compiler. Works in $TMPDIR, else /tmp.
set -eu
cd "$(dirname "$0")"
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
${CC:-cc} -O2 -pthread -o "$built/floor" floor.c
"$built/floor" "$built"
