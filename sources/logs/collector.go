package logs

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

const (
	// beginLines and beginBack are where following begins: far enough back to see
	// how the incident began, at a cost of some 20 ms of the host. journalctl -f
	// goes back to the host's last start at most.
	beginLines = 2000
	beginBack  = 30 * time.Minute
	// aliveEvery is how often a log that says nothing is said to be followed, and
	// a failure that stands is said again.
	aliveEvery = 20 * time.Second
	// slowAfter is how long an answer may take before the host counts as slow,
	// and lostAfter before the session is given up. Real time.
	slowAfter = 3 * time.Second
	lostAfter = 15 * time.Second
)

// Options say whose log to follow. Node, Transport and Clock are needed, and
// File or Unit.
type Options struct {
	Node      cluster.NodeID
	Transport remote.Transport
	Clock     sources.Clock
	// File is the path of the log on the host; empty for the journal.
	File string
	// Unit is the systemd unit whose journal is read.
	Unit string
	// Backoff is how long to wait before the next attempt after n failed ones,
	// from 1; remote.Backoff by default.
	Backoff func(n int) time.Duration
}

// Collector follows one log over one session. It implements sources.Collector.
type Collector struct {
	o      Options
	limits limits
	seen   seen

	link    *remote.Link // nil when not connected
	answers chan answer
	retry   remote.Retry
	found   found
	zone    *time.Location // of the host
	cursor  string         // of the newest entry of the journal
	newest  time.Time      // of that entry
	begun   bool           // lines were heard, over all sessions
	anew    bool           // the next lines are the first of a session
	stood   bool           // lines that stood in the file before may come
	first   time.Time      // when the first line of this session came, in real time
	above   time.Time      // of the newest line of a file that told its time, in this session
	tick    uint64         // number of the last tick asked, over all sessions
	asked   time.Time      // when, in real time; zero if it was answered
	gap     bool           // lines may be missing before the next
	left    uint64         // lines left out since the last reading

	told   string        // the failure or status told last
	toldAt time.Duration // on the monotonic clock
}

// New returns a collector. It does nothing until Collect.
func New(o Options) *Collector {
	if o.Backoff == nil {
		o.Backoff = remote.Backoff
	}
	return &Collector{o: o, limits: newLimits(), seen: newSeen(), zone: time.UTC}
}

// Source returns the log of the node.
func (c *Collector) Source() cluster.Source {
	return cluster.Source{Kind: cluster.FromLog, Node: c.o.Node}
}

// Close ends the session and the connection. Nothing stays on the host: the
// script ends with its input.
func (c *Collector) Close() error {
	c.drop()
	if err := c.o.Transport.Close(); err != nil {
		return fmt.Errorf("close the transport to the log of %s: %w", c.o.Node.Text(), err)
	}
	return nil
}

func (c *Collector) drop() {
	if c.link != nil {
		c.link.Close()
		c.link, c.asked = nil, time.Time{}
	}
}

// Collect asks for what is new, connecting when it has to. It returns a reading
// if there are lines, or a failure, or if none was returned for a while.
func (c *Collector) Collect(ctx context.Context) []sources.Reading {
	begin, wall := c.o.Clock.Mono(), c.o.Clock.Now()
	body, failure := c.collect(ctx)
	if ctx.Err() != nil && body == nil {
		return nil
	}
	now := c.o.Clock.Mono()
	if !c.news(body, failure, now) {
		return nil
	}
	took := now - begin
	r := sources.Reading{Taken: wall.Add(took / 2), Took: took, Err: failure}
	if body != nil { // an interface must not hold a nil pointer
		r.Body = body
	}
	return []sources.Reading{r}
}

// news tells whether there is something to say.
func (c *Collector) news(body *cluster.LogReading, failure *cluster.Failure, now time.Duration) bool {
	told := ""
	if failure != nil {
		told = failure.What.String()
	}
	lines := body != nil && (len(body.Lines) > 0 || body.Left > 0)
	if !lines && told == c.told && c.toldAt != 0 && now-c.toldAt < aliveEvery {
		return false
	}
	c.told, c.toldAt = told, now
	return true
}

func (c *Collector) collect(ctx context.Context) (*cluster.LogReading, *cluster.Failure) {
	now := c.o.Clock.Mono()
	if c.link == nil {
		if failure := c.retry.Stands(now); failure != nil {
			return nil, failure
		}
		if failure := c.connect(ctx); failure != nil {
			c.retry.Failed(failure, now, c.o.Backoff)
			return nil, failure
		}
	}
	lines, failure := c.ask(ctx)
	if failure != nil {
		return nil, failure
	}
	c.retry.Succeeded()
	return c.reading(lines), c.found.bad
}

