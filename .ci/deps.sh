#!/usr/bin/env bash
# Installs what the tests need beside Go, on Debian and its kin. Nothing is done
# where all of it is there; no service is started by it.
set -euo pipefail

packages=(
	gcc libc6-dev                      # go test -race
	openssh-server openssh-client      # the real thing to test against
	sysstat                            # iostat, likewise
	tmux                               # a terminal to drive
	dash busybox-static zsh fish tcsh  # login shells of monitored hosts
	gawk mawk                          # what answers the ticks there
	util-linux mount e2fsprogs         # disks to write to, and other accounts
	strace procps                      # what runs there, and what does not
	iproute2 iputils-ping nftables     # networks with faults
	netcat-openbsd traceroute mtr-tiny iputils-tracepath # and what looks at them
	systemd-journal-remote             # journals to read
	prometheus                         # promtool, to compare alerts with
	locales
)

missing=()
for package in "${packages[@]}"; do
	state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "error: the tests need these packages, which are missing: ${missing[*]}" >&2
	echo "hint: as root on Debian: apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi

# Exit code 101 forbids Debian's maintainer scripts to start a service.
policy=/usr/sbin/policy-rc.d
kept=""
restore() {
	rm -f "$policy"
	if [ -n "$kept" ]; then mv "$kept" "$policy"; fi
}
trap restore EXIT
if [ -e "$policy" ]; then
	kept=$policy.stemetop
	mv "$policy" "$kept"
fi
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}"
