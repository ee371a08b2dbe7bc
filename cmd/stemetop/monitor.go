package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"

	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/ssh"
	"github.com/stemedb/stemetop/tui"
)

// monitor is the live screen over the configured cluster.
func monitor(ctx context.Context, in invocation) (int, error) {
	in.held = holdSignals()
	defer in.held.release()
	c, err := in.load()
	if err != nil {
		return exitUsage, err
	}
	return in.watchLive(ctx, c, sources.NewClock(1))
}

// watchLive collects, records and shows until the person leaves.
func (in *invocation) watchLive(ctx context.Context, c *config.Config, clock sources.Clock) (int, error) {
	if err := in.recordOrNot(); err != nil {
		return exitUsage, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	questions := make(chan tui.PassphraseRequest)
	shared, err := in.keys(ctx, c, questions)
	if err != nil {
		return exitUsage, err
	}
	p := newPipeline(newWiring(c, clock, shared), false)
	defer p.end()
	o := tui.Options{
		Timeline: p.timeline, Changed: p.changed, Passphrases: questions, Clock: clock,
		ReadOnly: in.readOnly, Interval: c.Interval.D(), SetInterval: p.poller.SetInterval,
		Escalation: cleaned(c.Escalation),
	}
	if in.noRecord {
		return in.collectAndShow(ctx, p, o)
	}
	k, err := in.keep(ctx, p, nil)
	if err != nil {
		return exitUsage, err
	}
	author := operator()
	o.Recording = k.state
	o.AddNote = func(text cluster.Text) { p.note(author, text) }
	code, err := in.collectAndShow(ctx, p, o)
	return code, errors.Join(err, k.close())
}

// recordOrNot decides between --record and --no-record: a flag goes before a
// variable, and no two of a kind say the opposite.
func (in *invocation) recordOrNot() error {
	if in.record == "" || !in.noRecord {
		return nil
	}
	to, not := in.from["record"], in.from["no-record"]
	switch isFlag(to) {
	case isFlag(not):
		return usage(to+" and "+not+" are given both", "choose one")
	case true:
		in.noRecord = false
	default:
		in.record = ""
	}
	return nil
}

// collectAndShow returns when the screen has ended and all that was collected
// is folded in.
func (in *invocation) collectAndShow(ctx context.Context, p *pipeline, o tui.Options) (int, error) {
	stop, err := p.start(ctx)
	if err != nil {
		return exitUsage, err
	}
	defer stop()
	acted := make(chan struct{}, 1)
	acts, err := in.actuator(p, viaTerminal, func() {
		select {
		case acted <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return exitUsage, err
	}
	looking, seen := context.WithCancel(ctx)
	m := &measurer{p: p, ctx: looking}
	defer func() { seen(); m.wait() }()
	o.Measure = m.begin
	show := func(ctx context.Context) (int, error) { return in.show(ctx, o) }
	if acts == nil {
		return in.held.during(ctx, show)
	}
	o.Actions, o.Acted = acts, acted
	code, err := in.held.during(ctx, show)
	err = errors.Join(err, acts.Close())
	in.tellLeft(acts)
	return code, err
}

// keys returns what SSH connections share. Passphrases are asked before the
// start if wanted so, else by a dialog of the screen.
func (in *invocation) keys(ctx context.Context, c *config.Config, questions chan<- tui.PassphraseRequest) (*ssh.Shared, error) {
	if in.askPass {
		return in.unlock(ctx, c)
	}
	return ssh.NewShared(ctx, func(ctx context.Context, file string, again bool) ([]byte, error) {
		answer := make(chan []byte, 1)
		select {
		case questions <- tui.PassphraseRequest{File: cluster.Clean(file), Again: again, Answer: answer}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		select {
		case secret := <-answer:
			if secret == nil {
				return nil, errors.New("none was given")
			}
			return secret, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}), nil
}

// operator is who makes notes.
func operator() cluster.Text {
	u, err := user.Current()
	if err != nil {
		return cluster.Clean("operator")
	}
	return cluster.Clean(u.Username)
}

// show runs the screen and turns its end into an exit code.
func (in *invocation) show(ctx context.Context, o tui.Options) (int, error) {
	if !slices.Contains(tui.Themes(), in.theme) {
		return exitUsage, usage(fmt.Sprintf("there is no theme %q", in.theme), "one of "+strings.Join(tui.Themes(), ", "))
	}
	o.Theme, o.ASCII, o.Version = in.theme, in.ascii, version()
	err := tui.Run(ctx, o)
	var signal *tui.SignalError
	var broken *tui.PanicError
	switch {
	case err == nil:
		return exitOK, nil
	case errors.As(err, &signal):
		return 128 + int(signal.Signal), nil
	case errors.As(err, &broken):
		return exitInternal, &failure{
			code: exitInternal, what: err.Error(),
			hints: []string{"this is a bug: please report it with what follows", string(broken.Stack)},
		}
	}
	return exitInternal, failed(exitInternal, "the screen", err)
}

func cleaned(list []string) []cluster.Text {
	texts := make([]cluster.Text, len(list))
	for i, s := range list {
		texts[i] = cluster.Clean(s)
	}
	return texts
}
