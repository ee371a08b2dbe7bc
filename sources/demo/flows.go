package demo

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// ssScript stands in for ss: it lists the RPC connections of the simulation, as
// `ss -tin` does.
const ssScript = `#!/bin/sh
while IFS= read -r line; do
	printf '%s\n' "$line"
done <"${0%/*}/../connections"
`

// primaryPort is the first of the ports at the primary's ends.
const primaryPort = 41000

// sendBuffer is the most that waits in a socket of the primary, in bytes.
const sendBuffer = 4 << 20

// flows are the RPC connections as the kernel of a host lists them: one from the
// primary to each replica.
type flows struct {
	file *textFile
	rpc  []string // addresses by node
}

// openFlows makes the files that tell of them on a host. The addresses are known
// when all nodes have started.
func (h *host) openFlows(rpc []string) error {
	if err := h.tool("ss", ssScript); err != nil {
		return err
	}
	f, err := createText(filepath.Join(h.dir, "connections"))
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.flows = &flows{f, rpc}
	return nil
}

func (f *flows) render(w *physics.World, index int) []byte {
	b := []byte("State Recv-Q Send-Q Local Address:Port Peer Address:Port\n")
	for i := 1; i < len(f.rpc); i++ {
		n := w.Node(i)
		if !n.Process.Up {
			continue
		}
		switch index {
		case 0:
			b = f.sends(b, w, n)
		case i:
			b = fmt.Appendf(b, "ESTAB %d 0 %s 127.0.0.1:%d\n\t cubic rto:204 rtt:0.3/0.1 mss:%d cwnd:10 bytes_received:%d segs_in:%d\n",
				w.Unread(n), f.rpc[i], primaryPort+i, physics.SegmentBytes, n.SentBytes, n.SentBytes/physics.SegmentBytes)
		}
	}
	return b
}

// sends appends the connection to n as the primary's kernel knows it.
func (f *flows) sends(b []byte, w *physics.World, n *physics.Node) []byte {
	queue := min(sendBuffer, w.Backlog(n))
	rtt, _ := w.Trip(n, 0)
	window, idle := 40, 4*time.Millisecond
	if n.Resent > 0 && rtt > 10*physics.BestTrip {
		window = 4
	}
	if n.Breaker.Open {
		idle = w.Now() - n.Breaker.Since
	}
	segments := n.SentBytes/physics.SegmentBytes + n.Resent
	return fmt.Appendf(b, "ESTAB 0 %d 127.0.0.1:%d %s\n\t cubic rto:204 rtt:%.3f/%.3f mss:%d cwnd:%d bytes_sent:%d bytes_acked:%d segs_out:%d data_segs_out:%d lastsnd:%d retrans:0/%d notsent:%d minrtt:%.3f\n",
		queue, primaryPort+n.Index, f.rpc[n.Index], millis(rtt), millis(rtt)/4, physics.SegmentBytes, window,
		n.SentBytes+n.Resent*physics.SegmentBytes, n.SentBytes, segments, segments, idle.Milliseconds(), n.Resent,
		queue-min(queue, uint64(window)*physics.SegmentBytes), millis(physics.BestTrip))
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
