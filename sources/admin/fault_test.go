package admin

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

func TestFaults(t *testing.T) {
	half := `{"tripped":[` + entry
	for name, c := range map[string]struct {
		handle func(c *net.TCPConn)
		kind   cluster.FailureKind
		words  string
	}{
		"reset":  {func(c *net.TCPConn) { _ = c.SetLinger(0) }, cluster.FailReset, "without an answer"},
		"closed": {func(*net.TCPConn) {}, cluster.FailReset, "without an answer"},
		"closed in the body": {func(c *net.TCPConn) {
			webtest.Say(c, head+"Content-Length: 9999\r\n\r\n"+half)
		}, cluster.FailReset, "in the middle of the answer"},
		"reset in a chunk": {func(c *net.TCPConn) {
			webtest.Say(c, head+fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(half), half))
			_ = c.SetLinger(0)
		}, cluster.FailReset, "in the middle of the answer"},
		"cut, length unknown": {func(c *net.TCPConn) {
			webtest.Say(c, head+"Connection: close\r\n\r\n"+half)
		}, cluster.FailFormat, "malformed JSON"},
		"no HTTP":          {func(c *net.TCPConn) { webtest.Say(c, "SSH-2.0-\x1b[31m\r\n"); webtest.Hang(c) }, cluster.FailFormat, "admin.url"},
		"hang":             {func(c *net.TCPConn) { webtest.Hang(c) }, cluster.FailTimeout, "connected, but no answer"},
		"hang in the body": {func(c *net.TCPConn) { webtest.Say(c, head+"\r\n"+half); webtest.Hang(c) }, cluster.FailTimeout, "not complete"},
		"endless":          {webtest.Endless(head+"\r\n[", entry+","), cluster.FailTooLarge, "larger than 1 MiB"},
		"endless blanks":   {webtest.Endless(head+"\r\n", " "), cluster.FailTooLarge, "admin.url"},
		"recoded":          {func(c *net.TCPConn) { webtest.Say(c, head+"Content-Encoding: br\r\n\r\n"); webtest.Hang(c) }, cluster.FailFormat, "br was not asked for"},
		"gzip nobody asked": {func(c *net.TCPConn) {
			webtest.Say(c, head+"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]")
		}, cluster.FailFormat, "gzip was not asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := 10 * time.Second
			if c.kind == cluster.FailTimeout {
				timeout = 300 * time.Millisecond
			}
			url := webtest.Serve(t, c.handle)
			r, _ := collect(t, open(t, url, func(o *Options) { o.Timeout = timeout }))
			webtest.WantFailure(t, r.Err, c.kind, c.words, strings.TrimPrefix(url, "http://")+trippedPath)
			if strings.Contains(r.Err.Error(), "\x1b") {
				t.Errorf("an escape gets through: %q", r.Err.Error())
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	for status, want := range map[int]struct {
		kind  cluster.FailureKind
		words string
	}{
		401: {cluster.FailAuth, "admin.token_file"},
		403: {cluster.FailAuth, "admin.token_file"},
		404: {cluster.FailMissing, "no list of tripped circuit breakers"},
		405: {cluster.FailMissing, "by GET"},
		501: {cluster.FailMissing, "admin.url"},
		204: {cluster.FailStatus, "status 204"},
		500: {cluster.FailStatus, "status 500"},
		503: {cluster.FailStatus, "overloaded"},
	} {
		s := webtest.HTTP(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		r, _ := collect(t, open(t, s.URL))
		webtest.WantFailure(t, r.Err, want.kind, want.words, fmt.Sprintf("status %d", status))
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	followed := webtest.HTTP(t, func(http.ResponseWriter, *http.Request) { t.Error("followed") })
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := webtest.HTTP(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", followed.URL+"/login?token=hunter2")
			w.WriteHeader(status)
		})
		r, _ := collect(t, open(t, s.URL))
		webtest.WantFailure(t, r.Err, cluster.FailRedirect, "redirects to "+followed.URL+", not followed")
	}
}

// A server that answers with what it was sent shows no secret on the screen.
func TestEchoHidesSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	token := func(o *Options) { o.TokenFile = file }
	var auth string
	s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		auth = r.Header.Get("Authorization")
		webtest.Answer(asJSON, `[{"id":"x","state":"open hunter2","reason":"you sent \u0068unter2"}]`)(w, r)
	})
	r, body := collect(t, open(t, s.URL, token))
	if r.Err != nil || auth != "Bearer hunter2" {
		t.Fatal(r.Err, auth)
	}
	if b := body.Tripped[0]; b.State.String() != "open [secret]" || b.Reason.String() != "you sent [secret]" {
		t.Error(b)
	}
	for _, text := range []string{"you sent hunter2", `{"hunter2":1}`, `[{"hunter2":1}]`, `{"error":"hunter2"}`} {
		r, _ := collect(t, open(t, webtest.HTTP(t, webtest.Answer(asJSON, text)).URL, token))
		if r.Err == nil || strings.Contains(r.Err.Error()+r.Err.Hint.String(), "hunter2") {
			t.Error(r.Err)
		}
	}
}
