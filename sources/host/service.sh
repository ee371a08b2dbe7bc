# The database's unit, as systemd tells of it. It is run by sh each half minute, and
# starts a process or two.
say() { printf "%s\n" "$*"; }
limit=
command -v timeout >/dev/null && limit="timeout 2"
if command -v systemctl >/dev/null; then
	# One -p for each: old versions know no lists.
	if text=$($limit systemctl show --no-pager -p LoadState -p ActiveState -p SubState -p Result \
		-p NRestarts -p ActiveEnterTimestampMonotonic -- "$STEMETOP_UNIT" 2>&1); then
		say "via systemctl"
		say "$text" | head -n 32
	else say "via none failed $text" | head -n 1
	fi
else say "via none absent"
fi
