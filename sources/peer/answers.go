package peer

import (
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Codes of the shell and of timeout(1).
const (
	codeBroken  = 125 // timeout itself failed
	codeDenied  = 126 // the tool is there, and can't be run
	codeNone    = 127 // no such tool
	codeTimeout = 124
	codeKilled  = 143
)

// maxRTT is more than ping waits for a reply.
const maxRTT = 10 * time.Second

// readPing reads what ping printed: that of iputils, busybox and inetutils.
func readPing(lines []string, code int) *cluster.PeerPing {
	b := &cluster.PeerPing{}
	if code == codeNone {
		b.Why, b.Hint = cluster.Clean("there is no ping on the primary's host"), cluster.Clean("install iputils-ping there")
		return b
	}
	said := ""
	for _, line := range lines {
		switch {
		case strings.Contains(line, "packets transmitted"):
			b.Sent = sentOf(line)
		case strings.Contains(line, "bytes from ") && !strings.Contains(line, "DUP!"):
			if rtt, ok := replyOf(line); ok && len(b.RTTs) < maxLines {
				b.RTTs = append(b.RTTs, rtt)
			}
		case has(line, "nreachable", "rohibited", "ping:", "Time to live exceeded", "Packet filtered"):
			said = line
		}
	}
	b.Sent = max(b.Sent, len(b.RTTs))
	switch {
	case b.Sent == 0:
		b.Why, b.Hint = pingTrouble(said, code)
	case b.Sent > len(b.RTTs):
		b.Why = cluster.CleanN(lossWords(said), 120)
	}
	return b
}

// sentOf reads "3 packets transmitted, ...".
func sentOf(line string) int {
	word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	n, err := strconv.Atoi(word)
	if err != nil || n < 0 || n > 1000 {
		return 0
	}
	return n
}

// replyOf reads "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.045 ms".
func replyOf(line string) (time.Duration, bool) {
	_, rest, ok := strings.Cut(line, "time")
	if !ok || rest == "" || (rest[0] != '=' && rest[0] != '<') {
		return 0, false
	}
	word, unit, _ := strings.Cut(strings.TrimSpace(rest[1:]), " ")
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || !strings.HasPrefix(unit, "ms") || !(v >= 0 && v <= maxRTT.Seconds()*1000) {
		return 0, false
	}
	return time.Duration(v * float64(time.Millisecond)).Round(time.Microsecond), true
}

// lossWords cuts what a router said out of "From 10.0.0.1 icmp_seq=1 Destination
// Host Unreachable".
func lossWords(said string) string {
	if from, rest, ok := strings.Cut(said, " icmp_seq="); ok {
		_, what, _ := strings.Cut(rest, " ")
		return what + " (" + strings.TrimPrefix(from, "From ") + ")"
	}
	return strings.TrimPrefix(said, "ping: ")
}

// pingTrouble says why no packet was sent.
func pingTrouble(said string, code int) (why, hint cluster.Text) {
	switch {
	case has(said, "not permitted", "ermission denied", "must be root", "setuid root"):
		return cluster.Clean("ping is not permitted to the account on the primary's host"),
			cluster.Clean("setcap cap_net_raw+ep on ping there, or net.ipv4.ping_group_range")
	case unresolved(said):
		return cluster.Clean("the primary's host does not know the name: " + lossWords(said)), addressHint
	case code == codeTimeout || code == codeKilled:
		return cluster.Clean("ping did not end in time"), cluster.Text{}
	case said == "":
		return cluster.Clean("ping sent nothing and ended with status " + strconv.Itoa(code)), cluster.Text{}
	}
	return cluster.CleanN(lossWords(said), 120), cluster.Text{}
}

var addressHint = cluster.Clean("configure rpc: of the replica as the primary's host reaches it")

func unresolved(said string) bool {
	return has(said, "not known", "name resolution", "nknown host", "bad address", "No address associated", "Name does not resolve")
}

// readConnect fills in what bash or nc told of a port.
func readConnect(b *cluster.PeerPort, lines []string, code int) {
	by, said, noRoute := "", "", false
	for _, line := range lines {
		switch tool, ok := strings.CutPrefix(line, "by "); {
		case ok && by == "":
			by = tool
		case line == routeless:
			noRoute = true
		case said == "" || portWords(line) != cluster.PortUnknown:
			said = line
		}
	}
	if code == codeNone && by == "" {
		if b.Port == cluster.PortUnknown {
			b.Why = cluster.Clean("nothing on the primary's host can try the port: neither forwarding, nor bash with timeout, nor nc")
		}
		return
	}
	switch port, why := portOf(said, noRoute); {
	case code == codeBroken || code == codeDenied || code == codeNone: // what it said is of the tool, not of the way
		if b.Port == cluster.PortUnknown {
			b.Why = cluster.CleanN(by+" can't be run on the primary's host: "+or(said, "status "+strconv.Itoa(code)), 120)
		}
	case code == 0:
		b.By, b.Port, b.Why = cluster.CleanN(by, 8), cluster.PortOpen, cluster.Text{}
	case code == codeTimeout || code == codeKilled:
		b.By, b.Port, b.Why = cluster.CleanN(by, 8), cluster.PortFiltered, cluster.Clean("no answer within 2 s")
	case port != cluster.PortUnknown || b.Port == cluster.PortUnknown:
		b.By, b.Port, b.Why = cluster.CleanN(by, 8), port, why
	}
}

// readRoute tells apart who refused the way: the host's own route, or somebody on
// it.
func readRoute(b *cluster.PeerPort, lines []string) {
	for _, line := range lines {
		if line == routeless {
			b.Port, b.Why = cluster.PortNoRoute, cluster.Clean("the primary's host has no route")
		}
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

const routeless = "no route of its own"

// portWords is the state that the system's words tell.
func portWords(said string) cluster.PortState {
	switch {
	case has(said, "refused"):
		return cluster.PortClosed
	case has(said, "imed out", "TIMEOUT", "timeout"):
		return cluster.PortFiltered
	case has(said, "No route to host", "nreachable", "Permission denied", "Invalid argument", "EHOSTUNREACH", "ENETUNREACH"):
		return cluster.PortUnreachable
	}
	return cluster.PortUnknown
}

// portOf puts the system's words into a state and ours. NoRoute says that the
// host's own route failed.
func portOf(said string, noRoute bool) (cluster.PortState, cluster.Text) {
	words := cluster.CleanN(lastWords(said), 120).String()
	switch state := portWords(said); {
	case state == cluster.PortClosed:
		return state, cluster.Clean("connection refused: nobody listens, or a firewall rejects")
	case state == cluster.PortFiltered:
		return state, cluster.Clean("no answer")
	case state == cluster.PortUnreachable && noRoute:
		return cluster.PortNoRoute, cluster.Clean("the primary's host has no route: " + words)
	case state == cluster.PortUnreachable:
		return state, cluster.Clean("says a router, a firewall or the route: " + words)
	case unresolved(said):
		return state, cluster.Clean("the primary's host does not know the name: " + words)
	case words == "":
		return state, cluster.Clean("the tool said nothing")
	default:
		return state, cluster.Clean(words)
	}
}

// lastWords cuts the system's words out of "bash: connect: Connection refused".
func lastWords(said string) string {
	if i := strings.LastIndex(said, ": "); i >= 0 {
		said = said[i+2:]
	}
	return strings.TrimSpace(said)
}
