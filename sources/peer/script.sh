# stemetop's remote script on the primary's host: how it reaches a replica.
#
# It reads and never writes. It runs one process at a time, only when asked, each
# bounded in time, and it blocks in a read between requests: when the monitor
# dies, the read ends and so does the script.
#
#   it says   @NONCE HELLO 1 OS       once; all before it is noise of the login
#   it reads  P N HOST PORT           three packets to HOST
#             C N HOST PORT           whether PORT answers
#             R N HOST PORT           whether the host itself has a route
#   it says   @NONCE B N              what the tools print, and
#             @NONCE E N RC           the tool's code, 127 if there is none
stemetop() {
	set -f
	umask 077
	unset TMOUT CDPATH POSIXLY_CORRECT IFS BASH_ENV ENV
	LC_ALL=C PATH=${STEMETOP_PATH:+$STEMETOP_PATH:}/usr/sbin:/usr/bin:/sbin:/bin
	export LC_ALL PATH
	nonce=$1
	os=
	read -r os </proc/sys/kernel/ostype || os=$(uname -s)
	printf '\n@%s HELLO 1 %s\n' "$nonce" "$os"
	[ "$os" = Linux ] || exit 0

	have() { command -v "$1" >/dev/null 2>&1; }
	limit=
	if timeout 1 true >/dev/null 2>&1 </dev/null; then limit=1; fi
	within() {
		if [ -n "$limit" ]; then timeout "$@"; else shift; "$@"; fi
	}
	echoes() {
		have ping || return 127
		within 4 ping -n -c 3 -i 0.2 -W 2 "$1"
	}
	# bash that finds SSH_CLIENT set takes itself for a login, and would run the
	# user's .bashrc for each request (--norc).
	#
	# Connecting a datagram socket looks the route up and sends nothing.
	routes() {
		[ -n "$limit" ] && have bash || return 0
		timeout 2 bash --norc -c 'exec 3<>"/dev/udp/$0/$1"' "$1" "$2" >/dev/null 2>&1
		case $? in
		1) echo no route of its own ;; # other codes are of a bash that did not run
		esac
	}
	# Without a limit in time a connect lasts minutes, so bash needs one.
	connects() {
		if [ -n "$limit" ] && have bash; then
			echo by bash
			timeout 2 bash --norc -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2"
			rc=$?
			case $rc in
			0 | 124 | 143) return $rc ;;
			esac
			routes "$1" "$2"
			return $rc
		fi
		have nc || return 127
		echo by nc
		within 3 nc -z -v -w 2 "$1" "$2"
	}
	while read -r word n host port; do
		printf '@%s B %s\n' "$nonce" "$n"
		export STEMETOP_FOR="$host:$port"
		case $word in
		P) echoes "$host" ;;
		C) connects "$host" "$port" ;;
		R) routes "$host" "$port" ;;
		*) false ;;
		esac </dev/null 2>&1
		# The newline ends whatever the tool left on the line.
		printf '\n@%s E %s %s\n' "$nonce" "$n" "$?"
	done
}
stemetop "$1"; exit
