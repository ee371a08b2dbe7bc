# stemetop's trace script on the primary's host: the path to a replica, hop by hop.
#
# It reads and never writes, and it is sent only while somebody looks at the path.
# One tool runs at a time, and it is ended by the next request and by the end of the
# input: when the look is closed, or the monitor dies, nothing is left. Each run is
# bounded by itself too, for a host that does not learn that the monitor is gone.
#
#   it says   @NONCE HELLO 1 OS       once; all before it is noise of the login
#   it reads  TOOL N HOST PORT        mtr, traceroute or tracepath
#   it says   @NONCE B N              what the tool prints, as it comes, and
#             @NONCE E N RC           its code, 127 if there is none
stemetop() {
	set -f
	umask 077
	unset TMOUT CDPATH POSIXLY_CORRECT IFS BASH_ENV ENV
	LC_ALL=C PATH=${STEMETOP_PATH:+$STEMETOP_PATH:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	export LC_ALL PATH
	nonce=$1
	os=
	read -r os </proc/sys/kernel/ostype || os=$(uname -s)
	printf '\n@%s HELLO 1 %s\n' "$nonce" "$os"
	[ "$os" = Linux ] || exit 0

	trace() {
		case $1 in
		mtr) exec mtr --raw -n -i 1 -c 30 "$2" ;;
		traceroute) exec traceroute -n -q 1 -w 2 -m 30 "$2" ;;
		tracepath) exec tracepath -n -m 30 "$2" ;;
		esac
	}
	run() {
		tool=
		trap '[ -z "$tool" ] || kill "$tool" 2>/dev/null; exit' TERM
		printf '@%s B %s\n' "$nonce" "$2"
		rc=127
		if command -v "$1" >/dev/null 2>&1; then
			trace "$1" "$3" &
			tool=$!
			wait "$tool"
			rc=$?
		fi
		# The newline ends whatever the tool left on the line.
		printf '\n@%s E %s %s\n' "$nonce" "$2" "$rc"
	}
	child=
	end() {
		[ -n "$child" ] || return 0
		kill "$child" 2>/dev/null
		wait "$child" 2>/dev/null
		child=
	}
	while read -r word n host port; do
		end
		export STEMETOP_FOR="$host:$port"
		run "$word" "$n" "$host" </dev/null 2>&1 &
		child=$!
	done
	end
}
stemetop "$1"; exit
