package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/actions/onhost"
	"github.com/stemedb/stemetop/cmd/stemetop/config"
	"github.com/stemedb/stemetop/sources/cluster"
)

// The words of the journal for where somebody acts from.
const (
	viaTerminal = "terminal"
	viaLine     = "command line"
)

// actuator is what can change the cluster: nil with --read-only, and never made
// for a replay. It reads from the pipeline's timeline and publishes to its
// stream, so it is closed before that ends.
func (in *invocation) actuator(p *pipeline, via string, changed func()) (*actions.Runner, error) {
	if in.readOnly {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	w := p.wiring
	client, err := w.mutations()
	if err != nil {
		return nil, err
	}
	ramp := w.config.Ramp
	steps := make([]int64, len(ramp.Steps))
	for i, n := range ramp.Steps {
		steps[i] = int64(n)
	}
	extra, executors := onhost.Rows(w.onHosts(in.embedded))
	return actions.NewRunner(actions.RunnerOptions{
		Client: client, Extra: extra, Executors: executors,
		Settings: actions.Settings{
			Who: operator(), Via: via, Floor: int64(ramp.Floor), Steps: steps, Hold: ramp.Hold.D(),
		},
		Journal:  in.journal(p),
		Snapshot: func() *cluster.Snapshot { return p.timeline.Head(w.clock.Now) },
		Publish:  p.stream.Publish,
		Hurry:    p.hurry,
		Clock:    w.clock,
		Changed:  changed,
	}), nil
}

// soon is how soon a round of metrics comes by itself: one in between would give rates
// over a moment, which are noise.
const soon = 1500 * time.Millisecond

// hurry has what is decided on read at once: the breakers, and the metrics of the
// primary and of a node where those are read rarely.
func (p *pipeline) hurry(node cluster.NodeID) {
	primary := cluster.NodeID(p.wiring.config.PrimaryID())
	rare := p.wiring.clock.Real(p.poller.Interval()) > soon
	p.poller.Hurry(func(s cluster.Source) bool {
		switch s.Kind {
		case cluster.FromAdmin:
			return true
		case cluster.FromMetrics:
			return rare && (s.Node == primary || s.Node == node)
		default:
			return false
		}
	})
}

// mutations is the client that changes the cluster: its own transport, and none
// of what was made for reading.
func (w *wiring) mutations() (*admin.Client, error) {
	a, files := w.config.Admin, w.adminTLS()
	return admin.New(admin.Options{
		URL: w.adminURL(), TLS: admin.TLSFiles{CA: files.CA, Cert: files.Cert, Key: files.Key},
		TokenFile: home(a.TokenFile), Proxy: a.Proxy,
	})
}

// journal says where the audit journal is, and who writes it.
func (in *invocation) journal(p *pipeline) journal.Options {
	w := p.wiring
	dir := in.audit
	if dir == "" {
		dir = filepath.Join(journals(), journalName(w.config))
	}
	o := journal.Options{
		Dir: dir, Now: w.clock.Now, Mono: w.clock.Mono, Secrets: w.secrets(),
		Origin: journal.Origin{
			Version: "stemetop " + version(), User: operator(), PID: os.Getpid(), Cluster: cluster.Clean(w.config.Cluster),
			Config: w.config.Digest(),
		},
	}
	if host, err := os.Hostname(); err == nil {
		o.Origin.Host = cluster.Clean(host)
	}
	if boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		o.Origin.Boot = strings.TrimSpace(string(boot))
	}
	if s, ok := p.session.Body.(*cluster.Session); ok {
		o.Origin.Run = s.Run
	}
	return o
}

// journals is where the audit journals are, one for each cluster: what is open
// or stands on one says nothing of another.
func journals() string { return filepath.Join(xdg.StateHome, "stemetop", "audit") }

// journalName is the name of the cluster's directory. A cluster that has no name
// but its primary's host may share it with others on that host.
func journalName(c *config.Config) string {
	name := c.Cluster
	if u, err := url.Parse(c.Primary.URL); err == nil && u.Hostname() == name && u.Port() != "" {
		name += "-" + u.Port()
	}
	safe := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	if safe != name || len(safe) > 64 || strings.Trim(safe, ".") == "" { // so that no two names share it
		sum := sha256.Sum256([]byte(name))
		safe = strings.TrimLeft(safe[:min(len(safe), 48)], ".") + "-" + hex.EncodeToString(sum[:4])
	}
	return safe
}

// secrets are those that the configuration leads to, for the journal to black
// out wherever one got in.
func (w *wiring) secrets() []journal.Secret {
	c := w.config
	var list []journal.Secret
	for _, file := range []string{c.Admin.TokenFile, c.HTTP.TokenFile, c.Prometheus.TokenFile} {
		if b, err := os.ReadFile(home(file)); err == nil && len(strings.TrimSpace(string(b))) > 0 {
			list = append(list, journal.NewSecret(strings.TrimSpace(string(b))))
		}
	}
	for _, word := range []string{c.Primary.URL, c.Admin.URL, c.Admin.Proxy, c.Prometheus.URL} {
		if u, err := url.Parse(word); err == nil && u.User != nil {
			if p, ok := u.User.Password(); ok && p != "" {
				list = append(list, journal.NewSecret(p))
			}
		}
	}
	return list
}

// tellLeft prints the limit that stands, what is not known to have taken effect, and what
// the journal could not take.
func (t terminal) tellLeft(r *actions.Runner) {
	s := r.State()
	if s.Standing.PerSecond > 0 {
		t.say("note", s.Standing.Words(r.Now())+", stands")
	}
	for i := range s.Open {
		t.say("note", s.Open[i].Title.String()+": it is not known whether it took effect; say what it was: x on the screen, act resolve on the line")
	}
	t.tellKept(r)
}

// tellKept prints what the journal could not take, as the last place that it has.
func (t terminal) tellKept(r *actions.Runner) {
	for _, k := range r.Kept() {
		if b, err := json.Marshal(k); err == nil {
			t.say("not in the audit journal", string(b))
		}
	}
}
