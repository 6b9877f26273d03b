#!/bin/sh
# What the disk itself takes. Needs a C compiler. Works in $TMPDIR, else /tmp.
set -eu
cd "$(dirname "$0")"
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
${CC:-cc} -O2 -o "$built/floor" floor.c
"$built/floor" "$built"
