package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/onhost"
	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// The exit codes of act.
const (
	exitRejected  = 4
	exitAmbiguous = 5
	exitNotSent   = 6
	exitBlocked   = 7
	exitNoEffect  = 8
)

func throttle(ctx context.Context, in invocation) (int, error) {
	ask := actions.Ask{Kind: actions.KindThrottle}
	if len(in.args) > 0 {
		n, err := wholeNumber(in.args[0])
		if err != nil {
			return exitUsage, err
		}
		if n == 0 { // which would let the plan choose
			return exitBlocked, blocked("a limit of 0 is none", "choose 1 or more assertions per second")
		}
		ask.N = n
	}
	return in.act(ctx, ask)
}

func ramp(ctx context.Context, in invocation) (int, error) {
	return in.act(ctx, actions.Ask{Kind: actions.KindRamp})
}

func syncReplica(ctx context.Context, in invocation) (int, error) {
	return in.act(ctx, actions.Ask{Kind: actions.KindSync, Target: cluster.NodeID(in.args[0]), Force: in.force})
}

func resetBreaker(ctx context.Context, in invocation) (int, error) {
	return in.act(ctx, actions.Ask{Kind: actions.KindReset, Target: cluster.NodeID(in.args[0])})
}

func undo(ctx context.Context, in invocation) (int, error) {
	return in.act(ctx, actions.Ask{Kind: actions.KindUndo})
}

func testWAL(ctx context.Context, in invocation) (int, error) {
	return in.act(ctx, actions.Ask{Kind: onhost.KindWALTest, Target: cluster.NodeID(in.args[0])})
}

func setTimeout(ctx context.Context, in invocation) (int, error) {
	ask := actions.Ask{Kind: onhost.KindRPCTimeout}
	if len(in.args) > 0 {
		n, err := wholeNumber(in.args[0])
		if err != nil {
			return exitUsage, err
		}
		if n == 0 { // which would let the plan choose
			return exitBlocked, blocked("a timeout of 0 is none", "choose milliseconds, for example 10000")
		}
		ask.N = n
	}
	return in.act(ctx, ask)
}

func putBack(ctx context.Context, in invocation) (int, error) {
	return in.act(ctx, actions.Ask{Kind: onhost.KindPutBack})
}

func restart(ctx context.Context, in invocation) (int, error) {
	return in.act(ctx, actions.Ask{Kind: onhost.KindRestart})
}

// resolve records somebody's word on an action whose outcome is not known.
func resolve(ctx context.Context, in invocation) (code int, err error) {
	action, word := in.args[0], in.args[1]
	if word != "applied" && word != "not-applied" {
		return exitUsage, usage(fmt.Sprintf("%q is neither applied nor not-applied", word))
	}
	a, end, err := in.actor(ctx)
	if err != nil {
		return exitUsage, err
	}
	defer func() { err = errors.Join(err, end()) }()
	s := a.runner.State()
	i := slices.IndexFunc(s.Open, func(o actions.Unresolved) bool { return o.Action == action })
	if i < 0 {
		hints := []string{"there is none: nothing is to be said"}
		if len(s.Open) > 0 {
			hints = toResolve(s.Open)
		}
		return exitBlocked, &failure{code: exitBlocked, what: "there is no unresolved action " + cluster.Clean(action).String(), hints: hints}
	}
	a.runner.Do(actions.Resolve{Action: action, Applied: word == "applied"})
	s, ok := a.until(ctx, readsWithin, func(s *actions.State) bool {
		return !slices.ContainsFunc(s.Open, func(o actions.Unresolved) bool { return o.Action == action })
	})
	if !ok {
		return exitBlocked, &failure{code: exitBlocked, what: "the audit journal can't be written: " + s.Journal.String()}
	}
	return exitOK, a.line("resolved", cluster.Clean(action+": "+word+", by "+operator().String()))
}

// toResolve says for each action whose outcome is not known how to say what it was.
func toResolve(open []actions.Unresolved) []string {
	hints := make([]string, 0, len(open))
	for i := range open {
		hints = append(hints, "stemetop act resolve "+open[i].Action+" applied (or: not-applied) says what became of: "+open[i].Title.String())
	}
	return hints
}

