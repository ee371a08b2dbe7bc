package panes

import (
	"strconv"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Path draws the ways to the selected replica side by side, each labelled by what
// measured it: the monitor's own, and the one that replication takes, from the
// primary, by the kernels of both ends, by ping there and by a connection
// forwarded through SSH. What a way can't tell by its nature is left blank, what
// it should and does not is a question mark, with the reason below. Scroll skips
// lines from the top.
func Path(f *Frame, w, h int) string {
	if w <= 0 || h <= 0 {
		return f.page(w, h).String()
	}
	p := f.page(w, h+max(0, min(f.Scroll[PanePath], maxScroll)))
	r := f.replica()
	if r == nil {
		p.line(p.s.Label, "no replica selected")
		return p.tail(h)
	}
	ways := f.ways(p, r)
	each := max(pathLeast, min((w-pathLabel)/len(ways), pathMost))
	shown := ways[:max(1, min(len(ways), (w-pathLabel)/each))]
	p.wayHeads(shown, each)
	for row := range numPathRows {
		p.wayRow(shown, row, each)
	}
	for i := range ways {
		p.wayNotes(&ways[i])
	}
	if own := r.Network.Peer.SSH; own.Known() {
		p.line(p.s.Label, "by ssh forward: less "+trip(own)+" ms, SSH's own round trip; it can't tell a packet lost")
	}
	p.strangers(f)
	return p.tail(h)
}

const (
	pathLabel           = 9
	pathLeast, pathMost = 14, 24 // cells of a way
)

// pathRow is a line of the table.
type pathRow int

const (
	pathLast pathRow = iota
	pathMin
	pathMedian
	pathP95
	pathJitter
	pathLoss
	pathPort
	pathConnections
	pathSent
	pathReceived
	pathQueue
	pathHostSent
	pathHostReceived
	pathLink
	pathAge
	numPathRows
)

var pathLabels = [numPathRows]string{
	"last", "min", "median", "p95", "jitter", "loss", "rpc port", "conns", "sent", "received", "queue",
	"host tx", "host rx", "link", "age",
}

// way is a column: who measured, by what, and what was found.
type way struct {
	from, by string
	cells    [numPathRows]piece
	notes    []note
}

// note is why something is not known or as it is, and what to do.
type note struct{ what, hint string }

func (v *way) note(what, hint cluster.Text) {
	if !what.IsZero() {
		v.notes = append(v.notes, note{what.String(), hint.String()})
	}
}

// failed notes why a source gives nothing.
func (v *way) failed(a *cluster.Access) {
	switch {
	case a.Err != nil:
		v.note(a.Err.What, a.Err.Hint)
	case !a.Reachable:
		v.notes = append(v.notes, note{"not asked yet", ""})
	}
}

// ways are the columns: the monitor's, and beside it the primary's.
func (f *Frame) ways(p *page, r *cluster.Replica) []way {
	n, primary := &r.Network, &f.Snap.Primary
	return []way{
		p.wayOfMonitor(f, n),
		p.wayOfKernel(f, &primary.Node, &n.Kernel.Primary),
		p.wayOfPing(f, primary, &n.Peer),
		p.wayOfForward(f, primary, &n.Peer),
		p.wayOfKernel(f, &r.Node, &n.Kernel.Replica),
	}
}

func (p *page) wayOfMonitor(f *Frame, n *cluster.Network) way {
	v := way{from: "monitor", by: n.Method.String()}
	if n.Method == cluster.ProbeTCP {
		v.by = "tcp connect"
	}
	t := cluster.Trips{RTT: n.RTT, Min: n.Min, Median: n.Median, P95: n.P95, Jitter: n.Jitter, Loss: n.Loss, Probes: n.Probes, Ceased: n.Ceased}
	p.trips(&v, &t, n.Reachable)
	v.cells[pathLoss] = p.lossOf(&t)
	v.cells[pathPort] = p.portCell(n.Port, "")
	p.aged(f, &v, &n.Access)
	v.failed(&n.Access)
	v.note(n.MethodWhy, cluster.Text{})
	v.note(n.PortWhy, cluster.Text{})
	return v
}

func (p *page) wayOfPing(f *Frame, primary *cluster.Primary, peer *cluster.Peer) way {
	v := way{from: primary.Name.String(), by: "ping"}
	p.trips(&v, &peer.Echo, peer.Ping.Reachable)
	v.cells[pathLoss] = p.lossOf(&peer.Echo)
	p.aged(f, &v, &peer.Ping)
	v.failed(&peer.Ping)
	v.note(peer.Why, peer.Hint)
	return v
}

// wayOfForward is a connection that the SSH server of the primary opens: less SSH's
// own round trip, and it can't tell a packet lost.
func (p *page) wayOfForward(f *Frame, primary *cluster.Primary, peer *cluster.Peer) way {
	v := way{from: primary.Name.String(), by: "ssh forward"}
	p.trips(&v, &peer.Forward, peer.Connect.Reachable)
	by := ""
	if s := peer.PortBy.String(); s != "ssh" {
		by = s
	}
	v.cells[pathPort] = p.portCell(peer.Port, by)
	p.aged(f, &v, &peer.Connect)
	if peer.Ping.Err == nil || peer.Connect.Err == nil || peer.Ping.Err.What != peer.Connect.Err.What {
		v.failed(&peer.Connect) // once is enough
	}
	v.note(peer.PortWhy, cluster.Text{})
	v.note(peer.ForwardWhy, peer.ForwardHint)
	return v
}

// wayOfKernel is what one end's kernel tells of the RPC connections themselves, and
// what its interfaces carry.
func (p *page) wayOfKernel(f *Frame, n *cluster.Node, k *cluster.Flow) way {
	v := way{from: n.Name.String(), by: "its kernel"}
	told := k.Known && k.Connections+k.Opening > 0
	for row, x := range map[pathRow]cluster.Figure{pathLast: k.RTT, pathMin: k.MinRTT, pathJitter: k.RTTVar} {
		v.cells[row] = p.tripCell(x)
	}
	v.cells[pathLoss] = p.resent(k)
	if k.Known {
		v.cells[pathConnections] = p.connections(k)
	} else {
		v.cells[pathConnections] = say(p.s.Unknown, unknown, 0)
	}
	v.cells[pathSent], v.cells[pathReceived] = p.rateCell(k.SentBytesPerSecond), p.rateCell(k.ReceivedBytesPerSecond)
	if told {
		v.cells[pathQueue] = p.queue(k)
	}
	if k.Known {
		v.cells[pathAge] = say(p.s.Label, Age(max(0, f.Snap.At.Sub(k.At))), 0)
	}
	p.wire(f, &v, n)
	v.note(k.Why, cluster.Text{})
	return v
}

func (p *page) wayHeads(ways []way, each int) {
	for line := range 2 {
		p.space(pathLabel)
		for i := range ways {
			text, style := "from "+ways[i].from, p.s.Name
			if line == 1 {
				text, style = ways[i].by, p.s.Label
			}
			p.left(style, text, each-1)
			p.space(1)
		}
		p.end()
	}
}

func (p *page) wayRow(ways []way, row pathRow, each int) {
	p.left(p.s.Label, pathLabels[row], pathLabel-1)
	p.space(1)
	for i := range ways {
		c := &ways[i].cells[row]
		start := p.n
		p.put(c.style, clip(printable(c.text), max(0, min(each-1, p.free())), p.g.Ellipsis))
		p.to(start + each)
	}
	p.end()
}

// wayNotes say what is behind a way's question marks.
func (p *page) wayNotes(v *way) {
	for _, n := range v.notes {
		text := "from " + v.from + " by " + v.by + ": " + n.what
		if n.hint != "" {
			text += "; hint: " + n.hint
		}
		p.paragraph(p.s.Unknown, text, 0, 2)
	}
}

// strangers names connections of the primary's RPC port that belong to no node, and
// what its metrics say that it sends to all.
func (p *page) strangers(f *Frame) {
	if v := f.Snap.Primary.SentBytesPerSecond; v.Known() {
		p.line(p.s.Label, "by its metrics "+f.Snap.Primary.Name.String()+" sends "+ByteRate(v)+" to all replicas together")
	}
	for _, u := range f.Snap.Primary.Host.Sockets.Unmatched {
		p.paragraph(p.s.Unknown, "connections of "+f.Snap.Primary.Name.String()+" with "+u.Address.String()+" ("+
			strconv.Itoa(u.Connections)+"): "+u.Why.String(), 0, 2)
	}
}

// pathFresh is how old the newest look from the primary may be to stand in the
// title.
const pathFresh = time.Minute

// pathWord is the state of the port from the primary, for the title.
func pathWord(f *Frame) string {
	r := f.replica()
	if r == nil {
		return ""
	}
	peer := &r.Network.Peer
	if age, ok := peer.Connect.Age(f.Snap.At); !ok || age > pathFresh {
		return " (not known from " + f.Snap.Primary.Name.String() + ")"
	}
	return " (RPC port from " + f.Snap.Primary.Name.String() + ": " + peer.Port.String() + ")"
}
