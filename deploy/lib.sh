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

# Prints the sources of Debian's packages that this machine has, as lines of sources.list for CODENAME.
debian_sources() {
  local here codename=$1
  here=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016  # a format of apt's, not of the shell
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    sort -u | awk -v here="$here" -v there="$codename" '
      $2 == here || $2 == here "-updates" || $2 == here "-security" {
        sub("^" here, there, $2)
        print "deb", $1, $2, $3
      }'
}

# The mirror from which a system of CODENAME is made; empty when this machine's apt has none.
debian_mirror() { debian_sources "$1" | awk -v suite="$1" '$3 == suite && $4 == "main" && !found++ {print $2}'; }

# debian_apt CODENAME FOLDER: gives the system whose /etc/apt is FOLDER this machine's sources, proxies, and what
# this machine demands of the mirror.
debian_apt() {
  debian_sources "$1" >"$2/sources.list"
  apt-config dump | grep -E '^Acquire::(https?|Check-|Retries|Force)' >"$2/apt.conf.d/90machine" || true
}
