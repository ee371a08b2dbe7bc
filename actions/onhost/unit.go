package onhost

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stemedb/stemetop/actions/admin"
	"github.com/stemedb/stemetop/sources/cluster"
)

// Unit is how a systemd unit stands.
type Unit struct {
	Name   string       // as it was asked for
	ID     cluster.Text // as systemd has it
	Load   cluster.Text // loaded, not-found, masked
	Active cluster.Text // active, activating, failed, …
	Sub    cluster.Text // running, auto-restart, …
	Result cluster.Text // success, exit-code, …
	PID    int
	// Start is when its process started, since the host's boot; 0 if it has none.
	Start    time.Duration
	Restarts int // by systemd itself
	// Invocation tells one run of the unit from another.
	Invocation string

	status string // of systemctl
}

// Running tells whether the unit is up.
func (u *Unit) Running() bool { return u.Active.String() == "active" && u.PID > 0 }

// String is how the unit stands, in a few words.
func (u *Unit) String() string {
	s := u.Active.String()
	if !u.Sub.IsZero() {
		s += " (" + u.Sub.String() + ")"
	}
	if u.PID > 0 {
		s += ", pid " + strconv.Itoa(u.PID)
	}
	if u.Restarts > 0 {
		s += fmt.Sprintf(", %d restarts by systemd", u.Restarts)
	}
	return s
}

// LookUnit tells how a unit stands.
func LookUnit(ctx context.Context, h Host, name string) (*Unit, *cluster.Failure) {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	s, failure := open(ctx, h, unitScript, "look", name)
	if failure != nil {
		return nil, failure
	}
	defer s.Close()
	return s.unit(ctx, name)
}

// Restart restarts a unit, once: accepted says that systemd took the job. It is
// rejected if the unit is not in the run any more that was looked at.
func Restart(ctx context.Context, h Host, was *Unit) admin.Result {
	start := time.Now()
	opening, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	s, failure := open(opening, h, unitScript, "restart", was.Name)
	if failure != nil {
		return result(admin.NotSent, start, failure)
	}
	defer s.Close()
	now, failure := s.unit(opening, was.Name)
	if failure != nil {
		return result(admin.NotSent, start, failure)
	}
	if now.Invocation != was.Invocation || now.Start != was.Start {
		r := result(admin.NotSent, start, cluster.Fail(cluster.FailOther, "the unit was restarted meanwhile", "look at it again"))
		r.Changed = true
		return r
	}
	if _, n := s.upTo(opening, "ready", func([]string) {}); n != nil {
		return result(n.before(), start, n.failure)
	}
	if ctx.Err() != nil {
		return result(admin.NotSent, start, cluster.Fail(cluster.FailOther, "stopped before it was sent", ""))
	}
	committing, cancel := toItsEnd(ctx)
	defer cancel()
	s.Send([]byte("go\n"))
	done, n := s.upTo(committing, "done", func([]string) {})
	if n != nil {
		return result(n.verdict(), start, n.failure)
	}
	if len(done) != 2 || done[1] != "0" {
		return result(admin.Rejected, start, s.denied(done))
	}
	return result(admin.Accepted, start, nil)
}

// denied says why systemctl did not hand on the job.
func (t *talk) denied(done []string) *cluster.Failure {
	said := t.words.String()
	for _, why := range []string{"authentication required", "Access denied", "Permission denied", "Operation not permitted"} {
		if strings.Contains(strings.ToLower(said), strings.ToLower(why)) {
			return cluster.Fail(cluster.FailPermission, "the account may not restart the unit", hintAccount)
		}
	}
	first, _, _ := strings.Cut(said, "\n")
	return cluster.Fail(cluster.FailOther, "systemctl restart failed ("+strings.Join(done[1:], " ")+"): "+first, "")
}

// unit reads what systemctl shows.
func (t *talk) unit(ctx context.Context, name string) (*Unit, *cluster.Failure) {
	if _, n := t.upTo(ctx, "unit", func([]string) {}); n != nil {
		return nil, n.failure
	}
	u := &Unit{Name: name}
	for {
		l, failure := t.line(ctx)
		switch {
		case failure != nil:
			return nil, failure
		case len(l.Words) == 2 && l.Words[0] == "eou":
			u.status = l.Words[1]
			return u, u.check()
		}
		key, value, ok := strings.Cut(strings.TrimSpace(l.Text), "=")
		if !ok || !u.property(key, value) {
			t.keep(l.Text)
		}
	}
}

// property takes in NAME=VALUE; false if it is none of those that were asked for.
func (u *Unit) property(key, value string) bool {
	texts := map[string]*cluster.Text{
		"Id": &u.ID, "LoadState": &u.Load, "ActiveState": &u.Active, "SubState": &u.Sub, "Result": &u.Result,
	}
	switch key {
	case "MainPID":
		u.PID = int(number(value))
	case "NRestarts":
		u.Restarts = int(number(value))
	case "InvocationID":
		u.Invocation = value
	case "ExecMainStartTimestampMonotonic":
		u.Start = time.Duration(number(value)) * time.Microsecond
	case "ActiveEnterTimestampMonotonic":
	default:
		t := texts[key]
		if t != nil {
			*t = cluster.Clean(value)
		}
		return t != nil
	}
	return true
}

// check says why the unit can't be acted on.
func (u *Unit) check() *cluster.Failure {
	switch {
	case u.Active.IsZero():
		return cluster.Fail(cluster.FailUnsupported, "systemctl does not tell how "+u.Name+" stands", "does systemd run the host?")
	case u.Load.String() == "not-found":
		return cluster.Fail(cluster.FailMissing, "there is no unit "+u.Name+" on the host", "set unit in the configuration")
	case u.Load.String() != "loaded":
		return cluster.Fail(cluster.FailOther, u.Name+" is "+u.Load.String(), "look at: systemctl status "+u.Name)
	}
	return nil
}
