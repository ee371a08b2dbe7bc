package admin

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemedb/stemetop/sources/cluster"
)

func TestRequests(t *testing.T) {
	c := newClient(t, Options{URL: "http://h:1/base/"})
	limit, _ := c.RateLimit(1000)
	sync, _ := c.Sync(`no"de<2>`, true)
	reset, _ := c.Reset("agent-node2")
	for _, x := range []struct {
		r         Request
		url, body string
	}{
		{limit, "http://h:1/base/v1/admin/rate-limit", `{"max_assertions_per_sec":1000}`},
		{sync, "http://h:1/base/v1/admin/cluster/sync", `{"replica_id":"no\"de<2>","force":true}`},
		{reset, "http://h:1/base/v1/admin/circuit-breaker/reset", `{"agent_id":"agent-node2"}`},
	} {
		if x.r.Method() != "POST" || x.r.URL() != x.url || string(x.r.Body()) != x.body || x.r.ContentType() != "application/json" {
			t.Errorf("%s %s %s %s", x.r.Method(), x.r.URL(), x.r.ContentType(), x.r.Body())
		}
		x.r.Body()[0] = 'X'
		if x.r.sum() != x.r.Digest() {
			t.Error("a request was changed from outside")
		}
	}
	for name, err := range map[string]error{
		"0": second(c.RateLimit(0)), "-1": second(c.RateLimit(-1)), "no replica": second(c.Sync("", false)),
		"no agent": second(c.Reset("")), "not UTF-8": second(c.Reset("a\xff")),
		"userinfo": second(NewRequest("POST", "http://u:p@h/", nil, Shape{})), "query": second(NewRequest("POST", "http://h/?k=v", nil, Shape{})),
	} {
		var f *cluster.Failure
		if !errors.As(err, &f) || f.Kind != cluster.FailConfig {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ Request, err error) error { return err }

// TestOtherShapes checks the answers of sync and reset.
func TestOtherShapes(t *testing.T) {
	for _, x := range []struct {
		status  int
		body    string
		sync    bool
		verdict Verdict
		pending bool
	}{
		{202, `{"sync_id":"7","replica_id":"node2","force":false,"state":"started"}`, true, Accepted, true},
		{200, `{"replica_id":"node2"}`, true, Accepted, false},
		{202, `{"replica_id":"node3"}`, true, Ambiguous, false},
		{202, `{"replica_id":"node2","force":true}`, true, Ambiguous, false},
		{202, `{"replica_id":"node2","state":"failed"}`, true, Ambiguous, false},
		{200, `{"agent_id":"node2","state":"closed","previous_state":"open"}`, false, Accepted, false},
		{200, `{"agent_id":"node2","state":"open"}`, false, Ambiguous, false},
		{202, `{"agent_id":"node2"}`, false, Ambiguous, false},
	} {
		s := startFault(t, nil, answer(x.status, jsonType, x.body))
		c := newClient(t, Options{URL: "http://" + s.Addr()})
		r, _ := c.Reset("node2")
		if x.sync {
			r, _ = c.Sync("node2", false)
		}
		got := c.Send(t.Context(), Send{Request: r, Confirmed: r.Digest(), ID: "x"})
		if got.Verdict != x.verdict || got.Pending != x.pending {
			t.Errorf("%d %s: %s, pending %v", x.status, x.body, got.Summary(), got.Pending)
		}
	}
}

// TestSecrets has the server repeat the secrets wherever it can.
func TestSecrets(t *testing.T) {
	const canary = "canary-4711-secret"
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, status := range []int{200, 302, 401, 422, 429, 500, 503} {
		s := startFault(t, nil, func(s *faultServer, conn net.Conn, r *http.Request, body []byte) {
			auth := r.Header.Get("Authorization")
			text := fmt.Sprintf(`{"error":{"code":%q,"message":"you sent %s, password=%s"}}`, canary, auth, canary)
			answer(status, "application/json; x="+canary, text, "Retry-After: "+canary, "Location: http://"+canary+"/"+auth)(s, conn, r, body)
		})
		for _, o := range []Options{
			{URL: "http://" + s.Addr(), TokenFile: token},
			{URL: "http://user:" + canary + "@" + s.Addr()},
		} {
			c := newClient(t, o)
			r := throttle(t, c, 500, Peer{})
			limit, read := c.ReadRateLimit(t.Context())
			_, tripped := c.ReadTripped(t.Context())
			fmt.Fprintf(&shown, "%v %+v %#v %s %v %+v %+v %v %+v %s", c, c, *c, o, r, r.Failure, limit, read, tripped, r.Summary())
			if h := s.Headers()[len(s.Headers())-1].Get("Authorization"); h == "" {
				t.Fatal("the secret was not sent: this test shows nothing")
			}
		}
	}
	for _, bad := range []string{"http://u:" + canary + "@h:1:2", "ftp://u:" + canary + "@h", "http://h/?token=" + canary, canary} {
		_, err := New(Options{URL: bad})
		_, err2 := New(Options{URL: "http://h", Proxy: bad})
		_, err3 := NewRequest("POST", bad, nil, Shape{})
		fmt.Fprintln(&shown, err, err2, err3, fmt.Sprintf("%+v %#v", err, err2))
		if err == nil || err2 == nil || err3 == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	// The user and the password as basic authentication writes them.
	for _, secret := range []string{canary, "dXNlcjpjYW5hcnktNDcxMS1zZWNyZXQ="} {
		if i := strings.Index(shown.String(), secret); i >= 0 {
			t.Errorf("a secret is shown: …%s", shown.String()[max(0, i-100):i+len(secret)])
		}
	}
}
