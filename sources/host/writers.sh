# stemetop's script for who writes: what each process has written and read so far.
#
# It reads and never writes, and it is sent only while somebody looks: one awk runs
# for each request, at the lowest priority, and none between them.
#
#   it says   @NONCE HELLO 1 OS       once; all before it is noise of the login
#   it reads  1 line                  proc root
#   it reads  W N                     a request
#   it says   @NONCE B N, then        up SECONDS
#             PID WRITTEN CANCELLED READ COMMAND   of each process that did anything
#             of TOTAL denied N       processes, and those that may not be read
#             @NONCE E N RC           127 if there is no awk
stemetop() {
	umask 077
	unset TMOUT CDPATH POSIXLY_CORRECT IFS BASH_ENV ENV
	LC_ALL=C PATH=${STEMETOP_PATH:+$STEMETOP_PATH:}/usr/sbin:/usr/bin:/sbin:/bin
	export LC_ALL PATH
	nonce=$1
	os=
	read -r os </proc/sys/kernel/ostype || os=$(uname -s)
	printf '\n@%s HELLO 1 %s\n' "$nonce" "$os"
	[ "$os" = Linux ] || exit 0
	IFS= read -r proc || exit 0

	nice=
	if command -v nice >/dev/null 2>&1; then nice='nice -n 19'; fi
	writers() {
		command -v awk >/dev/null 2>&1 || return 127
		read -r up rest <"$proc/uptime" && echo "up $up"
		$nice awk '
		function number(s) { return s ~ /^[0-9]+$/ ? s : 0 }
		BEGIN {
			denied = total = 0
			for (i = 1; i < ARGC; i++) {
				dir = ARGV[i]
				n = split(dir, part, "/")
				file = dir "/io"
				got = w = c = r = 0
				while ((getline line < file) > 0) {
					got = 1
					split(line, field, " ")
					if (field[1] == "write_bytes:") w = number(field[2])
					else if (field[1] == "cancelled_write_bytes:") c = number(field[2])
					else if (field[1] == "read_bytes:") r = number(field[2])
				}
				close(file)
				if (got && w == 0 && r == 0) { total++; continue }
				name = ""
				file = dir "/comm"
				there = (getline name < file) > 0
				close(file)
				if (!got) {
					line = ""
					file = dir "/stat"
					getline line < file
					close(file)
					if (line ~ /\) [ZX] /) there = 0
				}
				if (!there) continue # it has ended
				total++
				if (!got) { denied++; continue }
				print part[n], w, c, r, name
			}
			print "of", total, "denied", denied
		}' "$proc"/[0-9]*
	}
	while read -r word n; do
		printf '@%s B %s\n' "$nonce" "$n"
		case $word in
		W) writers ;;
		*) false ;;
		esac </dev/null 2>/dev/null
		printf '\n@%s E %s %s\n' "$nonce" "$n" "$?"
	done
}
stemetop "$1"; exit
