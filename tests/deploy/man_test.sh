#!/bin/sh
# man_test.sh GROFF PAGE: the page is set without a warning.
set -eu
warnings=$("$1" -man -ww -Tutf8 -z "$2" 2>&1)
[ -z "$warnings" ] || { echo "$warnings" && exit 1; }
