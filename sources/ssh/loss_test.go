package ssh

import (
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

func TestMaxSessions(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{Config: "MaxSessions 1"})
	tr := builtin(t, options(s))
	first, err := tr.Start(t.Context(), "cat")
	if err != nil {
		t.Fatal(err)
	}
	_, err = tr.Start(t.Context(), "echo hello")
	want(t, fail(t, err), cluster.FailBusy, "MaxSessions")
	if _, err := io.WriteString(first, "x"); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(first, make([]byte, 1)); err != nil {
		t.Errorf("the first session suffered: %v", err)
	}
	// A child has a connection of its own for each session.
	other := openssh(t, options(s))
	wantOK(t, other)
}

// The end of one of two sessions leaves the other alone, unless the host does not
// confirm it.
func TestTwoSessions(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	tr := builtin(t, options(s))
	first, second := started(t, tr), started(t, tr)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(second); err != nil {
		t.Errorf("the closed session: %v", err)
	}
	if _, err := io.WriteString(first, "x"); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(first, make([]byte, 1)); err != nil {
		t.Errorf("the other session suffered: %v", err)
	}
	second = started(t, tr)
	s.StopSessions()
	_ = second.Close() // it has no error
	if _, err := io.ReadAll(first); err != nil {
		t.Logf("read: %v", err)
	}
	want(t, fail(t, first.Wait()), cluster.FailReset, "closed")
}

// A session that begins as the last one ends is not closed with it.
func TestStartBesideTheLastClose(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	tr := builtin(t, options(s))
	for i := range 4 {
		last := started(t, tr)
		closed := make(chan error, 1)
		go func() {
			time.Sleep(time.Duration(i) * 400 * time.Microsecond) // somewhere on its way
			closed <- last.Close()
		}()
		next, err := tr.Start(t.Context(), "cat")
		if err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(next, "x"); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		if _, err := io.ReadFull(next, make([]byte, 1)); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMaxStartups(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{Config: "MaxStartups 1:100:1"})
	c, err := net.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	s.WaitLog("Connection from")
	each(t, func(t *testing.T, dial dialer) {
		_, f := run(t, dial(t, options(s)), "echo hello")
		want(t, f, cluster.FailBusy, "MaxStartups")
	})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "place is free again", func() bool { return len(s.Sessions()) == 0 })
	each(t, func(t *testing.T, dial dialer) { wantOK(t, dial(t, options(s))) })
}

// started returns a session whose command runs.
func started(t *testing.T, tr transport) Session {
	t.Helper()
	session, err := tr.Start(t.Context(), "echo on; cat")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() }) // it has no error
	if _, err := io.ReadFull(session, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	return session
}

func TestStoppedServer(t *testing.T) {
	for _, c := range []struct {
		name              string
		dial              dialer
		interval, timeout time.Duration
		within            time.Duration
	}{
		{"builtin", builtin, 300 * time.Millisecond, 300 * time.Millisecond, 5 * time.Second},
		{"openssh", openssh, time.Second, time.Second, 8 * time.Second}, // it knows whole seconds only
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Options{})
			o := options(s)
			o.KeepaliveInterval, o.KeepaliveTimeout = c.interval, c.timeout
			session := started(t, c.dial(t, o))
			s.StopSessions()
			begin := time.Now()
			if _, err := io.ReadAll(session); err != nil {
				t.Logf("read: %v", err)
			}
			want(t, fail(t, session.Wait()), cluster.FailTimeout)
			if d := time.Since(begin); d > c.within {
				t.Errorf("noticed after %v", d)
			}
		})
	}
}

// A quiet command is not a dead one.
func TestQuietCommandLives(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	o := options(s)
	o.KeepaliveInterval, o.KeepaliveTimeout = 20*time.Millisecond, 200*time.Millisecond
	session, err := builtin(t, o).Start(t.Context(), "read -r _; sleep 1; echo here")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(session, "\n"); err != nil {
		t.Fatal(err)
	}
	if out, err := io.ReadAll(session); string(out) != "here\n" || err != nil {
		t.Errorf("got %q %v", out, err)
	}
}

