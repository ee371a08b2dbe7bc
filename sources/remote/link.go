package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Limits are deadlines of opening a link, in real time.
type Limits struct {
	// Start bounds connecting and starting the command, jump hosts included.
	Start time.Duration
	// Hello bounds the wait for HELLO: start-up files of the account, and with a
	// child that is ssh, connecting.
	Hello time.Duration
}

// DefaultLimits serve far and slow hosts.
var DefaultLimits = Limits{Start: 45 * time.Second, Hello: 20 * time.Second}

// Link is a session with a script running in it. Two goroutines belong to it, one
// that reads and one that writes: a host that stands still blocks those and
// nothing else.
type Link struct {
	raw     Session
	reader  *Reader     // the reading goroutine's; its preamble may be read after hello or ended
	consume Consume     // what follows HELLO
	out     chan []byte // to be written
	hello   chan string // the operating system, once
	quit    chan struct{}
	ended   chan struct{}
	err     error // why the reading ended; read it after ended
	wg      sync.WaitGroup
	once    sync.Once // of Close
}

// Consume reads what a script says after HELLO, in a goroutine of the link's, and
// returns why it stopped: io.EOF or another error of the Reader, nil if it has
// heard all that it wanted. It must return soon after quit is closed.
type Consume func(r *Reader, quit <-chan struct{}) error

// protocol is the version that a script must say.
const protocol = 1

// Open starts a script on a host, waits for its HELLO and sends the parameters,
// one a line. ctx bounds the opening only; Close ends the link.
func Open(ctx context.Context, t Transport, script []byte, parameters []string, limits Limits, consume Consume) (*Link, *cluster.Failure) {
	for _, p := range parameters {
		if strings.ContainsAny(p, "\n\x00") {
			return nil, cluster.Fail(cluster.FailConfig, "a parameter with a newline can't be sent to the host: "+p, "")
		}
	}
	nonce := NewNonce()
	starting, cancel := context.WithTimeout(ctx, limits.Start)
	defer cancel()
	raw, err := t.Start(starting, Command(nonce))
	if err != nil {
		return nil, startFailure(err, limits.Start)
	}
	l := newLink(raw, nonce, consume)
	if failure := l.greet(ctx, limits.Hello, script, parameters); failure != nil {
		l.Close()
		return nil, failure
	}
	return l, nil
}

func startFailure(err error, limit time.Duration) *cluster.Failure {
	var failure *cluster.Failure
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, context.DeadlineExceeded):
		return cluster.Fail(cluster.FailTimeout, fmt.Sprintf("not connected within %v", limit), "")
	default:
		return cluster.Fail(cluster.FailOther, err.Error(), "")
	}
}

func newLink(raw Session, nonce string, consume Consume) *Link {
	l := &Link{
		raw: raw, reader: NewReader(raw, nonce), consume: consume,
		// There is room for the script, the parameters and a request, so that asking
		// never blocks: no more than that is ever under way.
		out: make(chan []byte, 4), hello: make(chan string, 1),
		quit: make(chan struct{}), ended: make(chan struct{}),
	}
	l.wg.Go(l.read)
	l.wg.Go(l.write)
	return l
}

func (l *Link) read() {
	defer close(l.ended)
	version, system, err := l.reader.Hello()
	if err == nil && version != protocol {
		err = errors.New("HELLO of version " + strconv.Itoa(version))
	}
	if err != nil {
		l.err = err
		return
	}
	l.hello <- system
	if l.err = l.consume(l.reader, l.quit); l.err == nil {
		l.err = io.EOF
	}
}

func (l *Link) write() {
	for {
		select {
		case b := <-l.out:
			if _, err := l.raw.Write(b); err != nil {
				return // the reader sees the end too, and why
			}
		case <-l.ended:
			return
		case <-l.quit:
			return
		}
	}
}

// Send hands bytes to the script's standard input. It blocks only behind others
// that the host did not take yet.
func (l *Link) Send(b []byte) {
	select {
	case l.out <- b:
	case <-l.ended:
	case <-l.quit:
	}
}

// Ended is closed when the script's output has ended, or Consume returned.
func (l *Link) Ended() <-chan struct{} { return l.ended }

// greet sends the script, Padded, and waits for its HELLO, then sends the parameters.
func (l *Link) greet(ctx context.Context, limit time.Duration, script []byte, parameters []string) *cluster.Failure {
	l.Send(Padded(script))
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case system := <-l.hello:
		return l.begin(system, parameters)
	case <-l.ended:
		select {
		case system := <-l.hello: // it ended right after; what follows tells how
			return l.begin(system, parameters)
		default:
			return l.refusal()
		}
	case <-timer.C:
		l.Close()
		return l.silence(limit)
	case <-ctx.Done():
		return cluster.Fail(cluster.FailConnecting, "stopped while connecting", "")
	}
}

// begin sends the parameters to a script that said HELLO.
func (l *Link) begin(system string, parameters []string) *cluster.Failure {
	if system != "Linux" {
		return cluster.Fail(cluster.FailUnsupported, "the host runs "+system+", not Linux",
			"remove its ssh address from the configuration: metrics work without")
	}
	if len(parameters) > 0 {
		l.Send([]byte(strings.Join(parameters, "\n") + "\n"))
	}
	return nil
}

// Close ends the session and returns when nothing of it is left.
func (l *Link) Close() {
	l.once.Do(func() { close(l.quit) })
	_ = l.raw.Close() // there is nobody left to tell
	l.wg.Wait()
}
