package metrics

import (
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

func TestToken(t *testing.T) {
	var got string
	s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		webtest.Answer(plain, good)(w, r)
	})
	file := filepath.Join(t.TempDir(), "token")
	c := open(t, s.URL, func(o *Options) { o.TokenFile = file })
	write := func(text string, age time.Duration) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		stamp := time.Now().Add(-age)
		if err := os.Chtimes(file, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	r, _ := collect(t, c)
	webtest.WantFailure(t, r.Err, cluster.FailConfig, file, "does not exist")
	write(" first\n", time.Hour)
	if r, _ := collect(t, c); r.Err != nil || got != "Bearer first" {
		t.Error(r.Err, got)
	}
	write("other\n\n", time.Minute)
	if r, _ := collect(t, c); r.Err != nil || got != "Bearer other" {
		t.Error(r.Err, got)
	}
	for _, bad := range []string{"", "\n", "two words", "split\r\nX-Admin: 1"} {
		got = ""
		write(bad, 0)
		r, _ := collect(t, c)
		webtest.WantFailure(t, r.Err, cluster.FailConfig, "holds no token")
		if got != "" || strings.Contains(r.Err.Error(), "X-Admin") {
			t.Error(got, r.Err)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if r, _ := collect(t, c); r.Err == nil {
		t.Error("a token that is gone is still used")
	}
}

func TestBasicAuthentication(t *testing.T) {
	s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ops" || password != "hunter2" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		webtest.Answer(plain, good)(w, r)
	})
	if r, _ := collect(t, open(t, strings.Replace(s.URL, "//", "//ops:hunter2@", 1))); r.Err != nil {
		t.Error(r.Err)
	}
}

// A node that answers with what it was sent shows no secret on the screen.
func TestEchoHidesSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	echo := func(c *net.TCPConn) { webtest.Say(c, "you sent hunter2\r\n\r\n"); webtest.Hang(c) }
	lag := func(c *net.TCPConn) {
		webtest.Say(c, head+"\r\nstemedb_replication_lag_seconds{replica=\"a\"} hunter2\n")
		_ = c.CloseWrite()
	}
	for _, handle := range []func(*net.TCPConn){echo, lag} {
		url := webtest.Serve(t, handle)
		for _, c := range []*Collector{
			open(t, url, func(o *Options) { o.TokenFile = file }),
			open(t, strings.Replace(url, "//", "//ops:hunter2@", 1)),
		} {
			r, _ := collect(t, c)
			if r.Err == nil || strings.Contains(r.Err.Error()+r.Err.Hint.String(), "hunter2") {
				t.Error(r.Err)
			}
		}
	}
}
