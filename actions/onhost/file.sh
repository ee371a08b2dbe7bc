	# One small text file: read, replaced whole, and put back.
	#
	#   it reads  2 lines            verb and path
	#   it says   path, left NAME    what an earlier run of ours left beside it
	#             newest NAME        the backup that was made last
	#             file FACTS         uid, gid, mode, bytes, links, mtime, SHA-256
	#   read:
	#   it says   text, the file, eot, file FACTS
	#   write:
	#   it reads  4 lines            SHA-256 of old and new, bytes of the new, name of the backup
	#             the new text
	#   it says   ready              nothing is changed before the word that follows
	#   it reads  commit
	#   it says   file FACTS, backup FACTS
	#   restore:
	#   it reads  3 lines            SHA-256 of the file and of the backup, name of the backup
	#   it says   ready; it reads commit; it says file FACTS
	#
	# The new text is a file beside the old one before it takes its name, so that
	# there is the old one or the new one at any time. The backup is the old file
	# itself, by another name: it keeps all that a file can have.
	IFS= read -r verb && IFS= read -r file || exit 0
	need stat sha256sum cat ls
	enter "${file%/*}/"
	name=${file##*/}
	sum() {
		s=$(sha256sum <"./$1") && printf %s "${s%% *}"
	}
	facts() { say "$1" "$(stat -c '%u %g %a %s %h %Y' "./$2") $(sum "$2")"; }
	# looks is what else a file has: its mode with the mark of an ACL, and owners.
	looks() {
		ls -ldn "./$1" | {
			read -r mode _ uid gid _
			printf %s "$mode $uid $gid"
		}
	}
	still() { [ -f "./$name" ] && [ ! -L "./$name" ] && [ "$(sum "$name")" = "$1" ]; }
	if [ -L "./$name" ]; then no link "$(readlink -f "./$name")"; fi
	[ -e "./$name" ] || no absent "$file"
	[ -f "./$name" ] || no special "$file"
	[ -r "./$name" ] || no denied "$file"
	say path "$PWD/$name"
	# A file system that a disk's error made read-only is nobody's lack of rights: the
	# mount that was made last of those nearest tells, by its own options or the disk's.
	if [ ! -w . ]; then
		near= how=
		while read -r _ _ _ _ on own rest; do
			case $PWD/ in
			"${on%/}"/*) [ "${#on}" -lt "${#near}" ] || near=$on how=$own,${rest##* } ;;
			esac
		done </proc/self/mountinfo
		case ,$how, in
		*,ro,*) say unwritable ro ;;
		*) say unwritable ;;
		esac
	fi
	set +f
	for f in ./."$name".stemetop-*; do
		if [ -e "$f" ] || [ -L "$f" ]; then say left "${f#./}"; fi
	done
	newest=
	for f in ./"$name".stemetop-*; do
		if [ -f "$f" ] && [ ! -L "$f" ]; then newest=${f#./}; fi
	done
	set -f
	[ -z "$newest" ] || say newest "$newest"
	size=$(stat -c %s "./$name")
	[ "$size" -le 262144 ] || no large "$size"
	facts file "$name"
	case $verb in
	read)
		say text
		cat "./$name"
		say eot
		facts file "$name"
		say end
		exit 0
		;;
	write | restore) ;;
	*) exit 0 ;;
	esac

	need ln mv rm cp chown chmod sync dd touch
	bytes=
	IFS= read -r old && IFS= read -r new || exit 0
	[ "$verb" = restore ] || IFS= read -r bytes || exit 0
	IFS= read -r backup || exit 0
	case $backup in
	*/*) exit 0 ;;
	"$name".stemetop-*) ;;
	*) exit 0 ;;
	esac
	still "$old" || no changed
	if [ "$verb" = write ]; then
		text=$(
			dd bs=1 count="$bytes" 2>/dev/null
			echo .
		)
		text=${text%.}
		s=$(printf %s "$text" | sha256sum)
		[ "${s%% *}" = "$new" ] || no garbled
	fi
	say ready
	IFS= read -r order && [ "$order" = commit ] || exit 0
	# What is begun is brought to its end: nobody is waited for any more.
	trap '' HUP INT TERM PIPE
	if [ "$verb" = restore ]; then
		still "$old" || no changed
		[ -f "./$backup" ] && [ ! -L "./$backup" ] && [ "$(sum "$backup")" = "$new" ] || no backup
		mv -f "./$backup" "./$name" || no rename
		sync "$PWD" || sync
		facts file "$name"
		say end
		exit 0
	fi

	tmp=.$name.stemetop-$nonce
	undo() { rm -f "./$tmp"; }
	trap undo EXIT
	set -C
	command exec 4>"./$tmp" || no create
	set +C
	printf %s "$text" | cat >&4 || no store
	exec 4>&-
	# Owner, mode, ACL and security context, where there is a cp that can.
	cp --attributes-only --preserve=all "./$name" "./$tmp" 2>/dev/null || {
		own=$(stat -c '%u:%g' "./$name") mode=$(stat -c %a "./$name")
		chown "$own" "./$tmp" && chmod "$mode" "./$tmp"
	}
	touch "./$tmp"
	[ "$(looks "$tmp")" = "$(looks "$name")" ] || no owner
	sync "./$tmp" || sync || no store
	[ "$(sum "$tmp")" = "$new" ] || no store
	still "$old" || no changed
	[ ! -e "./$backup" ] && [ ! -L "./$backup" ] && ln "./$name" "./$backup" || no backup
	if ! mv -f "./$tmp" "./$name"; then
		rm -f "./$backup"
		no rename
	fi
	trap - EXIT
	undo() { :; }
	# Who wrote to it since it was looked at wrote to the backup.
	if [ "$(sum "$backup")" != "$old" ]; then
		mv -f "./$backup" "./$name"
		no changed
	fi
	sync "$PWD" || sync
	facts file "$name"
	facts backup "$backup"
	say end
}
stemetop "$1"; exit
