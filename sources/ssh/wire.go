package ssh

import (
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

// wire is the connection to a host that remembers when it last said anything.
type wire struct {
	net.Conn
	heard atomic.Int64 // Unix nanoseconds
	idle  atomic.Pointer[func(read func())]

	mu       sync.Mutex
	greeting []byte // the first that came, up to maxGreeting
}

// maxGreeting is how much is kept of what a port said first, in bytes: a line that
// shows what speaks there.
const maxGreeting = 80

// sshdSays is what begins the first line of an SSH server, and what OpenSSH's says
// instead when it lets nobody in for now.
var sshdSays = []string{"SSH-", "Exceeded MaxStartups", "Not allowed at this time"}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c}
	w.heard.Store(time.Now().UnixNano())
	return w
}

// lendWhileSilent has others connect while nothing comes from the host.
func (w *wire) lendWhileSilent(ctx context.Context, p *dial) {
	idle := func(read func()) { _ = p.wait(ctx, read) } // the end of ctx closes the connection
	w.idle.Store(&idle)
}

// lendNoMore ends that: the place is given back.
func (w *wire) lendNoMore() { w.idle.Store(nil) }

// Read notes that the host is alive.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.read(b)
	if n > 0 {
		w.heard.Store(time.Now().UnixNano())
		w.mu.Lock()
		w.greeting = append(w.greeting, b[:min(n, maxGreeting-len(w.greeting))]...)
		w.mu.Unlock()
	}
	return n, err
}

func (w *wire) read(b []byte) (n int, err error) {
	idle := w.idle.Load()
	if idle == nil {
		return w.Conn.Read(b) //nolint:wrapcheck // of a connection to the library
	}
	(*idle)(func() { n, err = w.Conn.Read(b) })
	return n, err
}

// spoke tells whether anything came.
func (w *wire) spoke() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.greeting) > 0
}

// otherProtocol is the first line of what is no SSH server; empty where nothing
// came, or nothing that tells. One may say something before its version (RFC 4253,
// 4.2), which few do: what hangs up after that and without one is none.
func (w *wire) otherProtocol() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, own := range sshdSays {
		if bytes.Contains(w.greeting, []byte(own)) {
			return ""
		}
	}
	line, _, _ := bytes.Cut(w.greeting, []byte("\n"))
	return strings.TrimSpace(string(line))
}

// silence is how long nothing came. These are deadlines of I/O: real time.
func (w *wire) silence() time.Duration { return time.Since(time.Unix(0, w.heard.Load())) }

// keepAlive asks for a sign of life after each interval of silence, and gives
// up when none comes within timeout. It ends with gone.
//
// The library's SendRequest waits without limit, holding a lock that everything
// else needs; a timeout around it would only hide that. So giving up means to
// close the socket, which is left to the caller.
func keepAlive(w *wire, client *xssh.Client, interval, timeout time.Duration, gone <-chan struct{}, giveUp func()) {
	asking := make(chan struct{}, 1)
	for {
		wait := interval - w.silence()
		if wait <= 0 {
			wait = max(time.Millisecond, min(interval/4, interval+timeout-w.silence()))
		}
		timer := time.NewTimer(wait)
		select {
		case <-gone:
			timer.Stop()
			return
		case <-timer.C:
		}
		silence := w.silence()
		if silence >= interval+timeout {
			giveUp()
			return
		}
		if silence < interval {
			continue
		}
		select {
		case asking <- struct{}{}:
			go func() {
				// Any answer will do, and a lost connection is noticed by others.
				_, _, _ = client.SendRequest("keepalive@openssh.com", true, nil)
				<-asking
			}()
		default: // one is under way
		}
	}
}

func silent(s *settings, d time.Duration) *cluster.Failure {
	return cluster.Fail(cluster.FailTimeout, s.name()+" went silent: no sign of life for "+d.Round(time.Millisecond).String(),
		"the host hangs or the network drops everything: ping it")
}
