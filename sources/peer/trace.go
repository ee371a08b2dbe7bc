package peer

import (
	"bytes"
	"context"
	_ "embed" // as script.sh
	"net/netip"
	"strings"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/remote"
)

//go:embed trace.sh
var traceSource []byte

var traceScript = remote.Compact(traceSource)

// TraceScript returns the remote script of Trace, the same bytes each time.
func TraceScript() []byte { return bytes.Clone(traceScript) }

// TraceOptions say which path is measured. All are needed.
type TraceOptions struct {
	Transport remote.Transport // to the primary's host; Trace closes it
	Clock     sources.Clock
	Target    Target
}

const (
	// sayEvery is how often a path is told while answers come, in real time.
	sayEvery = time.Second
	// roundEvery is the least time between the starts of two rounds of a tool that
	// runs once through, in real time.
	roundEvery = 3 * time.Second
	// oneRun is more than any of the tools takes, in real time.
	oneRun = 3 * time.Minute
)

// tool is a command that measures a path, and what reads its lines.
type tool struct {
	name string
	read func(*path, string)
}

// tools are tried in this order: mtr goes on by itself and tells each packet, and
// the last needs no permission anywhere.
var tools = []tool{{"mtr", (*path).mtr}, {"traceroute", (*path).traceroute}, {"tracepath", (*path).tracepath}}

// Trace measures the path from the primary's host to a replica until ctx ends, and
// hands what is known by then to say: about once a second, and a last time, marked
// as ended. It runs one process on the host, of which nothing is left when it
// returns. A failure is the reading's Why.
func Trace(ctx context.Context, o TraceOptions, say func(sources.Reading)) {
	t := &tracer{TraceOptions: o, tools: tools, say: say, begin: o.Clock.Mono()}
	t.measure(ctx)
}

func (t *tracer) measure(ctx context.Context) {
	t.why, t.hint = t.run(ctx)
	_ = t.Transport.Close() // nothing is lost with it
	t.tell(true)
}

// tracer is a measurement under way.
type tracer struct {
	TraceOptions
	tools     []tool
	say       func(sources.Reading)
	begin     time.Duration // Mono
	told      time.Time     // when a reading was said last
	by        string
	path      path
	why, hint cluster.Text
}

// run tries the tools one after the other, and stays with the first that measures.
func (t *tracer) run(ctx context.Context) (why, hint cluster.Text) {
	host, port := split(&t.Target)
	if f := t.Target.Unfit; f != nil {
		return f.What, f.Hint
	}
	t.path.end, _ = netip.ParseAddr(host) // else it is a name
	t.tell(false)
	talk, failure := remote.OpenTalk(ctx, t.Transport, traceScript, remote.DefaultLimits)
	if failure != nil {
		return t.failed(ctx, failure)
	}
	defer talk.Close()
	var said []string
	for _, tool := range t.tools {
		t.by = tool.name
		for ctx.Err() == nil {
			start := time.Now()
			code, failure := t.round(ctx, talk, host, port, tool)
			if failure != nil {
				return t.failed(ctx, failure)
			}
			if len(t.path.hops) == 0 {
				if words := t.path.trouble(code); words != "" {
					said = append(said, tool.name+": "+words)
				}
				break
			}
			_ = sources.NewClock(1).Sleep(ctx, roundEvery-time.Since(start)) // the loop sees the end
		}
		if ctx.Err() != nil {
			return cluster.Text{}, cluster.Text{}
		}
	}
	t.by = ""
	hint = cluster.Clean("install mtr-tiny, traceroute or iputils-tracepath there")
	if len(said) == 0 {
		return cluster.Clean("the primary's host has neither mtr nor traceroute nor tracepath"), hint
	}
	return cluster.CleanN(strings.Join(said, "; "), 200), hint
}

// failed puts a failure into words, unless it is that nobody looks any more.
func (t *tracer) failed(ctx context.Context, f *cluster.Failure) (why, hint cluster.Text) {
	if ctx.Err() != nil {
		return why, hint
	}
	return f.What, f.Hint
}

// round runs a tool once, telling what comes as it comes.
func (t *tracer) round(ctx context.Context, talk *remote.Talk, host, port string, by tool) (int, *cluster.Failure) {
	ctx, cancel := context.WithTimeout(ctx, oneRun)
	defer cancel()
	t.path.said = ""
	code, failure := talk.Ask(ctx, func(line string) {
		by.read(&t.path, line)
		if time.Since(t.told) >= sayEvery {
			t.tell(false)
		}
	}, by.name, host, port)
	t.path.settle()
	t.tell(false)
	return code, failure
}

// tell says what is known by now.
func (t *tracer) tell(ended bool) {
	t.told = time.Now()
	b := &cluster.TraceReading{
		Why: t.why, Hint: t.hint, For: t.Clock.Mono() - t.begin, Hops: t.path.list(), Ended: ended,
	}
	if len(b.Hops) > 0 {
		b.By = cluster.Clean(t.by)
	}
	t.say(sources.Reading{Taken: t.Clock.Now(), Body: b})
}
