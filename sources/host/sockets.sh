# The TCP connections of the RPC ports, from either end: in the first line what
# tells of them, then its text. It is run by sh every 10 s, and starts a process or
# two. Without -O and -H, which old versions of ss have not.
say() { printf "%s\n" "$*"; }
filter= hex=
for port in $STEMETOP_PORTS; do
	filter="$filter${filter:+ or }sport = :$port or dport = :$port"
done
why=absent
if command -v ss >/dev/null; then
	if text=$(ss -tin "( $filter )"); then
		say "via ss"
		say "$text" | head -n 1024
		exit
	fi
	why=failed
fi
for port in $STEMETOP_PORTS; do
	hex="$hex${hex:+|}$(printf %04X "$port")"
done
if [ -r "$STEMETOP_PROC/net/tcp" ]; then
	say "via proc $why"
	grep -hE ":($hex) " "$STEMETOP_PROC/net/tcp" "$STEMETOP_PROC/net/tcp6" | head -n 1024
elif [ -e "$STEMETOP_PROC/net/tcp" ]; then say "via none $why denied"
else say "via none $why absent"
fi
