package host

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// link is a session with the script running in it. Two goroutines belong to it,
// one that reads and one that writes: a host that stands still blocks those and
// nothing else.
type link struct {
	raw     Session
	out     chan []byte
	hello   chan string // the operating system, once
	answers chan answer
	quit    chan struct{} // closed by close
	ended   chan struct{} // closed when the reading ended
	err     error         // why it ended; read it after ended
	frames  *frames       // the reader's; its preamble may be read after hello or ended
	wg      sync.WaitGroup
	once    sync.Once // of close
}

// protocol is the version that the script must say.
const protocol = 1

func newLink(raw Session, nonce string) *link {
	l := &link{
		raw: raw, frames: newFrames(raw, nonce),
		// There is room for the script, the parameters and a tick, so that asking
		// never blocks: no more than that is ever under way.
		out: make(chan []byte, 4), hello: make(chan string, 1), answers: make(chan answer, 1),
		quit: make(chan struct{}), ended: make(chan struct{}),
	}
	l.wg.Go(l.read)
	l.wg.Go(l.write)
	return l
}

func (l *link) read() {
	defer close(l.ended)
	version, system, err := l.frames.hello()
	if err == nil && version != protocol {
		err = errors.New("HELLO of version " + strconv.Itoa(version))
	}
	if err != nil {
		l.err = err
		return
	}
	l.hello <- system
	for {
		a, err := l.frames.next()
		if err != nil {
			l.err = err
			return
		}
		select {
		case l.answers <- a:
		case <-l.quit:
			l.err = io.ErrClosedPipe
			return
		}
	}
}

func (l *link) write() {
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

// send hands bytes to the writer. It does not block: see newLink.
func (l *link) send(b []byte) {
	select {
	case l.out <- b:
	case <-l.ended:
	case <-l.quit:
	}
}

// ask sends a tick.
func (l *link) ask(tick uint64, sections []string) {
	l.send([]byte("T " + strconv.FormatUint(tick, 10) + " " + strings.Join(sections, " ") + "\n"))
}

// greet sends the script and waits for its HELLO, then sends the parameters.
func (l *link) greet(ctx context.Context, limit time.Duration, parameters []string) *cluster.Failure {
	l.send(script)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case system := <-l.hello:
		return l.begin(system, parameters)
	case <-l.ended:
		select {
		case system := <-l.hello: // it ended right after; the first tick tells how
			return l.begin(system, parameters)
		default:
			return l.refusal()
		}
	case <-timer.C:
		l.close()
		return l.silence(limit)
	case <-ctx.Done():
		return cluster.Fail(cluster.FailConnecting, "stopped while connecting", "")
	}
}

// begin sends the parameters to a script that said HELLO.
func (l *link) begin(system string, parameters []string) *cluster.Failure {
	if system != "Linux" {
		return cluster.Fail(cluster.FailUnsupported, "the host runs "+system+", not Linux",
			"remove its ssh address from the configuration: metrics work without")
	}
	l.send([]byte(strings.Join(parameters, "\n") + "\n"))
	return nil
}

// close ends the session and returns when nothing of it is left.
func (l *link) close() {
	l.once.Do(func() { close(l.quit) })
	_ = l.raw.Close() // there is nobody left to tell
	l.wg.Wait()
}
