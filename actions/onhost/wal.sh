	# The WAL write test: the runbook's dd, bounded in bytes and in time.
	#
	#   it reads  5 lines             look or run, directory, MiB, seconds, direct or fsync
	#   it says   facts of the directory; end, after look
	#   it reads  rm NAME             a file that a test of ours left, to be removed
	#             go
	#   it says   go                  dd runs from here
	#   it reads  at                  any time
	#   it says   at BYTES AVAILABLE  written so far; blocks free on the file system
	#             done RC T0 T1 BYTES what dd said stands before it
	#
	# The file has no name while dd writes to it: it is removed as soon as it is
	# open, and its space is free when the last of us has ended, however that was.
	# timeout ends dd even if nobody is left to; so does the end of standard input.
	IFS= read -r verb && IFS= read -r dir && IFS= read -r mib &&
		IFS= read -r limit && IFS= read -r how || exit 0
	need dd stat rm timeout id date ls kill
	enter "$dir"
	nl='
'
	own=.stemetop-wal-test.
	space() { say fs "$(stat -f -c '%S %b %a %c %d' .)"; }
	say path "$PWD"
	say dir "$(stat -c '%u %a' .) $(id -u) $(date +%s)"
	[ -w . ] && [ -x . ] || say unwritable
	space
	best=-1 mount=
	while read -r _ _ _ _ point options rest; do
		m=${point%/}
		case $PWD/ in
		"$m"/*) [ "${#m}" -lt "$best" ] || best=${#m} mount="$point $options ${rest#*- }" ;;
		esac
	done </proc/self/mountinfo
	say mount "$mount"
	l=$(dd --version </dev/null 2>&1)
	say dd "${l%%"$nl"*}"
	set +f
	for f in ./"$own"*; do
		if [ -f "$f" ] && [ ! -L "$f" ]; then
			say left "$(stat -c '%u %s %Y' "$f")" "${f#./}"
		fi
	done
	# running tells whether another test runs on this host, in whatever directory:
	# it has a file of our kind as its descriptor 4.
	running() {
		ls -l /proc/[0-9]*/fd/4 2>/dev/null | {
			while read -r l; do
				case $l in
				*"/$own$nonce"*) ;;
				*"/$own"*"(deleted)") exit 0 ;;
				esac
			done
			exit 1
		}
	}
	if running; then say running; fi
	if [ "$verb" != run ]; then
		say end
		exit 0
	fi
	say ready
	order=
	while IFS= read -r order && [ "$order" != go ]; do
		case $order in
		"rm $own"*[!0-9a-f]*) ;;
		"rm $own"????????????????????????????????)
			f=./${order#rm }
			if [ -f "$f" ] && [ ! -L "$f" ]; then rm -f "$f"; fi
			;;
		esac
	done
	[ "$order" = go ] || exit 0

	name=./$own$nonce
	trap 'rm -f "$name"' EXIT
	trap 'exit 1' HUP INT TERM PIPE
	# O_EXCL: it overwrites nothing and follows no link.
	set -C
	command exec 4>"$name" || no create
	set +C
	rm -f "$name"
	[ ! -e "$name" ] || no create
	# There is nothing left to remove. A signal that is caught here could be lost
	# on a child that is just being made.
	trap - EXIT HUP INT TERM PIPE
	if running; then no running; fi
	case $how in
	direct) flag=oflag=direct ;;
	fsync) flag=conv=fsync ;;
	*) no how ;;
	esac
	say go
	exec 3<&0
	read -r t0 _ </proc/uptime
	timeout "$limit" dd if=/dev/zero of=/proc/self/fd/4 bs=1M count="$mib" "$flag" </dev/null 3<&- &
	pid=$!
	{
		while read -r _; do
			say at "$(stat -L -c %s /proc/self/fd/4)" "$(stat -f -c %a .)"
		done
		kill "$pid"
	} <&3 &
	watch=$!
	exec 3<&-
	wait "$pid"
	rc=$?
	read -r t1 _ </proc/uptime
	kill "$watch" 2>/dev/null
	wait "$watch" 2>/dev/null
	say "done" "$rc" "$t0" "$t1" "$(stat -L -c %s /proc/self/fd/4)"
	exec 4>&-
	space
	say end
}
stemetop "$1"; exit
