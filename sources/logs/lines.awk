# Takes the lines of a log as they come, and says those that matter at the next
# tick: of many the newest, and first of all what speaks of syncs and trouble.
# Only what the ticks ask for is said, so that a flood stops here.
#
# A tick may come in the middle of a line, since both are written to one pipe. It
# has a newline before it: where the line was complete, that makes an empty one.

function drop(q, at) { delete kept[q[at]]; delete q[at]; left++ }

function put(l,   low) {
	if (++count > flood) { say("E flood"); exit }
	if (json && length(l) > 60000) { left++; return }
	if (!json) l = substr(l, 1, 2000)
	kept[++last] = l
	low = tolower(l)
	if (low ~ /sync|merkle|corrupt|checksum|integrity|mismatch|panic|fatal|crit|err|warn|fail/ ||
	    json && (l ~ /"PRIORITY" ?: ?"[0-4]"/ || index(l, "\"MESSAGE\" : [") || index(l, "\"MESSAGE\":["))) {
		first[mtail++] = last
		if (mtail - mhead > 200) drop(first, mhead++)
	} else {
		other[otail++] = last
		if (otail - ohead > 60) drop(other, ohead++)
	}
}

function say(words) { print "@" nonce " " words; fflush() }

function tick(n,   i) {
	for (i = said + 1; i <= last; i++) if (i in kept) { print " " kept[i]; delete kept[i] }
	said = last
	split("", first); split("", other)
	mhead = mtail = ohead = otail = 0
	say("D " n " " left)
	left = count = 0
}

BEGIN {
	nonce = ENVIRON["STEMETOP_NONCE"]
	mark = ENVIRON["STEMETOP_SECRET"] " "
	json = ENVIRON["STEMETOP_FILE"] == ""
	flood = 20000
	left = count = said = last = mhead = mtail = ohead = otail = 0
}

index($0, mark) == 1 {
	if (has) joins = 1
	if ($2 == "T") tick($3)
	else if ($2 == "S") say("S " $3 " " ENVIRON["STEMETOP_FILE"])
	else if ($2 == "E") say("E " $3)
	next
}

$0 == "" {
	if (has) put(held)
	has = joins = 0
	next
}

joins {
	held = held $0
	joins = 0
	next
}

{
	if (has) put(held)
	held = $0
	has = 1
}
