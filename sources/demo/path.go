package demo

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// pingScript stands in for ping on the primary's host: it tells what the packets
// of this moment meet. All nodes have one address here, so it goes by the port.
const pingScript = `#!/bin/sh
while read -r for one two three; do
	[ "$for" = "$STEMETOP_FOR" ] || continue
	n=0 back=0
	echo "PING ${for%:*} 56(84) bytes of data."
	for time in "$one" "$two" "$three"; do
		n=$((n + 1))
		[ "$time" != lost ] || continue
		back=$((back + 1))
		echo "64 bytes from ${for%:*}: icmp_seq=$n ttl=64 time=$time ms"
	done
	echo "3 packets transmitted, $back received, $(((3 - back) * 33))% packet loss"
	[ $back -gt 0 ]
	exit
done <"${0%/*}/../paths"
echo "ping: $STEMETOP_FOR is none of this cluster"
exit 2
`

// mtrScript stands in for mtr there: two routers, of which the way behind the first
// may be in trouble, and the replica.
const mtrScript = `#!/bin/sh
hop() {
	seq=$((seq + 1))
	echo "x $1 $seq"
	[ "$3" != lost ] || return 0
	echo "h $1 $2"
	echo "p $1 ${3%.*}${3#*.} $seq"
}
seq=33000 n=0
while [ $n -lt 30 ]; do
	n=$((n + 1))
	while read -r for one two three; do
		[ "$for" = "$STEMETOP_FOR" ] || continue
		hop 0 10.20.0.254 0.214
		hop 1 10.20.8.1 "$one"
		hop 2 "${for%:*}" "$two"
	done <"${0%/*}/../paths"
	sleep 1
done
`

// paths tell what packets meet on the way from the primary to each replica.
type paths struct {
	file *textFile
	rpc  []string // addresses by node
}

// tool makes a command of the simulated machine.
func (h *host) tool(name, script string) error {
	if err := os.WriteFile(filepath.Join(h.dir, tools, name), []byte(script), 0o700); err != nil { //nolint:gosec // it is to be run
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// openPaths makes the files that tell of them on the primary's host. The
// addresses are known when all nodes have started.
func (h *host) openPaths(rpc []string) error {
	if err := h.tool("ping", pingScript); err != nil {
		return err
	}
	if err := h.tool("mtr", mtrScript); err != nil {
		return err
	}
	f, err := createText(filepath.Join(h.dir, "paths"))
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.paths = &paths{f, rpc}
	return nil
}

func (p *paths) render(w *physics.World) []byte {
	var b []byte
	for i := 1; i < len(p.rpc); i++ {
		b = append(b, p.rpc[i]...)
		for k := range 3 {
			b = append(b, ' ')
			if rtt, ok := w.Trip(w.Node(i), k); ok {
				b = strconv.AppendFloat(b, float64(rtt)/float64(time.Millisecond), 'f', 3, 64)
			} else {
				b = append(b, "lost"...)
			}
		}
		b = append(b, '\n')
	}
	return b
}

// forward is a direct-tcpip channel (RFC 4254, 7.2): the primary's host connects to
// RPC ports of the cluster, and to nothing else.
func (s *sshd) forward(ctx context.Context, offer ssh.NewChannel) {
	var to struct {
		Host     string
		Port     uint32
		From     string
		FromPort uint32
	}
	s.host.mu.Lock()
	p := s.host.paths
	s.host.mu.Unlock()
	if ssh.Unmarshal(offer.ExtraData(), &to) != nil || p == nil {
		_ = offer.Reject(ssh.Prohibited, "only the primary's host forwards here")
		return
	}
	at := net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port)))
	i := slices.Index(p.rpc, at)
	if i < 1 {
		_ = offer.Reject(ssh.Prohibited, "only to replicas' RPC ports")
		return
	}
	var trip time.Duration
	s.host.sim.with(func(w *physics.World) { trip, _ = w.Trip(w.Node(i), 0) })
	time.Sleep(trip) // the distance
	c, err := new(net.Dialer).DialContext(ctx, "tcp", at)
	if err != nil {
		_ = offer.Reject(ssh.ConnectionFailed, "Connection refused")
		return
	}
	_ = c.Close() // nothing was written that could be lost
	if ch, requests, err := offer.Accept(); err == nil {
		go ssh.DiscardRequests(requests)
		_ = ch.Close()
	}
}
