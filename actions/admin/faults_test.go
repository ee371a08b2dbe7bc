package admin

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"go.uber.org/goleak"

	"github.com/stemedb/stemetop/actions/admin/admintest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type faultServer = admintest.Server

var (
	startFault = admintest.Start
	answer     = admintest.Answer
	then       = admintest.Then
	acts       = admintest.Acts
	hang       = admintest.Hang
	rst        = admintest.Rst
)

const (
	jsonType = admintest.JSON
	echo     = admintest.Echo
	ownError = admintest.OwnError
)

func TestFaults(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "A6\tcase\trequests\tverdict\tread back\twords")
	for _, c := range admintest.Cases() {
		t.Run(c.Row+" "+c.Name, func(t *testing.T) {
			s := startFault(t, nil, c.Script)
			requests, r, back := runCase(t, c, s)
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", c.Row, c.Name, requests, r.Verdict, back, r.Summary())
			checkCase(t, c, requests, r, back)
		})
	}
	w.Flush()
	t.Log("\n" + table.String())
}

// runCase sends the throttle once and reads back where the case asks for it.
func runCase(t *testing.T, c admintest.Case, s *faultServer) (requests int, r Result, back string) {
	at, peer := admintest.At{URL: "http://" + s.Addr()}, admintest.Peer{}
	if c.Arrange != nil {
		at, peer = c.Arrange(t, s)
	}
	client := newClient(t, Options{URL: at.URL, TLS: TLSFiles{CA: at.CA}, Limits: Limits(c.Limits)})
	if c.Warm {
		s.Set(answer(200, jsonType, echo))
		if r := throttle(t, client, 500, Peer{}); r.Verdict != Accepted {
			t.Fatal(r.Summary())
		}
		s.Set(c.Script)
	}
	before := memory()
	r = throttle(t, client, 500, Peer(peer))
	if grown := memory() - before; grown > 8<<20 {
		t.Errorf("%d bytes were allocated for one answer", grown)
	}
	if c.ReadBack != "" {
		limit, read := client.ReadRateLimit(t.Context())
		if read.Failure != nil {
			t.Fatal(read.Failure)
		}
		back = fmt.Sprint(limit.PerSecond)
	}
	return s.Counted(), r, back
}

func checkCase(t *testing.T, c admintest.Case, requests int, r Result, back string) {
	t.Helper()
	if string(r.Verdict) != c.Verdict || requests != c.Requests || back != c.ReadBack {
		t.Errorf("%s with %d requests, read back %q; want %s, %d, %q: %s", r.Verdict, requests, back, c.Verdict, c.Requests, c.ReadBack, r.Summary())
	}
	if !strings.Contains(r.Summary().String(), c.Words) {
		t.Errorf("%q lacks %q", r.Summary(), c.Words)
	}
	if (r.Failure == nil) != (r.Verdict == Accepted) {
		t.Errorf("failure %v with %s", r.Failure, r.Verdict)
	}
	if r.Changed != c.Changed || r.Elsewhere != c.Elsewhere {
		t.Errorf("changed %v, elsewhere %v", r.Changed, r.Elsewhere)
	}
	if r.Failure != nil && c.Elsewhere != strings.Contains(r.Failure.Hint.String(), "ANOTHER HOST") {
		t.Errorf("%q", r.Failure.Hint)
	}
	a := r.Answer.RetryAfter
	if a.Given != (c.Wait > 0) || a.Wait != c.Wait || a.Clamped != c.Clamped || !strings.Contains(a.Raw.String(), c.Raw) || c.Raw != "" && a.Raw.IsZero() {
		t.Errorf("%+v", a)
	}
	if a.Given && (a.Raw.IsZero() || !strings.Contains(r.Failure.Hint.String(), "peace")) {
		t.Errorf("%+v, %q", a, r.Failure.Hint)
	}
}

func memory() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func newClient(t testing.TB, o Options) *Client {
	t.Helper()
	if o.Limits.Header == 0 {
		o.Limits.Header, o.Limits.Total = 20*time.Second, 20*time.Second
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func throttle(t testing.TB, c *Client, n int64, p Peer) Result {
	t.Helper()
	r, err := c.RateLimit(n)
	if err != nil {
		t.Fatal(err)
	}
	return c.Send(context.Background(), Send{Request: r, Confirmed: r.Digest(), ID: "test-1", Peer: p})
}
