package peer

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxHops is the most that a packet may go, by the tools' own limit.
const maxHops = 30

// path is what is known of one by now. Its zero value knows nothing.
type path struct {
	end  netip.Addr // where it leads; not valid where only a name is known
	hops []hop      // by TTL, from 1
	said string     // what the tool said that is none of its answers
}

type hop struct {
	addresses []netip.Addr // that answered, the newest last
	note      string
	sent      int
	back      int

	last, sum, best, worst time.Duration // of those that came back

	open bool   // the newest packet has no answer yet
	seq  string // of that, by mtr
}

func (p *path) hop(ttl int) *hop {
	if ttl < 1 || ttl > maxHops {
		return nil
	}
	for len(p.hops) < ttl {
		p.hops = append(p.hops, hop{})
	}
	return &p.hops[ttl-1]
}

// answer notes that a packet came back.
func (h *hop) answer(took time.Duration) {
	if h.back == 0 || took < h.best {
		h.best = took
	}
	h.worst = max(h.worst, took)
	h.back++
	h.sum += took
	h.last = took
}

func (h *hop) from(address netip.Addr) {
	h.addresses = slices.DeleteFunc(h.addresses, func(a netip.Addr) bool { return a == address })
	h.addresses = append(h.addresses, address)
	if len(h.addresses) > 8 {
		h.addresses = h.addresses[1:]
	}
}

// mtr reads its raw format: "x POS SEQ" for a packet sent, "h POS ADDRESS" for who
// is there, "p POS MICROSECONDS SEQ" for an answer. Positions count from 0; older
// versions tell no packets sent and no numbers.
func (p *path) mtr(line string) {
	w := strings.Fields(line)
	if len(w) < 3 || len(w[0]) != 1 {
		p.other(line)
		return
	}
	position, err := strconv.Atoi(w[1])
	h := p.hopAt(position, err)
	if h == nil {
		p.other(line)
		return
	}
	switch w[0] {
	case "x":
		h.settle() // the one before has had its second
		h.open, h.seq = true, w[2]
	case "h":
		if a, err := netip.ParseAddr(w[2]); err == nil {
			h.from(a)
		}
	case "p":
		took, err := strconv.Atoi(w[2])
		if err != nil || took < 0 || took > int(maxRTT.Microseconds()) {
			return
		}
		if len(w) < 4 || (h.open && w[3] == h.seq) {
			h.sent, h.open = h.sent+1, false
		}
		if h.back < h.sent { // else it was never said to be sent
			h.answer(time.Duration(took) * time.Microsecond)
		}
	}
}

func (p *path) hopAt(position int, err error) *hop {
	if err != nil || position < 0 || position >= maxHops {
		return nil
	}
	return p.hop(position + 1)
}

// traceroute reads " 2  10.0.0.1  0.053 ms !X  10.0.0.9  0.06 ms" and " 3  *".
func (p *path) traceroute(line string) {
	w := strings.Fields(line)
	if len(w) < 2 {
		return
	}
	ttl, err := strconv.Atoi(w[0])
	if err != nil {
		p.other(line)
		return
	}
	h := p.hop(ttl)
	if h == nil {
		return
	}
	for i, word := range w[1:] {
		a, err := netip.ParseAddr(strings.Trim(word, "()"))
		switch {
		case word == "*":
			h.sent++
		case strings.HasPrefix(word, "!"):
			h.note = word
		case word == "ms":
			if took, ok := millis(w[i]); ok {
				h.sent++
				h.answer(took)
			}
		case err == nil:
			h.from(a)
		}
	}
}

// tracepath reads " 1:  10.0.0.1   0.053ms asymm 2" and " 2:  no reply".
func (p *path) tracepath(line string) {
	w := strings.Fields(line)
	if len(w) < 3 || !strings.HasSuffix(w[0], ":") {
		p.other(line)
		return
	}
	number := strings.TrimSuffix(w[0], ":")
	if strings.HasSuffix(number, "?") {
		return // of this host itself
	}
	ttl, err := strconv.Atoi(number)
	if err != nil {
		p.other(line)
		return
	}
	h := p.hop(ttl)
	if h == nil {
		return
	}
	if w[1] == "no" {
		h.sent++
		return
	}
	a, err := netip.ParseAddr(w[1])
	took, ok := millis(strings.TrimSuffix(w[2], "ms"))
	if err != nil || !ok {
		return
	}
	h.from(a)
	h.sent++
	h.answer(took)
	if len(w) > 3 && (w[3][0] == '!' || w[3] == "asymm") {
		h.note = strings.Join(w[3:min(len(w), 5)], " ")
	}
}

func millis(word string) (time.Duration, bool) {
	v, err := strconv.ParseFloat(word, 64)
	if err != nil || !(v >= 0 && v <= maxRTT.Seconds()*1000) {
		return 0, false
	}
	return time.Duration(v * float64(time.Millisecond)).Round(time.Microsecond), true
}

// other keeps what a tool says beside its answers: its last words tell its trouble.
func (p *path) other(line string) {
	if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "traceroute to ") && !strings.HasPrefix(line, "Resume:") {
		p.said = line
	}
}

// trouble says why a tool measured nothing; empty if it is not there.
func (p *path) trouble(code int) string {
	switch {
	case code == codeNone:
		return ""
	case p.said == "":
		return "ended with status " + strconv.Itoa(code) + " and told nothing"
	}
	return p.said
}

// settle counts a packet without an answer as lost.
func (h *hop) settle() {
	if h.open {
		h.sent, h.open = h.sent+1, false
	}
}

func (p *path) settle() {
	for i := range p.hops {
		p.hops[i].settle()
	}
}

// list returns the hops up to the end of the path: tools send a little further than
// that before they know it, and what answers there is the end again. Of those beyond
// the last that answers, one is kept where the end was not reached.
func (p *path) list() []cluster.Hop {
	n := 0
	for i := range p.hops {
		if p.hops[i].back > 0 {
			n = i + 1
		}
	}
	if n > 0 {
		end := p.hops[n-1].address()
		n = 1 + slices.IndexFunc(p.hops, func(h hop) bool { return h.back > 0 && h.address() == end })
		if p.end.IsValid() && end != p.end && n < len(p.hops) && p.hops[n].sent > 0 {
			n++
		}
	}
	list := make([]cluster.Hop, 0, n)
	for i := range p.hops[:n] {
		list = append(list, p.hops[i].view(i+1))
	}
	return list
}

func (h *hop) address() netip.Addr {
	if len(h.addresses) == 0 {
		return netip.Addr{}
	}
	return h.addresses[len(h.addresses)-1]
}

func (h *hop) view(ttl int) cluster.Hop {
	v := cluster.Hop{TTL: ttl, Note: cluster.CleanN(h.note, 20), Sent: h.sent, Back: h.back, Best: h.best, Worst: h.worst}
	if n := len(h.addresses); n > 0 {
		v.Address, v.Others = cluster.Clean(h.address().String()), n-1
	}
	if h.back > 0 {
		v.Last, v.Mean = h.last, (h.sum / time.Duration(h.back)).Round(time.Microsecond)
	}
	return v
}
