package ssh

import (
	"context"
	"net"
	"sync"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

// link is the way to a host: one connection, or a chain of them through jump
// hosts, each inside the one before.
type link struct {
	root    net.Conn       // closing it ends all of them at once
	clients []*xssh.Client // one per hop, the target's last
	wire    *wire          // of the target
	way     string         // by which hops it goes, to tell the same way of others
	target  *settings
	gone    chan struct{} // closed when it has ended or been closed
	once    sync.Once

	mu       sync.Mutex
	sessions int              // begun and not closed
	over     bool             // the last of them was closed: none begins any more
	cause    *cluster.Failure // why it ended, if that is known better than "lost"
}

// client is the connection to the target.
func (l *link) client() *xssh.Client { return l.clients[len(l.clients)-1] }

// watch starts to look after an established link.
func (l *link) watch(interval, timeout time.Duration) {
	go func() {
		_ = l.client().Wait() // it says no more than that it ended
		l.close()
	}()
	go keepAlive(l.wire, l.client(), interval, timeout, l.gone, func() {
		l.end(silent(l.target, interval+timeout))
	})
}

// join begins a session, which keeps the link from being closed with another one
// that ends meanwhile. It tells whether there may still be one.
func (l *link) join() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.sessions++
	}
	return !l.over
}

// drop takes back a session that could not be started. The link stays: there was
// a way to it.
func (l *link) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions--
}

// leave ends a session, and tells whether it was the last: then the link is over.
func (l *link) leave() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions--
	l.over = l.over || l.sessions == 0
	return l.over
}

// end closes the link for a reason; the first one counts.
func (l *link) end(cause *cluster.Failure) {
	l.mu.Lock()
	if l.cause == nil {
		l.cause = cause
	}
	l.mu.Unlock()
	l.close()
}

// close never waits for the host: the socket goes first, so that nothing is
// left to be sent.
func (l *link) close() {
	l.once.Do(func() {
		close(l.gone)
		if l.root != nil {
			_ = l.root.Close() // nothing is buffered that it could lose
		}
		for _, c := range l.clients {
			_ = c.Close() // its socket is gone; this ends its goroutines
		}
	})
}

func (l *link) alive() bool {
	select {
	case <-l.gone:
		return false
	default:
		return true
	}
}

// lost is why the link ended.
func (l *link) lost() *cluster.Failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return l.cause
	}
	return cluster.Fail(cluster.FailReset, "connection to "+l.target.name()+" was lost", hintAnew)
}

// connect opens a link over all hops.
func (b *Builtin) connect(ctx context.Context, hops []*settings) (*link, error) {
	l := &link{target: hops[len(hops)-1], gone: make(chan struct{})}
	for _, hop := range hops {
		if err := b.extend(ctx, l, hop); err != nil {
			l.close()
			return nil, err
		}
	}
	l.watch(b.options.KeepaliveInterval, b.options.KeepaliveTimeout)
	return l, nil
}

// extend takes a link one hop further. An encrypted key that the server would
// take ends the attempt with errWanted.
func (b *Builtin) extend(ctx context.Context, l *link, hop *settings) error {
	known, err := newHostKeys(hop)
	if err != nil {
		return err
	}
	keys := gather(ctx, hop, b.options.Shared.keys)
	defer keys.close()
	l.way += hop.way()
	p, err := b.options.Shared.dials.begin(ctx, l.way)
	if err != nil {
		return err
	}
	defer p.end()
	var conn net.Conn
	if queued := p.wait(ctx, func() { conn, err = b.open(ctx, l, hop) }); err == nil {
		err = queued
	}
	if err != nil {
		return err
	}
	return b.handshake(ctx, l, conn, p, hop, known, keys)
}

// open opens the byte stream to a hop: by TCP, a ProxyCommand, or through the
// hop before.
func (b *Builtin) open(ctx context.Context, l *link, hop *settings) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, b.options.DialTimeout)
	defer cancel()
	begin := time.Now()
	var conn net.Conn
	var err error
	switch {
	case len(l.clients) > 0:
		conn, err = l.client().DialContext(ctx, "tcp", hop.addr())
	case hop.proxyCommand != "":
		conn, err = dialCommand(hop.proxyCommand)
	default:
		var d net.Dialer
		conn, err = d.DialContext(ctx, hop.network, hop.addr())
	}
	if err != nil {
		return nil, dialFailure(ctx, hop, time.Since(begin), err)
	}
	if l.root == nil {
		l.root = conn
	}
	return conn, nil
}

// handshake verifies the host, authenticates, and adds the client to the link.
func (b *Builtin) handshake(ctx context.Context, l *link, conn net.Conn, p *dial, hop *settings, known *hostKeys, keys *credentials) error {
	ctx, cancel := context.WithTimeout(ctx, b.options.DialTimeout)
	defer cancel()
	begin := time.Now()
	// A connection through a jump host has no deadlines of its own, so for all
	// of them the deadline is that the socket below is closed. The agent may
	// hang as well: one forwarded from a laptop that sleeps.
	stop := context.AfterFunc(ctx, func() {
		_ = l.root.Close() // nothing is buffered that it could lose
		keys.close()
	})
	defer stop()
	w := newWire(conn)
	w.lendWhileSilent(ctx, p)
	defer w.lendNoMore()
	c, channels, requests, err := xssh.NewClientConn(w, hop.addr(), b.clientConfig(hop, known, keys))
	if err != nil {
		if keys.wanted != "" {
			return &wantedError{keys.wanted}
		}
		if proxy, ok := conn.(*commandConn); ok && !w.spoke() {
			if f := proxy.failure(ctx, hop, time.Since(begin), err); f != nil {
				return f
			}
		}
		return handshakeFailure(ctx, hop, time.Since(begin), known, keys, w.otherProtocol(), err)
	}
	l.clients = append(l.clients, xssh.NewClient(c, channels, requests))
	l.wire = w
	return nil
}

func (b *Builtin) clientConfig(hop *settings, known *hostKeys, keys *credentials) *xssh.ClientConfig {
	return &xssh.ClientConfig{
		User:              hop.user,
		Auth:              []xssh.AuthMethod{xssh.PublicKeys(keys.signers...)},
		HostKeyCallback:   known.verify,
		HostKeyAlgorithms: known.algorithms,
		BannerCallback:    func(text string) error { keys.banner = text; return nil },
		AuthCallback: func(c *xssh.ClientAuthContext) (xssh.AuthMethod, error) {
			keys.accepts = c.AllowedMethods // only to tell, the choice stays with Auth
			return nil, nil                 // means that
		},
	}
}

// wantedError says that a server takes a key that is still encrypted.
type wantedError struct{ file string }

func (e *wantedError) Error() string { return "key " + e.file + " is encrypted" }
