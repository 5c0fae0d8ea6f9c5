# Shared by the commands in this folder; sourced, not run.
# shellcheck shell=bash
set -eu -o pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export root

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  say "$*"
  exit 2
}

# Prints the header comment of a command: from its second line to the first that is no comment, or one for shellcheck.
usage() { sed -n '2,${/^# shellcheck/q;/^#/!q;s/^# \{0,1\}//p}' "$0"; }

# Seconds since the script started, in words: "2 min 05 s".
elapsed() {
  if [ "$SECONDS" -lt 60 ]; then
    printf '%d s' "$SECONDS"
  else
    printf '%d min %02d s' $((SECONDS / 60)) $((SECONDS % 60))
  fi
}