// wholeNumber reads a number of ASCII digits and nothing else: no sign, no letter
// that looks like a digit, no digits of another script.
func wholeNumber(word string) (int64, error) {
	n, err := strconv.ParseInt(word, 10, 64)
	digits := word != "" && !strings.ContainsFunc(word, func(r rune) bool { return r < '0' || r > '9' })
	switch {
	case digits && err != nil:
		return 0, usage(word + " is more than any number here can be")
	case !digits:
		return 0, usage(fmt.Sprintf("%q is not a whole number", word), "write it in digits, for example 500")
	}
	return n, nil
}

// blocked is why nothing was sent.
func blocked(what string, hints ...string) error {
	return &failure{code: exitBlocked, what: "nothing was sent: " + what, hints: hints}
}

// acting is one action on the line: it reads the cluster for a few moments, shows
// the plan, asks, and follows what becomes of it.
type acting struct {
	*invocation
	pipeline *pipeline
	runner   *actions.Runner
	changed  chan struct{} // the runner's state is another one; coalesced
	typed    chan typed    // the line that a person types
	scanner  *bufio.Scanner
	reading  bool // a line is being read
	way      way
}

// act does one thing to the cluster.
func (in *invocation) act(ctx context.Context, ask actions.Ask) (code int, err error) {
	ctx, cancel := untilStopped(ctx)
	defer cancel()
	a, end, err := in.actor(ctx)
	if err != nil {
		return exitUsage, err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := a.learn(ctx); err != nil {
		return exitSignal, err
	}
	return a.perform(ctx, ask)
}

// actor begins to read the cluster and returns what can act on it. end stops all
// of it.
func (in *invocation) actor(ctx context.Context) (a *acting, end func() error, err error) {
	if in.readOnly {
		return nil, nil, blocked(in.from["read-only"] + " is given")
	}
	if in.verify < 0 {
		return nil, nil, usage("--verify is "+in.verify.String(), "choose more than 0, for example 60s")
	}
	c, err := in.load()
	if err != nil {
		return nil, nil, err
	}
	c.Interval = min(c.Interval, config.Duration(time.Second)) // it is for moments only
	shared, err := in.unlock(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	a = &acting{invocation: in, changed: make(chan struct{}, 1)}
	a.pipeline = newPipeline(newWiring(c, sources.NewClock(1), shared), false)
	stop, err := a.pipeline.start(ctx)
	if err == nil {
		a.runner, err = in.actuator(a.pipeline, viaLine, a.wake)
	}
	if err != nil {
		if stop != nil {
			stop()
		}
		a.pipeline.end()
		return nil, nil, err
	}
	return a, func() error {
		err := a.runner.Close()
		in.tellKept(a.runner)
		stop()
		return err
	}, nil
}

func (a *acting) wake() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}

// learnWithin is how long the first readings are waited for, so that there are
// rates, lags and the list of breakers to decide on.
const learnWithin = 4 * time.Second

// learn waits until enough is known, or no more is to be expected soon.
func (a *acting) learn(ctx context.Context) error {
	end := time.NewTimer(learnWithin)
	defer end.Stop()
	for !a.knows() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			return nil
		case <-a.pipeline.changed:
		}
	}
	return nil
}

// knows tells whether all that plans are made of is known.
func (a *acting) knows() bool {
	s := a.pipeline.timeline.Head(a.pipeline.wiring.clock.Now)
	p := &s.Primary
	asked := p.Admin.Reachable || p.Admin.Err != nil
	if !p.Metrics.Reachable || !p.IngestPerSecond.Known() || !asked || len(s.Replicas) == 0 {
		return false
	}
	return !slices.ContainsFunc(s.Replicas, func(r cluster.Replica) bool {
		return r.Spec.Metrics && r.Metrics.Err == nil && !r.Assertions.PerSecond.Known()
	})
}

// until waits for a state, for no longer than d; ok is false if it did not come.
func (a *acting) until(ctx context.Context, d time.Duration, is func(*actions.State) bool) (s actions.State, ok bool) {
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		if s = a.runner.State(); is(&s) {
			return s, true
		}
		select {
		case <-ctx.Done():
			return s, false
		case <-end.C:
			return s, false
		case <-a.changed:
		}
	}
}
