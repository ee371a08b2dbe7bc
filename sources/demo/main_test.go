package demo

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handClock stands still until it is moved.
type handClock struct {
	mu   sync.Mutex
	mono time.Duration
}

var epoch = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func (c *handClock) Mono() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mono
}

func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mono += d
}

func (c *handClock) Now() time.Time                     { return epoch.Add(c.Mono()) }
func (c *handClock) Real(d time.Duration) time.Duration { return d }
func (c *handClock) Speed() float64                     { return 1 }

// Sleep lasts until the clock has been moved by d.
func (c *handClock) Sleep(ctx context.Context, d time.Duration) error {
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := c.Mono() + d; c.Mono() < end; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
	return ctx.Err()
}

// run starts a cluster that ends with the test, and checks that it leaves nothing.
func run(t testing.TB, o Options) *Cluster {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
		if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	return c
}

// key makes a client key.
func key(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// echo is an allowed script: it answers each line with the host's uptime.
const echo = `main() {
printf '%s ready in %s\n' "$1" "$PWD"
while IFS= read -r l; do
	read -r up rest <proc/uptime
	printf '%s %s\n' "$l" "$up"
done
exit 7
}
main "$1"; exit
`

const testNonce = "0123456789abcdef0123456789abcdef"

func allowEcho() Scripts {
	return Scripts{
		Command: func(s string) bool { return strings.HasPrefix(s, "exec /bin/sh -s ") },
		// The other begins like it.
		Bodies: [][]byte{[]byte(strings.Replace(echo, "exit 7", "exit 70", 1)), []byte(echo)},
	}
}
