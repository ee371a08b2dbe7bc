# stemetop's log script: follows the log of a unit, or of a file.
#
# It reads and never writes: no file, no signal but to what it started, no change
# of any setting. What it starts ends with its input: when the monitor dies, the
# read ends, and so does all of it. It is sent to `/bin/sh -s NONCE` on standard
# input, whole in one function, so that it is parsed to its end before anything
# runs.
#
#   it says   @NONCE HELLO 1 OS        once; all before it is noise of the login
#   it reads  6 lines                  a secret, the file or nothing for the
#                                      journal, the unit, how many lines and how
#                                      many seconds to begin with, and the cursor
#                                      to go on behind, if there is one
#   it says   @NONCE Z +HHMM           the host's offset from UTC
#   it says   @NONCE S WORD ...        how the log is found, and of a file again
#                                      when that changed; see find.go
#   it reads  T N                      a tick
#   it says    LINE                    each new line with a space before it, and
#             @NONCE D N LEFT          how many were left out
#   it says   @NONCE E RC              if what follows the log has ended
#
# A unit or a file with no line yet is followed all the same. The secret marks
# ticks among the lines: the nonce is to be seen in the list of processes.
stemetop() {
	set -f
	umask 077
	unset TMOUT CDPATH POSIXLY_CORRECT IFS
	LC_ALL=C PATH=${STEMETOP_PATH:+$STEMETOP_PATH:}/usr/sbin:/usr/bin:/sbin:/bin
	export LC_ALL PATH
	nonce=$1
	os=
	read -r os </proc/sys/kernel/ostype || os=$(uname -s)
	# The newline ends whatever the login left on the line.
	printf '\n@%s HELLO 1 %s\n' "$nonce" "$os"
	[ "$os" = Linux ] || exit 0

	IFS= read -r secret && IFS= read -r file && IFS= read -r unit &&
		IFS= read -r lines && IFS= read -r back && IFS= read -r cursor || exit 0

	nl='
'
	say() { printf '@%s %s\n' "$nonce" "${1%%"$nl"*}"; }
	say "Z $(date +%z 2>/dev/null)"

	# The awk that answers each line as it comes: mawk must be told to. Others are
	# not trusted to.
	try() { [ "$("$@" 'BEGIN { print "yes" }' </dev/null 2>/dev/null)" = yes ]; }
	if try gawk; then awk=gawk
	elif try mawk -W interactive; then awk='mawk -W interactive'
	elif try busybox awk; then awk='busybox awk'
	else say 'S noawk'; exit 0
	fi
	lower() {
		if command -v nice >/dev/null 2>&1; then exec nice -n 10 "$@"; else exec "$@"; fi
	}

	find_file() {
		dir=$file
		while [ -n "$dir" ] && [ ! -e "$dir" ]; do
			case $dir in */*) dir=${dir%/*} ;; *) dir= ;; esac
		done
		dir=${dir:-/}
		if [ "$dir" != "$file" ] && [ ! -x "$dir" ]; then say "S denied $dir"
		elif [ "$dir" != "$file" ]; then say 'S nofile'; return 0
		elif [ -d "$file" ]; then say 'S directory'
		elif [ ! -f "$file" ]; then say 'S special' # to read a pipe would take from whom it is for
		elif [ ! -r "$file" ]; then say "S denied $file"
		elif [ ! -s "$file" ]; then say 'S empty'; return 0
		else say 'S ok'; return 0
		fi
		return 1
	}
	query() { journalctl --no-pager -n 1 -o cat $fields -u "$unit" 2>&1 >/dev/null; }
	find_unit() {
		command -v journalctl >/dev/null 2>&1 || { say 'S nojournalctl'; return 1; }
		fields=--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER
		said=$(query) && rc=0 || rc=$?
		case $said in
		*output-fields*) # before systemd 236
			fields=
			said=$(query) && rc=0 || rc=$? ;;
		esac
		case $said in
		*nsufficient\ permissions*) say 'S nopermission'; return 1 ;;
		*o\ journal\ files\ were\ found*) say 'S nojournal'; return 1 ;;
		esac
		if [ "$rc" != 0 ]; then say "S failed $said"; return 1; fi
		if [ -n "$(journalctl -q --no-pager -n 1 -o short -u "$unit" 2>/dev/null)" ]; then say 'S ok'; return 0; fi
		case $said in
		*ot\ seeing\ messages*) say 'S nopermission'; return 1 ;;
		esac
		# Not every version says that there is no file.
		[ -n "$(journalctl -q --no-pager --header 2>/dev/null | head -n 1)" ] || { say 'S nojournal'; return 1; }
		case $(systemctl show -p LoadState -- "$unit" 2>/dev/null) in
		*not-found*) say 'S nounit' ;;
		*) say 'S empty' ;;
		esac
	}
	follow() {
		if [ -n "$file" ]; then
			lower tail -n "$lines" -F -- "$file"
		elif [ -n "$cursor" ]; then
			lower journalctl -q --no-pager -f --no-tail -o json $fields -u "$unit" "--after-cursor=$cursor"
		else
			lower journalctl -q --no-pager -f -n "$lines" -o json $fields -u "$unit" "--since=-${back}s"
		fi
	}
	if [ -n "$file" ]; then find_file; else find_unit; fi || exit 0

	# What tail follows may go, or come anew for other eyes only. Twice is a change:
	# a rotation leaves none for a moment.
	stands=ok
	[ -z "$file" ] || [ -e "$file" ] || stands=nofile
	seen=$stands
	look() {
		[ -n "$file" ] || return 0
		now=ok
		if [ ! -e "$file" ]; then now=nofile
		elif [ ! -r "$file" ]; then now=denied
		fi
		if [ "$now" != "$stands" ] && [ "$now" = "$seen" ]; then
			stands=$now
			printf '\n%s S %s\n' "$secret" "$now"
		fi
		seen=$now
	}

	program='{{lines.awk}}'
	STEMETOP_NONCE=$nonce STEMETOP_SECRET=$secret STEMETOP_FILE=$file
	export STEMETOP_NONCE STEMETOP_SECRET STEMETOP_FILE
	{
		{
			p= gone=
			trap 'gone=1; [ -z "$p" ] || kill "$p"' TERM
			follow 2>/dev/null &
			p=$!
			[ -z "$gone" ] || kill "$p"
			wait "$p"
			printf '\n%s E %s\n' "$secret" "$?"
		} &
		w=$!
		trap 'kill "$w"; exit' PIPE
		while IFS= read -r l; do
			look
			printf '\n%s %s\n' "$secret" "$l"
		done
		kill "$w" 2>/dev/null
		wait "$w"
	} | {
		ulimit -v 262144 2>/dev/null # an endless line must not eat the host's memory
		exec $awk "$program"
	}
}
stemetop "$1"
exit
