package ssh

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// blackHole returns an address where no TCP connection is answered, nor refused:
// the system drops what comes once nobody accepts and the queue is full.
func blackHole(t *testing.T) *net.TCPAddr {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	socket := os.NewFile(uintptr(fd), "black hole")
	t.Cleanup(func() { _ = socket.Close() })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}
	for range 10 {
		c, err := net.DialTimeout("tcp", address.String(), 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Fatal("its queue is never full")
	return nil
}

// mute returns an address where TCP connections stand, and nothing is said.
func mute(t *testing.T) *net.TCPAddr {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr)
}

// dead starts connecting to hosts until the test ends.
func dead(t *testing.T, dial dialer, all []Options) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var hosts sync.WaitGroup
	for _, o := range all {
		tr := dial(t, o)
		hosts.Go(func() {
			s, err := tr.Start(ctx, "echo hello")
			if err == nil {
				<-ctx.Done()
				_ = s.Close() // it has no error
			}
		})
	}
	t.Cleanup(func() { cancel(); hosts.Wait() })
	time.Sleep(100 * time.Millisecond) // they come first
}

// Hosts that are gone, or hang, don't hold back one that is well: neither where
// they are reached at once nor by a jump host.
func TestDeadHostsHoldBackNobody(t *testing.T) {
	const n = 6
	for name, gone := range map[string]func(*testing.T) *net.TCPAddr{"no answer to TCP": blackHole, "silent": mute} {
		for _, jump := range []string{"", "ProxyJump jump"} {
			t.Run(strings.TrimSpace(name+" "+jump), func(t *testing.T) {
				well, bastion := sshtest.Start(t, sshtest.Options{}), sshtest.Start(t, sshtest.Options{})
				text := entry(bastion, "jump", "") + entry(well, "well", jump)
				for i := range n {
					text += fmt.Sprintf("Host dead%d\n HostName 127.0.0.1\n Port %d\n UserKnownHostsFile none\n %s\n", i, gone(t).Port, jump)
				}
				config := write(t, "config", text+quiet)
				each(t, func(t *testing.T, dial dialer) {
					shared := NewShared(t.Context(), nil)
					var all []Options
					for i := range n {
						all = append(all, Options{Target: fmt.Sprintf("dead%d", i), ConfigFile: config, Shared: shared, DialTimeout: 20 * time.Second})
					}
					dead(t, dial, all)
					begin := time.Now()
					wantOK(t, dial(t, Options{Target: "well", ConfigFile: config, Shared: shared}))
					if took := time.Since(begin); took > 9*time.Second {
						t.Errorf("it took %v", took)
					}
				})
			})
		}
	}
}

// accepted counts the connections to an address, which it leaves without a word.
func accepted(t *testing.T) (address *net.TCPAddr, count *atomic.Int32) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	count = new(atomic.Int32)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			count.Add(1)
			defer c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-ended })
	return l.Addr().(*net.TCPAddr), count
}

// A jump host that is slow is not stormed by all that are behind it: sshd drops
// connections from the tenth on. At first they come by fours.
func TestJumpHostIsNotStormed(t *testing.T) {
	for _, how := range []string{"ProxyJump jump", "ProxyCommand nc 127.0.0.1 PORT"} {
		each(t, func(t *testing.T, dial dialer) {
			t.Run(how[:9], func(t *testing.T) {
				address, count := accepted(t)
				port := fmt.Sprint(address.Port)
				config := write(t, "config", "Host jump\n HostName 127.0.0.1\n Port "+port+"\nHost db*\n "+strings.ReplaceAll(how, "PORT", port)+"\n"+quiet)
				shared := NewShared(t.Context(), nil)
				var all []Options
				for i := range 12 {
					all = append(all, Options{Target: fmt.Sprintf("db%d", i), ConfigFile: config, Shared: shared})
				}
				begin := time.Now()
				dead(t, dial, all)
				for ; time.Since(begin) < 4*time.Second; time.Sleep(10 * time.Millisecond) {
					if n := count.Load(); n > maxOneWay || n > maxRunning && time.Since(begin) < lendAfter {
						t.Fatalf("%d at once after %v", n, time.Since(begin))
					}
				}
				if n := count.Load(); n != maxOneWay {
					t.Errorf("%d at once, want %d", n, maxOneWay)
				}
			})
		})
	}
}

// One that waits for others that go the same way is told as that, and not as a host
// that does not answer.
func TestWaitingForTheSameWay(t *testing.T) {
	d := newDials()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for range maxOneWay {
		p, err := d.begin(ctx, "x")
		if err != nil {
			t.Fatal(err)
		}
		p.give()
		defer p.end()
	}
	_, err := d.begin(ctx, "x")
	want(t, fail(t, err), cluster.FailConnecting, "waiting for other hosts", "MaxStartups")
	p, err := d.begin(t.Context(), "y")
	if err != nil {
		t.Fatal(err)
	}
	p.end()
	p.end()
	if d.running.free != maxRunning {
		t.Errorf("%d are free", d.running.free)
	}
}

// However many hosts answer at the same moment, only a few go on at once, and they
// come before those that have yet to begin.
func TestFewRunAtOnce(t *testing.T) {
	d := newDials()
	answer := make(chan struct{})
	var running, most, begun atomic.Int32
	var hosts sync.WaitGroup
	for i := range 20 {
		hosts.Go(func() {
			p, err := d.begin(t.Context(), fmt.Sprint(i))
			if err != nil {
				t.Error(err)
				return
			}
			defer p.end()
			begun.Add(1)
			if err := p.wait(t.Context(), func() { <-answer }); err != nil {
				t.Error(err)
			}
			now := running.Add(1)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			time.Sleep(5 * time.Millisecond)
			running.Add(-1)
		})
	}
	eventually(t, "all have begun", func() bool { return begun.Load() == 20 })
	time.Sleep(lendAfter + 100*time.Millisecond)
	ended, cancel := context.WithCancel(t.Context())
	var full []*dial
	for range maxRunning {
		p, err := d.begin(t.Context(), "full")
		if err != nil {
			t.Fatal(err)
		}
		full = append(full, p)
	}
	cancel()
	if _, err := d.begin(ended, "late"); fail(t, err).Kind != cluster.FailConnecting {
		t.Errorf("got %v", err)
	}
	close(answer)
	for _, p := range full {
		p.end()
	}
	hosts.Wait()
	if most.Load() > maxRunning || d.running.free != maxRunning {
		t.Errorf("%d at once; %d are free", most.Load(), d.running.free)
	}
}

// The system's dialer may notice the deadline a moment before its context does: the
// words are the same.
func TestNoAnswerInTheSameWords(t *testing.T) {
	var hosts sync.WaitGroup
	address, config := blackHole(t).String(), write(t, "config", quiet)
	for range 40 {
		tr := builtin(t, Options{Target: address, ConfigFile: config, DialTimeout: 50 * time.Millisecond})
		hosts.Go(func() {
			_, err := tr.Start(t.Context(), "echo hello")
			if f := asFailure(err); f.Kind != cluster.FailTimeout || !strings.Contains(f.What.String(), ": no answer in ") {
				t.Errorf("got %v", f)
			}
		})
	}
	hosts.Wait()
}
