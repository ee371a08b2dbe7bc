package admin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

const asJSON = "application/json"

func TestCollect(t *testing.T) {
	var got *http.Request
	s := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Clone(context.Background())
		webtest.Answer(asJSON, `{"tripped":[`+entry+`],"count":1}`)(w, r)
	})
	before := time.Now()
	c := open(t, s.URL+"/base/")
	r, body := collect(t, c)
	if r.Err != nil || same([]cluster.TrippedBreaker{full()}, body.Tripped) != "" {
		t.Fatal(r.Err, body)
	}
	if got.Method != http.MethodGet || got.URL.Path != "/base"+trippedPath || got.Header.Get("Accept") != asJSON || got.Header.Get("Authorization") != "" {
		t.Error(got.Method, got.URL, got.Header)
	}
	if r.Took <= 0 || r.Taken.Before(before.Round(0)) || r.Taken.After(before.Add(r.Took+time.Second)) {
		t.Errorf("taken %v, took %v, began %v", r.Taken, r.Took, before)
	}
	if c.Source() != (cluster.Source{Kind: cluster.FromAdmin, Node: "node1"}) || !strings.HasSuffix(c.Address().String(), "/base"+trippedPath) {
		t.Error(c.Source(), c.Address())
	}
}

// The body decides, since servers name JSON in many ways; but a page for people
// is told from its name too.
func TestContentTypes(t *testing.T) {
	for kind, want := range map[string]bool{asJSON: true, "": true, "text/plain": true, "application/vnd.x+json; charset=utf-8": true, "; ;": true, "text/html": false} {
		r, _ := collect(t, open(t, webtest.HTTP(t, webtest.Answer(kind, "[]")).URL))
		if (r.Err == nil) != want {
			t.Error(kind, r.Err)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := webtest.HTTP(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if rs := open(t, s.URL).Collect(ctx); len(rs) != 0 {
		t.Error(rs)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"no URL":      {},
		"no scheme":   {URL: "u:hunter2@h:1"},
		"two secrets": {URL: "http://u:hunter2@h", TokenFile: "f"},
		"no proxy":    {URL: "http://h", Proxy: "hunter2"},
	} {
		_, err := New(o)
		var f *cluster.Failure
		if !errors.As(err, &f) || f.Kind != cluster.FailConfig || f.Hint.IsZero() || strings.Contains(f.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamedProxy(t *testing.T) {
	var asked string
	proxy := webtest.HTTP(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		webtest.Answer(asJSON, "[]")(w, r)
	})
	r, _ := collect(t, open(t, "http://node1:18180", func(o *Options) { o.Proxy = proxy.URL }))
	if r.Err != nil || asked != "http://node1:18180"+trippedPath {
		t.Error(r.Err, asked)
	}
}

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(webtest.Answer(asJSON, "[]"))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	r, _ := collect(t, open(t, s.URL))
	webtest.WantFailure(t, r.Err, cluster.FailTLS, "unknown authority", "admin.ca_file")
	r, _ = collect(t, open(t, strings.Replace(s.URL, "https", "http", 1)))
	webtest.WantFailure(t, r.Err, cluster.FailTLS, "plain HTTP on a TLS port")
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	if r, _ := collect(t, open(t, s.URL, func(o *Options) { o.TLS = &tls.Config{RootCAs: pool} })); r.Err != nil {
		t.Error(r.Err)
	}
}
