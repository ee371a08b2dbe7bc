# What stemetop's scripts on demand have in common. Each is sent to
# `/bin/sh -s NONCE` on standard input, whole in one function, so that it is
# parsed to its end before anything runs. It says
#
#   @NONCE HELLO 1 OS     once; all before it is noise of the login
#   @NONCE no WHY ...     that it will not go on, and did nothing that remains
#   @NONCE end            that all is said
#
# and what each has of its own. Other lines are words of the tools that it ran.
stemetop() {
	set -f
	umask 077
	unset TMOUT CDPATH POSIXLY_CORRECT IFS
	LC_ALL=C PATH=${STEMETOP_PATH:+$STEMETOP_PATH:}/usr/sbin:/usr/bin:/sbin:/bin
	export LC_ALL PATH
	nonce=$1 os=
	read -r os </proc/sys/kernel/ostype || os=$(uname -s)
	# The newline ends whatever stands on the line.
	say() { printf '\n@%s %s\n' "$nonce" "$*"; }
	say HELLO 1 "$os"
	[ "$os" = Linux ] || exit 0
	exec 2>&1
	# undo takes back what was begun, before anybody hears that it ended.
	undo() { :; }
	no() {
		undo
		say no "$@"
		say end
		exit 0
	}
	need() {
		for tool; do command -v "$tool" >/dev/null || no tool "$tool"; done
	}
	# enter goes to a directory by its path without symbolic links.
	enter() {
		cd -P "$1" 2>/dev/null && return
		[ -e "$1" ] || no absent "$1"
		[ -d "$1" ] || no special "$1"
		no denied "$1"
	}
