package host

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxSocketLines is how many lines sockets.sh lets through; two make a connection.
const maxSocketLines = 1024

// parseSockets reads what sockets.sh says.
func parseSockets(text []byte) *cluster.SocketReading {
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	w := strings.Fields(string(first))
	if len(w) < 2 || w[0] != "via" {
		return &cluster.SocketReading{Why: cluster.Clean("not understood: " + start(first))}
	}
	r := &cluster.SocketReading{Cut: bytes.Count(rest, []byte("\n")) >= maxSocketLines}
	switch w[1] {
	case "ss":
		r.Via, r.Connections = cluster.Clean(w[1]), parseSS(rest)
	case "proc":
		r.Via, r.Connections = cluster.Clean(w[1]), parseProcTCP(rest)
		r.Why = cluster.Clean(ssTrouble(w[2:]) + ": no bytes, round trips or retransmissions are known")
	default:
		r.Why = cluster.Clean(ssTrouble(w[2:]) + ", and its proc/net/tcp " + procTrouble(w[2:]))
	}
	if r.Cut {
		r.Why = cluster.Clean("more connections than are read, the rest is left out")
	}
	return r
}

func ssTrouble(w []string) string {
	if len(w) > 0 && w[0] == "failed" {
		return "ss fails on this host"
	}
	return "this host has no ss (package iproute2)"
}

func procTrouble(w []string) string {
	if len(w) > 1 && w[1] == "denied" {
		return "may not be read"
	}
	return "is not there"
}

// parseSS reads the output of `ss -tin`: for each connection a line with its state,
// queues and ends, and what the kernel tells of it either behind that or in a next
// line that begins with a blank. The head and what is not understood are skipped.
func parseSS(text []byte) []cluster.Connection {
	var list []cluster.Connection
	var buf [96][]byte
	known := false
	for line := range bytes.Lines(text) {
		w := words(line, buf[:0])
		if len(w) == 0 {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			var c cluster.Connection
			if c, known = ssConnection(w); known {
				list = append(list, c)
				w = w[5:]
			}
		}
		if known {
			ssInfo(&list[len(list)-1], w)
		}
	}
	return list
}

// ssConnection reads "ESTAB 0 0 10.0.0.1:40112 10.0.0.2:18182".
func ssConnection(w [][]byte) (c cluster.Connection, ok bool) {
	if len(w) < 5 {
		return c, false
	}
	var queues [2]uint64
	if n, ok := numbers(w[1:3], queues[:]); !ok || n != 2 {
		return c, false
	}
	local, ok1 := ssAddress(string(w[3]))
	peer, ok2 := ssAddress(string(w[4]))
	c = cluster.Connection{
		State: cluster.Clean(string(w[0])), Local: local, Peer: peer, RecvQueue: queues[0], SendQueue: queues[1],
	}
	return c, ok1 && ok2
}

// ssAddress reads "10.0.0.1:80", "10.0.0.1%eth0:80", "[::ffff:10.0.0.1]:80",
// "[fe80::1]%eth0:80" and, of old versions, "::ffff:10.0.0.1:80".
func ssAddress(word string) (cluster.Text, bool) {
	colon := strings.LastIndexByte(word, ':')
	if colon < 0 {
		return cluster.Text{}, false
	}
	host, _, _ := strings.Cut(word[:colon], "%")
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	ip, err1 := netip.ParseAddr(host)
	port, err2 := strconv.ParseUint(word[colon+1:], 10, 16)
	return cluster.Clean(netip.AddrPortFrom(ip.Unmap(), uint16(port)).String()), err1 == nil && err2 == nil
}

// ssInfo reads the words of tcp_info that are of use. ss leaves out what is 0, and
// old versions and kernels what they do not know. Some have a blank between name and
// value ("send 9745130112bps"); none of those is of use.
func ssInfo(c *cluster.Connection, w [][]byte) {
	acked, segments, counted := uint64(0), uint64(0), false
	for _, word := range w {
		key, value, ok := strings.Cut(string(word), ":")
		if !ok {
			continue
		}
		c.Told = c.Told || key == "rtt" || key == "rto" || key == "cwnd" || key == "mss"
		switch n, _ := strconv.ParseUint(value, 10, 64); key {
		case "rtt":
			rtt, mdev, _ := strings.Cut(value, "/")
			c.RTT, c.RTTVar = millis(rtt), millis(mdev)
		case "minrtt":
			c.MinRTT = millis(value)
		case "lastsnd":
			c.LastSent = millis(value)
		case "cwnd":
			c.Cwnd = uint32(min(n, 1<<32-1))
		case "unacked":
			c.Unacked = uint32(min(n, 1<<32-1))
		case "notsent":
			c.NotSent = n
		case "retrans": // now/ever
			_, ever, _ := strings.Cut(value, "/")
			c.Retransmissions, _ = strconv.ParseUint(ever, 10, 64)
		case "bytes_sent":
			c.SentBytes, counted = n, true
		case "bytes_acked":
			acked, counted = n, true
		case "bytes_received":
			c.ReceivedBytes, counted = n, true
		case "data_segs_out":
			c.Segments, counted = n, true
		case "segs_out":
			segments, counted = n, true
		case "segs_in":
			counted = true
		}
	}
	c.Counted = c.Counted || counted
	if c.SentBytes == 0 {
		c.SentBytes = acked
	}
	if c.Segments == 0 && c.SentBytes > 1 {
		c.Segments = segments
	}
}

// millis reads a number of milliseconds, 0 for none.
func millis(word string) time.Duration {
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || !(v >= 0 && v < 1e12) {
		return 0
	}
	return time.Duration(v * float64(time.Millisecond))
}

// tcpStates are the states of /proc/net/tcp, in the words of ss. Listening sockets
// and those that only wait for late packets are no connections.
var tcpStates = map[string]string{
	"01": cluster.Established, "02": cluster.SynSent, "04": "FIN-WAIT-1", "05": "FIN-WAIT-2",
	"08": "CLOSE-WAIT", "09": "LAST-ACK", "0B": "CLOSING",
}

// parseProcTCP reads lines of /proc/net/tcp and tcp6 (Documentation/networking/proc_net_tcp.rst).
func parseProcTCP(text []byte) []cluster.Connection {
	var list []cluster.Connection
	var buf [24][]byte
	for line := range bytes.Lines(text) {
		w := words(line, buf[:0])
		if len(w) < 5 || tcpStates[string(w[3])] == "" {
			continue
		}
		local, ok1 := procAddress(string(w[1]))
		peer, ok2 := procAddress(string(w[2]))
		sending, receiving, ok3 := strings.Cut(string(w[4]), ":")
		tx, err1 := strconv.ParseUint(sending, 16, 32)
		rx, err2 := strconv.ParseUint(receiving, 16, 32)
		if ok1 && ok2 && ok3 && err1 == nil && err2 == nil {
			list = append(list, cluster.Connection{
				State: cluster.Clean(tcpStates[string(w[3])]), Local: local, Peer: peer, RecvQueue: rx, SendQueue: tx,
			})
		}
	}
	return list
}

// procAddress reads "0100007F:4706": words of 32 bits as a little-endian machine
// has them in memory, then the port.
func procAddress(word string) (cluster.Text, bool) {
	address, port, _ := strings.Cut(word, ":")
	b, err1 := hex.DecodeString(address)
	n, err2 := strconv.ParseUint(port, 16, 16)
	for i := 0; i+4 <= len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	ip, ok := netip.AddrFromSlice(b)
	return cluster.Clean(netip.AddrPortFrom(ip.Unmap(), uint16(n)).String()), ok && err1 == nil && err2 == nil
}
