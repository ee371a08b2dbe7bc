package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
)

// finding is what doctor says of one thing that it tried.
type finding struct {
	node string
	what string // "metrics", "admin", "ssh", ...
	took time.Duration
	good string           // what was found, if all is well
	bad  *cluster.Failure // else why not
	none bool             // there was nothing to try: bad says what to configure for it
}

func (f finding) write(in *invocation) error {
	word, says := "ok", f.good
	if f.bad != nil {
		word, says = "FAIL", f.bad.What.String()
	}
	if f.none {
		word = "none"
	}
	took := ""
	if f.took > 0 {
		took = fmt.Sprintf("%d ms", f.took.Milliseconds())
	}
	_, err := fmt.Fprintf(in.out, "%-4s  %-12s  %-8s  %8s  %s\n", word, cluster.Clean(f.node), f.what, took, cluster.Clean(says))
	if err == nil && f.bad != nil && !f.bad.Hint.IsZero() {
		_, err = fmt.Fprintf(in.out, "      hint: %s\n", f.bad.Hint)
	}
	return err
}

// check tries one source of a node, which may give several findings.
type check func(context.Context) []finding

// patience bounds a check, in real time: two dials of 10 s and the answers.
const patience = 30 * time.Second

// doctor tries everything that is configured, side by side, and tells in the
// order of the configuration.
func doctor(ctx context.Context, in invocation) (int, error) {
	ctx, cancel := untilStopped(ctx)
	defer cancel()
	c, err := in.load()
	if err != nil {
		return exitInternal, err
	}
	shared, err := in.unlock(ctx, c)
	if err != nil {
		return exitInternal, err
	}
	w := newWiring(c, sources.NewClock(1), shared)
	code := exitOK
	for found := range runChecks(ctx, w.checks()) {
		for _, f := range found {
			if f.bad != nil && !f.none {
				code = exitWarning
			}
			if err := f.write(&in); err != nil {
				return exitInternal, failed(exitInternal, "writing", err)
			}
		}
	}
	return code, ctx.Err()
}

// checks are all that can be tried with this configuration.
func (w *wiring) checks() []check {
	var list []check
	for i, n := range w.nodes() {
		if n.URL == "" {
			list = append(list, func(context.Context) []finding { return []finding{notConfigured(cluster.NodeID(n.ID), "metrics")} })
		} else {
			list = append(list, func(ctx context.Context) []finding { return w.tryMetrics(ctx, n, i == 0) })
		}
		if i == 0 {
			list = append(list, func(ctx context.Context) []finding { return []finding{w.tryAdmin(ctx)} })
		}
		if n.SSH == "" {
			list = append(list, func(context.Context) []finding { return []finding{notConfigured(cluster.NodeID(n.ID), "ssh")} })
		} else {
			list = append(list, func(ctx context.Context) []finding { return w.tryHost(ctx, n) })
		}
	}
	if w.config.Primary.SSH != "" {
		list = append(list, w.tryPaths)
	}
	if w.config.Prometheus.URL != "" {
		list = append(list, func(ctx context.Context) []finding { return []finding{w.tryPrometheus(ctx)} })
	}
	return list
}

// notConfigured is a failure: a part of the screen will stay empty.
func notConfigured(id cluster.NodeID, what string) finding {
	key, flag := "url", "--replica "+string(id)+"=URL"
	if what == "ssh" {
		key, flag = "ssh", "--ssh "+string(id)+"=[user@]host[:port]"
	}
	hint := "set " + key + " of " + id.Text().String() + " in the configuration, or give " + flag
	if !id.Typeable() {
		hint = "set " + key + " of " + id.Text().String() + " in the configuration, the id there in quotes"
	}
	return finding{node: id.Text().String(), what: what, none: true, bad: cluster.Fail(cluster.FailConfig, "not configured", hint)}
}

// runChecks gives the findings of each check in order, each as soon as it and
// those before it are done.
func runChecks(ctx context.Context, checks []check) <-chan []finding {
	results := make([]chan []finding, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		results[i] = make(chan []finding, 1)
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			results[i] <- c(ctx)
		})
	}
	out := make(chan []finding)
	go func() {
		defer close(out)
		for _, r := range results {
			select {
			case found := <-r:
				out <- found
			case <-ctx.Done():
				return
			}
		}
		wg.Wait()
	}()
	return out
}