// Close is the only remedy for a host that hangs: it must not wait for it, nor
// for a jump host.
func TestCloseDuringHang(t *testing.T) {
	each(t, func(t *testing.T, dial dialer) {
		s, jump := sshtest.Start(t, sshtest.Options{}), sshtest.Start(t, sshtest.Options{})
		t.Run("direct", func(t *testing.T) { closeDuringHang(t, started(t, dial(t, options(s))), s) })
		config := write(t, "config", entry(jump, "jump", "")+entry(s, "db1", "ProxyJump jump")+quiet)
		t.Run("jump", func(t *testing.T) {
			closeDuringHang(t, started(t, dial(t, Options{Target: "db1", ConfigFile: config})), s, jump)
		})
	})
}

func closeDuringHang(t *testing.T, session Session, servers ...*sshtest.Server) {
	t.Helper()
	for _, s := range servers {
		s.StopSessions()
	}
	blocked := make(chan error, 1)
	go func() {
		_, err := io.Copy(session, zeros{}) // until the windows are full
		blocked <- err
	}()
	begin := time.Now()
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	if err := <-blocked; err == nil {
		t.Error("write after close succeeds")
	}
	if n, err := session.Read(make([]byte, 1)); err == nil {
		t.Errorf("read %d after close", n)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestKilledServer(t *testing.T) {
	each(t, func(t *testing.T, dial dialer) {
		s := sshtest.Start(t, sshtest.Options{})
		tr := dial(t, options(s))
		session := started(t, tr)
		s.Kill()
		if _, err := io.ReadAll(session); err != nil {
			t.Logf("read: %v", err)
		}
		want(t, fail(t, session.Wait()), cluster.FailReset, "the connection is made anew") // and not what was asked for over it
		_, f := run(t, tr, "echo hello")
		want(t, f, cluster.FailRefused, "is sshd running")
	})
}

func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	each(t, func(t *testing.T, dial dialer) {
		o := Options{Target: l.Addr().String(), ConfigFile: write(t, "config", quiet), DialTimeout: 300 * time.Millisecond}
		_, f := run(t, dial(t, o), "echo hello")
		want(t, f, cluster.FailTimeout)
	})
}

func TestNotSSH(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"+string(make([]byte, 300))) // the client hangs up
			_ = c.Close()
		}
	}()
	defer func() { _ = l.Close(); <-done }()
	_, f := run(t, builtin(t, Options{Target: l.Addr().String(), ConfigFile: write(t, "config", quiet)}), "echo hello")
	if f == nil || (f.Kind != cluster.FailFormat && f.Kind != cluster.FailBusy) {
		t.Errorf("got %v", f)
	}
}

func TestUnknownName(t *testing.T) {
	each(t, func(t *testing.T, dial dialer) {
		_, f := run(t, dial(t, Options{Target: "no-such-host.invalid", ConfigFile: write(t, "config", quiet)}), "echo hello")
		want(t, f, cluster.FailDNS, "HostName")
	})
}

// Sessions that come and go leave no file open.
func TestNoDescriptorLeft(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	each(t, func(t *testing.T, dial dialer) {
		tr := dial(t, options(s))
		wantOK(t, tr)
		before := descriptors(t)
		for range 5 {
			wantOK(t, tr)
		}
		eventually(t, "as many descriptors as before ("+strconv.Itoa(before)+")", func() bool { return descriptors(t) <= before })
	})
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A port that speaks another protocol is named as that, not as a busy server.
func TestOtherProtocol(t *testing.T) {
	s := sshtest.Start(t, sshtest.Options{})
	for _, says := range []string{"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400", "220 mx1 ESMTP\x1b[2J\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, 256)) // its version
				_, _ = io.WriteString(c, says)
				_ = c.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			}
		}()
		o := options(s)
		o.Target = l.Addr().String()
		each(t, func(t *testing.T, dial dialer) {
			t.Helper()
			_, f := run(t, dial(t, o), "echo hello")
			if strings.Contains(t.Name(), "openssh") { // which does not tell what it heard
				want(t, f, cluster.FailBusy, "no sshd at this port")
				return
			}
			want(t, f, cluster.FailFormat, "does not answer as an SSH server", "right port", says[:8])
		})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		<-ended
	}
}
