package runbook

import (
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// fromPing is the better of the two pings: the primary's path matters, since
// replication takes it.
func fromPing(_ *cluster.Snapshot, r *cluster.Replica) cluster.Access {
	return preferred(r.Network.Peer.Ping, r.Network.Access)
}

// fromConnect is the better of the two looks at the RPC port.
func fromConnect(_ *cluster.Snapshot, r *cluster.Replica) cluster.Access {
	return preferred(r.Network.Peer.Connect, r.Network.Access)
}

// fromKernels is the host whose kernel tells of the RPC connections, the primary's
// where it does.
func fromKernels(s *cluster.Snapshot, r *cluster.Replica) cluster.Access {
	if k := &r.Network.Kernel.Primary; k.Known {
		return cluster.Access{Configured: true, Reachable: true, Newest: k.At}
	}
	return preferred(r.Host.Access, s.Primary.Host.Access)
}

// preferred is the first of two sources that answers, else the first that was asked.
func preferred(a, b cluster.Access) cluster.Access {
	if a.Reachable || (!b.Reachable && a.Configured) {
		return a
	}
	return b
}

func lookAtPing(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	n := &r.Network
	var words []string
	add := func(t *cluster.Trips, by, from string) {
		loss, ok := t.Loss.Value()
		if !ok && !t.Median.Known() {
			return
		}
		known, finding = true, finding || loss >= highLoss && !t.Ceased
		w := "rtt " + figure(t.Median, milliseconds)
		if ok {
			w += ", loss " + percent(loss) + overWords(t.Ceased)
		}
		words = append(words, w+" by "+by+" from "+from)
	}
	if t, by := n.Peer.Trips(); by != "" {
		add(&t, by, s.Primary.Name.String())
	}
	if k := &n.Kernel.Primary; k.RTT.Known() {
		words = append(words, "rtt "+figure(k.RTT, milliseconds)+" by "+s.Primary.Name.String()+"'s kernel")
		known = true
	}
	if n.Reachable {
		add(&cluster.Trips{Median: n.Median, Loss: n.Loss, Ceased: n.Ceased}, n.Method.String(), "the monitor")
	}
	if !known {
		words = append(words, because("no answer of ping", n.Peer.Why))
	}
	return strings.Join(words, "; "), finding || blames(r, cluster.CauseNetwork), known
}

func lookAtBandwidth(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	var words []string
	for _, end := range []struct {
		flow *cluster.Flow
		name cluster.Text
	}{{&r.Network.Kernel.Primary, s.Primary.Name}, {&r.Network.Kernel.Replica, r.Name}} {
		if w, bad := flowWords(end.flow, end.name.String()); w != "" {
			words, finding = append(words, w), finding || bad
		}
	}
	if gets := received(&r.Host); gets.Known() {
		words = append(words, "receives "+figure(gets, bytesPerSecond)+" on all interfaces")
	}
	for i := range r.Host.Nets {
		u := &r.Host.Nets[i]
		if bad, _ := u.ErrorsPerSecond.Value(); bad >= 1 {
			words, finding = append(words, u.Name.String()+" "+brief(bad)+" errors/s"), true
		}
	}
	if len(words) == 0 {
		return because("no rates of RPC connections or interfaces", r.Network.Kernel.Primary.Why), false, false
	}
	return strings.Join(words, "; "), finding, true
}

// flowWords is what one end tells of its RPC connections; nothing where it does not, or
// not of a rate yet.
func flowWords(f *cluster.Flow, name string) (words string, bad bool) {
	if !f.Known {
		return "", false
	}
	if f.Connections == 0 {
		words = name + " has no RPC connection"
		if f.Opening > 0 {
			words += ", and opens one without an answer"
		}
		return words, f.Opening > 0
	}
	if unanswered(f) {
		return name + " sends nothing, and opens another RPC connection without an answer", true
	}
	if !f.SentBytesPerSecond.Known() && !f.ReceivedBytesPerSecond.Known() {
		return "", false
	}
	words = name + " sends " + figure(f.SentBytesPerSecond, bytesPerSecond) + ", gets " + figure(f.ReceivedBytesPerSecond, bytesPerSecond)
	again, ok := f.Retransmitted.Value()
	if ok {
		words += ", " + percent(again) + " sent again"
	}
	return words, ok && again >= highResent
}

// unanswered tells whether a host asks for an RPC connection and gets no answer: it
// has none, or none through which anything goes.
func unanswered(f *cluster.Flow) bool {
	sent, known := f.SentBytesPerSecond.Value()
	return f.Opening > 0 && (f.Connections == 0 || known && sent == 0)
}

// asksPort tells whether the primary's host is there to be asked for the port.
func asksPort(w *cluster.Network) bool { return w.Peer.Connect.Configured }

func lookAtPort(s *cluster.Snapshot, r *cluster.Replica) (evidence string, finding, known bool) {
	n := &r.Network
	var words []string
	if p := &n.Peer; p.Connect.Reachable && p.Port != cluster.PortUnknown {
		words = append(words, because(p.Port.String()+" from "+s.Primary.Name.String(), p.PortWhy))
		finding, known = p.Port != cluster.PortOpen, true
	}
	if n.Reachable && n.Port != cluster.PortUnknown {
		words = append(words, because(n.Port.String()+" from the monitor", n.PortWhy))
		// The way that replication takes decides where it is known, and where it could be
		// the monitor's own says nothing of it but where it is shut.
		finding = finding || (!known && n.Port != cluster.PortOpen)
		if !known && asksPort(n) {
			words = append(words, because("not known from "+s.Primary.Name.String(), n.Peer.PortWhy))
		}
		known = known || finding || !asksPort(n)
	}
	if len(words) == 0 {
		words = append(words, because("no answer", n.Peer.PortWhy))
	}
	return strings.Join(words, "; "), finding, known
}