// connect opens a session and has the script running in it.
func (c *Collector) connect(ctx context.Context) *cluster.Failure {
	answers := make(chan answer, 1)
	l, failure := remote.Open(ctx, c.o.Transport, script, []string{
		remote.NewNonce(), c.o.File, c.o.Unit, strconv.Itoa(beginLines), strconv.Itoa(int(beginBack.Seconds())), c.cursor,
	}, remote.DefaultLimits, hear(answers))
	if failure != nil {
		return failure
	}
	c.link, c.answers, c.found, c.asked, c.anew = l, answers, found{}, time.Time{}, c.begun
	c.stood, c.first, c.above = !c.begun, time.Time{}, time.Time{}
	return nil
}

// ask sends a tick, or waits for the answer to one that is late, and returns the
// lines of the answer.
func (c *Collector) ask(ctx context.Context) ([]string, *cluster.Failure) {
	if c.asked.IsZero() {
		c.tick++
		c.asked = time.Now()
		c.link.Send([]byte("T " + strconv.FormatUint(c.tick, 10) + "\n"))
	}
	timer := time.NewTimer(slowAfter)
	defer timer.Stop()
	var lines []string
	for {
		select {
		case a := <-c.answers:
			lines = append(lines, a.lines...)
			tick, left, done := a.done()
			c.left += left
			if done && tick == c.tick {
				c.asked = time.Time{}
				return lines, nil
			}
			c.take(&a)
		case <-c.link.Ended():
			c.hearOut()
			return nil, c.ended()
		case <-timer.C:
			return nil, c.overdue()
		case <-ctx.Done():
			return nil, cluster.Fail(cluster.FailTimeout, "stopped while waiting for the log", "")
		}
	}
}

// take takes in a frame that is not the answer to a tick.
func (c *Collector) take(a *answer) {
	switch {
	case a.word == "Z" && len(a.args) == 1:
		if t, err := time.Parse("-0700", a.args[0]); err == nil {
			c.zone = t.Location()
		}
	case a.word == "S" && len(a.args) > 0:
		shut := c.found.broken
		c.found = c.find(a.args[0], strings.Join(a.args[1:], " "))
		c.stood = c.stood && a.args[0] == "ok"
		if shut && !c.found.broken { // tail does not look again at what it was refused
			c.found = found{broken: true, bad: cluster.Fail(cluster.FailConnecting, c.o.File+" can be read again", "it is followed anew")}
			c.link.Close()
		}
	case a.word == "E" && len(a.args) == 1:
		c.found = c.stopped(a.args[0])
		c.link.Close()
	}
}

// stopped is what to do when what follows the log has ended: go on from now.
func (c *Collector) stopped(why string) found {
	c.cursor, c.gap = "", true
	if why == "flood" {
		return found{broken: true, bad: cluster.Fail(cluster.FailTooLarge,
			"the log grows by more than 20,000 lines a second: it is read now and then", "")}
	}
	return found{broken: true, bad: cluster.Fail(cluster.FailOther, "what follows the log ended with status "+why, "it is started again by itself")}
}

// hearOut takes in what was said before the end: a script that ends says why.
func (c *Collector) hearOut() {
	select {
	case a := <-c.answers: // no more than one waits
		c.take(&a)
	default:
	}
}

func (c *Collector) ended() *cluster.Failure {
	failure := c.link.Death()
	if c.found.broken {
		failure = c.found.bad
	}
	return c.lose(failure)
}

func (c *Collector) overdue() *cluster.Failure {
	since := time.Since(c.asked)
	const hint = "the host or the way to it is overloaded or stopped"
	if since < lostAfter {
		return cluster.Fail(cluster.FailTimeout, "slow: the log did not answer in time", hint)
	}
	return c.lose(cluster.Fail(cluster.FailTimeout, "the log gave no answer for "+lostAfter.String()+", connecting again", hint))
}

// lose gives the session up. Connecting again waits its turn.
func (c *Collector) lose(failure *cluster.Failure) *cluster.Failure {
	c.drop()
	c.retry.Failed(failure, c.o.Clock.Mono(), c.o.Backoff)
	return failure
}

// reading makes a reading of raw lines.
func (c *Collector) reading(raw []string) *cluster.LogReading {
	r := &cluster.LogReading{Of: cluster.Clean(c.o.File)}
	if c.o.File == "" {
		r.Of = cluster.Clean("journal of " + c.o.Unit)
	}
	lines := c.parse(raw)
	c.anew = c.anew && len(raw) == 0
	if len(lines) > 0 {
		c.found, c.begun = found{}, true
	}
	var left uint64
	r.Lines, left = c.limits.pass(lines, c.o.Clock.Mono())
	r.Left, c.left = c.left+left, 0
	r.Status = c.found.status
	if len(r.Lines) > 0 {
		r.Gap, c.gap = c.gap, false
	}
	return r
}
