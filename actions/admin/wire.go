package admin

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync"
)

// errSecondDial and errSealed keep net/http from sending anything again, or
// later; errPeer stops at a server that is not the one of the preview.
var (
	errSecondDial = errors.New("a second connection is not opened")
	errSealed     = errors.New("the request was given up")
	errPeer       = errors.New("another server answers at this address")
)

// wire is the one connection that a request may use, and knows whether any of
// the request went into it.
type wire struct {
	expect  Peer
	proxied bool

	mu     sync.Mutex
	conn   net.Conn
	dialed bool // a connection was asked for; there is no second one
	armed  bool // what is written from now on is the request, no handshake
	sealed bool // nothing more is written
	wrote  bool // something of the request was given to the socket
	peer   Peer
}

// transport returns what sends one request over w until ctx ends. Dials of
// net/http outlive their request; here they end with it.
func (w *wire) transport(ctx context.Context, l Limits, c *tls.Config, proxy *url.URL) *http.Transport {
	c = c.Clone()
	c.VerifyConnection = w.verify // after the chain and the name were
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	t := &http.Transport{
		DialContext: func(dctx context.Context, network, addr string) (net.Conn, error) {
			dctx, cancel := context.WithCancel(dctx)
			defer cancel()
			defer context.AfterFunc(ctx, cancel)()
			return w.dial(dctx, &net.Dialer{Timeout: l.Dial}, network, addr)
		},
		TLSClientConfig:        c,
		TLSHandshakeTimeout:    l.TLS,
		ResponseHeaderTimeout:  l.Header,
		MaxResponseHeaderBytes: maxHeader,
		DisableKeepAlives:      true,
		DisableCompression:     true, // a packed answer could unpack to anything
		Protocols:              protocols,
	}
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	return t
}

func (w *wire) dial(ctx context.Context, d *net.Dialer, network, addr string) (net.Conn, error) {
	w.mu.Lock()
	second := w.dialed
	w.dialed = true
	w.mu.Unlock()
	if second {
		return nil, errSecondDial
	}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.proxied { // the proxy's address says nothing of the server
		w.peer.Address = conn.RemoteAddr().String()
	}
	w.conn = conn
	switch {
	case w.sealed:
		err = errSealed
	case !w.proxied && w.expect.Address != "" && w.expect.Address != w.peer.Address:
		err = errPeer
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &watched{conn, w}, nil
}

// verify notes the server's certificate and compares it.
func (w *wire) verify(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return errPeer
	}
	sum := sha256.Sum256(s.PeerCertificates[0].Raw)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.peer.Certificate = hex.EncodeToString(sum[:])
	if w.expect.Certificate != "" && w.expect.Certificate != w.peer.Certificate {
		return errPeer
	}
	return nil
}

// arm says that handshakes are over: net/http got the connection.
func (w *wire) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = true
}

// mayWrite notes that something is about to be written. It is asked before the
// write, so that one on its way when the wire is sealed counts as written.
func (w *wire) mayWrite() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sealed {
		return false
	}
	w.wrote = w.wrote || w.armed
	return true
}

// seal ends the wire. What it returns can't become untrue later.
func (w *wire) seal() (wrote bool, p Peer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sealed = true
	if w.conn != nil {
		_ = w.conn.Close() // no reader is left who could be told
	}
	return w.wrote, w.peer
}

// watched is a connection that tells its wire of every write.
type watched struct {
	net.Conn
	wire *wire
}

// Write writes unless the wire is sealed.
func (c *watched) Write(b []byte) (int, error) {
	if !c.wire.mayWrite() {
		return 0, errSealed
	}
	return c.Conn.Write(b)
}
