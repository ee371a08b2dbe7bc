# stemetop's remote script: answers ticks with the raw texts of /proc.
#
# It reads and never writes: no file, no signal, no change of any setting. It
# starts no process on an ordinary tick and none that outlives a tick, and it
# blocks in a read between ticks: when the monitor dies, the read ends and so
# does the script. It is sent to `/bin/sh -s NONCE` on standard input, whole in
# one function, so that it is parsed to its end before anything runs.
#
#   it says   @NONCE HELLO 1 OS        once; all before it is noise of the login
#   it reads  9 lines                  proc root, sys root, WAL path, process prefix, dialect,
#                                      RPC ports, names to resolve, unit, configuration file
#   it reads  T N SECTION...           a tick
#   it says   @NONCE B N SECTION       and the lines of the section, and
#             @NONCE E N SECTION RC    0 read, 1 not readable, 2 not known,
#                                      3 read, but more than 64 processes were left out; and
#             @NONCE D N               after the last section
#
# The text of the other programs is put into it before it is sent.
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

	IFS= read -r proc && IFS= read -r sys && IFS= read -r wal &&
		IFS= read -r want && IFS= read -r dialect &&
		IFS= read -r ports && IFS= read -r names &&
		IFS= read -r unit && IFS= read -r api || exit 0

	facts='{{facts.sh}}'
	sockets='{{sockets.sh}}'
	service='{{service.sh}}'
	config='{{config.sh}}'
	program='{{ticks.awk}}'

	# The awk that answers each line as it comes: mawk must be told to. Others are
	# not trusted to.
	try() {
		[ -z "$dialect" ] || [ "$dialect" = "$1" ] || return 1
		shift
		[ "$("$@" 'BEGIN { print "yes" }' </dev/null 2>/dev/null)" = yes ]
	}
	if try gawk gawk; then dialect=gawk
	elif try mawk mawk -W interactive; then dialect=mawk
	elif try 'busybox awk' busybox awk; then dialect='busybox awk'
	else dialect=sh
	fi

	STEMETOP_NONCE=$nonce STEMETOP_PROC=$proc STEMETOP_SYS=$sys
	STEMETOP_WAL=$wal STEMETOP_WANT=$want STEMETOP_DIALECT=$dialect
	STEMETOP_HZ=$(getconf CLK_TCK 2>/dev/null)
	STEMETOP_PAGE=$(getconf PAGESIZE 2>/dev/null)
	STEMETOP_FACTS=$facts STEMETOP_SOCKETS=$sockets
	STEMETOP_SERVICE=$service STEMETOP_CONFIG=$config
	STEMETOP_PORTS=$ports STEMETOP_NAMES=$names STEMETOP_UNIT=$unit STEMETOP_API=$api
	export STEMETOP_NONCE STEMETOP_PROC STEMETOP_SYS STEMETOP_WAL STEMETOP_WANT
	export STEMETOP_DIALECT STEMETOP_HZ STEMETOP_PAGE STEMETOP_FACTS
	export STEMETOP_SOCKETS STEMETOP_SERVICE STEMETOP_CONFIG
	export STEMETOP_PORTS STEMETOP_NAMES STEMETOP_UNIT STEMETOP_API
	case $dialect in
	gawk) exec gawk "$program" ;;
	mawk) exec mawk -W interactive "$program" ;;
	'busybox awk') exec busybox awk "$program" ;;
	esac

	# No awk: the same by the shell itself, three to ten times the cost.
	nl='
'
	out= pids= parts=' '
	cpus() {
		k=0 each=
		while IFS= read -r l; do
			case $l in cpu*) ;; *) break ;; esac
			k=$((k + 1))
			if [ $k = 1 ]; then
				out=$out$l$nl
				[ -z "$many" ] || break
			else
				each=$each$l$nl
			fi
		done <"$proc/stat"
		if [ $k -gt 201 ]; then many=1; else out=$out$each; fi
	}
	disks() {
		while read -r l; do
			set -- $l
			[ $# -ge 14 ] || continue
			[ "$4 $8 ${12} ${15:-0} ${19:-0}" != '0 0 0 0 0' ] || continue
			case $parts in *" $3 "*) continue ;; esac
			out=$out$*$nl
		done <"$proc/diskstats"
	}
	nets() {
		while read -r l; do
			case $l in
			*'|'* | veth* | cali*) continue ;;
			esac
			set -- $l
			out=$out$*$nl
		done <"$proc/net/dev"
	}
	pressure() {
		for what in cpu io memory; do
			while read -r kind l; do
				out="$out$what $kind ${l##* }$nl"
			done <"$proc/pressure/$what"
		done
	}
	memory() {
		while read -r key l _; do
			case $key in
			MemTotal: | MemFree: | MemAvailable: | Buffers: | Cached: | SwapTotal: | SwapFree: | Dirty:)
				out="$out$key $l$nl" ;;
			Writeback:)
				out="$out$key $l$nl"
				break ;;
			esac
		done <"$proc/meminfo"
	}
	scan() {
		pids= npids=0 more=0
		set +f
		for dir in "$proc"/[0-9]*; do
			comm=
			IFS= read -r comm <"$dir/comm"
			case $comm in "$want"*) ;; *) continue ;; esac
			if [ $npids -lt 64 ]; then
				pids="$pids ${dir##*/}"
				npids=$((npids + 1))
			else
				more=3
			fi
		done 2>/dev/null
		parts=' '
		for dir in "$sys"/block/*/*/partition; do
			dir=${dir%/partition}
			parts="$parts${dir##*/} "
		done
		set -f
	}
	processes() {
		for pid in $pids; do
			stat=
			while IFS= read -r l; do stat="$stat$l "; done 2>/dev/null <"$proc/$pid/stat"
			[ -z "$stat" ] || out=$out$stat$nl
		done
	}
	program() {
		printf '%s' "$out"
		out=
		(eval "$1") </dev/null 2>/dev/null
		return 0
	}
	section() {
		case $1 in
		pids) scan; return 0 ;;
		processes) processes; return $more ;;
		facts) program "$STEMETOP_FACTS"; return 0 ;;
		sockets) program "$STEMETOP_SOCKETS"; return 0 ;;
		service) program "$STEMETOP_SERVICE"; return 0 ;;
		config) program "$STEMETOP_CONFIG"; return 0 ;;
		pressure) [ -r "$proc/pressure/io" ] || return 1 ;;
		uptime | loadavg | stat | diskstats | net/dev | meminfo) [ -r "$proc/$1" ] || return 1 ;;
		*) return 2 ;;
		esac
		case $1 in
		uptime | loadavg)
			IFS= read -r l <"$proc/$1"
			out=$out$l$nl ;;
		stat) cpus ;;
		diskstats) disks ;;
		net/dev) nets ;;
		pressure) pressure ;;
		meminfo) memory ;;
		esac
		return 0
	}
	while IFS= read -r line; do
		set -- $line
		[ "$1" = T ] || continue
		n=$2
		shift 2
		out=
		for name; do
			out="$out@$nonce B $n $name$nl"
			section "$name"
			out="$out@$nonce E $n $name $?$nl"
		done
		printf '%s@%s D %s\n' "$out" "$nonce" "$n"
	done
}
stemetop "$1"; exit
