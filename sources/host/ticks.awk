# Answers every tick: one process for all of them, which starts others only for
# "pids", "facts", "sockets", "service" and "config". No number is reckoned here: old mawks cut at 2^31.

function say(s) { out = out s "\n" }

# Every line of a file, as it is.
function copy(file, prefix,   l, k) {
	while ((getline l < file) > 0) { say(prefix l); k++ }
	close(file)
	return k > 0 ? 0 : 1
}

# The processors stand first in stat; behind them it is long on big machines.
# Of more than 200 only the sum is said.
function cpus(   file, l, k, sum, each) {
	file = proc "/stat"
	while ((getline l < file) > 0) {
		if (substr(l, 1, 3) != "cpu") break
		if (++k == 1) { sum = l; if (many) break }
		else each = each l "\n"
	}
	close(file)
	if (k > 201) { many = 1; each = "" }
	if (k > 0) say(sum)
	out = out each
	return k > 0 ? 0 : 1
}

# Whole devices that ever did something: others tell nothing.
function disks(   file, k) {
	file = proc "/diskstats"
	while ((getline < file) > 0) {
		k = 1
		if (NF < 14 || ($3 in skip) || $4 + $8 + $12 + $15 + $19 == 0) continue
		$1 = $1
		say($0)
	}
	close(file)
	return k ? 0 : 1
}

# Without the hosts ends of the links of containers: the traffic is in the
# counters of the real interfaces too.
function nets(   file, k) {
	file = proc "/net/dev"
	while ((getline < file) > 0) {
		k = 1
		if (index($0, "|") || substr($1, 1, 4) == "veth" || substr($1, 1, 4) == "cali") continue
		$1 = $1
		say($0)
	}
	close(file)
	return k ? 0 : 1
}

function pressure(   file, k, j, what) {
	split("cpu io memory", what, " ")
	for (j = 1; j <= 3; j++) {
		file = proc "/pressure/" what[j]
		if ((getline < file) <= 0) return 1
		do say(what[j] " " $1 " " $NF)
		while ((getline < file) > 0)
		close(file)
	}
	return 0
}

function memory(   file, k) {
	file = proc "/meminfo"
	while ((getline < file) > 0) {
		if ($1 in shown) { say($1 " " $2); k++ }
		if ($1 == "Writeback:") break
	}
	close(file)
	return k > 0 ? 0 : 1
}

# Finds the processes: awk has no glob, so this starts a shell. Asked rarely.
function scan(   cmd, dir, comm) {
	npids = more = 0
	cmd = "printf \"%s\\n\" \"$STEMETOP_PROC\"/[0-9]*"
	while ((cmd | getline dir) > 0) {
		comm = ""
		getline comm < (dir "/comm")
		close(dir "/comm")
		if (index(comm, want) != 1) continue
		if (npids < 64) pids[++npids] = dir
		else more = 1
	}
	close(cmd)
	return 0
}

# A name may hold newlines: a process is one line here.
function processes(   j, file, l, s) {
	for (j = 1; j <= npids; j++) {
		file = pids[j] "/stat"
		s = ""
		while ((getline l < file) > 0) s = s l " "
		close(file)
		if (s != "") say(s)
	}
	return more ? 3 : 0
}

function facts(   cmd, l, w, phys) {
	for (l in skip) delete skip[l]
	cmd = "eval \"$STEMETOP_FACTS\" </dev/null 2>/dev/null"
	while ((cmd | getline l) > 0) {
		split(l, w, " ")
		if (w[1] == "part" || w[1] == "hide") { gsub(/!/, "/", w[2]); skip[w[2]] = 1 }
		if (w[1] == "walpath") phys = substr(l, 9)
		say(l)
	}
	close(cmd)
	if (wal != "") mounts(phys)
	return 0
}

# A program for sh, by the name of the variable that holds it.
function program(name,   cmd, l) {
	cmd = "eval \"$STEMETOP_" name "\" </dev/null 2>/dev/null"
	while ((cmd | getline l) > 0) say(l)
	close(cmd)
	return 0
}

# The mounts above the WAL, and those with an escape, which the monitor compares.
function mounts(phys,   file, at) {
	file = proc "/self/mountinfo"
	while ((getline < file) > 0) {
		at = $5
		if (at != "/") at = at "/"
		if (index(phys "/", at) == 1 || $5 == wal || index($5, "\\")) say("mount " $0)
	}
	close(file)
}

function section(name) {
	if (name == "uptime" || name == "loadavg") return copy(proc "/" name, "")
	if (name == "stat") return cpus()
	if (name == "diskstats") return disks()
	if (name == "net/dev") return nets()
	if (name == "pressure") return pressure()
	if (name == "meminfo") return memory()
	if (name == "pids") return scan()
	if (name == "processes") return processes()
	if (name == "facts") return facts()
	if (name == "sockets") return program("SOCKETS")
	if (name == "service") return program("SERVICE")
	if (name == "config") return program("CONFIG")
	return 2
}

BEGIN {
	mark = "@" ENVIRON["STEMETOP_NONCE"] " "
	proc = ENVIRON["STEMETOP_PROC"]
	wal = ENVIRON["STEMETOP_WAL"]
	want = ENVIRON["STEMETOP_WANT"]
	k = split("MemTotal: MemFree: MemAvailable: Buffers: Cached: SwapTotal: SwapFree: Dirty: Writeback:", keys, " ")
	for (j = 1; j <= k; j++) shown[keys[j]] = 1
}

$1 == "T" {
	n = $2
	count = NF
	for (i = 3; i <= count; i++) asked[i] = $i
	# One write for the whole answer: sshd sends it as one packet.
	out = ""
	for (i = 3; i <= count; i++) {
		say(mark "B " n " " asked[i])
		rc = section(asked[i])
		say(mark "E " n " " asked[i] " " rc)
	}
	print out mark "D " n
	fflush()
}
