// Package webtest has servers that fail in ways that net/http's can't.
package webtest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Serve listens and hands each connection, once its request was read, to
// handle. It returns the URL. All is closed with the test.
func Serve(t testing.TB, handle func(c *net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{handle: handle}
	s.loop.Go(func() { s.accept(l) })
	t.Cleanup(func() {
		_ = l.Close() // its error is that of a listener that is gone
		s.close()
	})
	return "http://" + l.Addr().String()
}

type server struct {
	handle func(c *net.TCPConn)
	loop   sync.WaitGroup // that accepts
	all    sync.WaitGroup // those that handle
	conns  []net.Conn     // the loop's, until it ends
}

func (s *server) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		s.conns = append(s.conns, c)
		s.all.Go(func() { s.serve(c) })
	}
}

func (s *server) serve(c net.Conn) {
	defer func() { _ = c.Close() }() // the other side may have closed it
	if _, err := c.Read(make([]byte, 4096)); err != nil {
		return
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		s.handle(tcp)
	}
}

func (s *server) close() {
	s.loop.Wait()
	for _, c := range s.conns {
		_ = c.Close() // it may be closed already
	}
	s.all.Wait()
}

// Say writes text to a connection, as far as the other side takes it.
func Say(c net.Conn, text string) { _, _ = io.WriteString(c, text) }

// Hang waits until the other side is gone.
func Hang(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// Endless says first, and then the same for ever.
func Endless(first, then string) func(*net.TCPConn) {
	return func(c *net.TCPConn) {
		Say(c, first)
		for {
			if _, err := c.Write([]byte(strings.Repeat(then, 1000))); err != nil {
				return
			}
		}
	}
}

// HTTP starts a server that is closed with the test.
func HTTP(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// Answer serves one text.
func Answer(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, text) // the other side may be gone
	}
}

// WantFailure checks kind and words of a failure.
func WantFailure(t testing.TB, f *cluster.Failure, kind cluster.FailureKind, words ...string) {
	t.Helper()
	if f == nil {
		t.Fatalf("no failure, want %s", kind)
	}
	text := f.What.String() + " | " + f.Hint.String()
	if f.Kind != kind {
		t.Errorf("kind %s (%s), want %s", f.Kind, text, kind)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q lacks %q", text, w)
		}
	}
}
