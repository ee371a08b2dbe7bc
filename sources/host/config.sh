# The database's own configuration, behind a line that says whether it can be read.
# It is run by sh each minute. The monitor keeps two numbers of it and nothing else.
f=$STEMETOP_API
if [ -f "$f" ] && [ -r "$f" ]; then
	echo ok
	head -c 262145 "$f"
	echo
elif [ -d "$f" ]; then echo directory
elif [ -e "$f" ]; then echo denied
else
	d=${f%/*}
	while [ -n "$d" ] && [ ! -d "$d" ]; do d=${d%/*}; done
	if [ -x "${d:-/}" ]; then echo absent; else echo "denied $d"; fi
fi
