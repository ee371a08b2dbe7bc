package apitoml

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const whole = `# StemeDB
title = "api"   # keep

[server]
token = "s3cret" # [cluster]
text = """
[cluster]
rpc_timeout_ms = 1
"""

[cluster]
  # between the nodes
  rpc_timeout_ms = 5000   # default
  max_replication_lag_seconds = 30
	[cluster.tls]
	rpc_timeout_ms = 7
`

func TestSet(t *testing.T) {
	for _, tt := range []struct {
		name, src, old, fresh string // the first old in src becomes fresh
		diff                  string
	}{
		{"value", whole, "rpc_timeout_ms = 5000", "rpc_timeout_ms = 10000", `@@ -13 +13 @@ [cluster]
-  rpc_timeout_ms = 5000 # …
+  rpc_timeout_ms = 10000 # …`},
		{"CRLF", "[cluster]\r\nrpc_timeout_ms=5000\r\n", "5000", "10000", "@@ -2 +2 @@ [cluster]\n-rpc_timeout_ms=5000\n+rpc_timeout_ms=10000"},
		{"no newline at the end", "[cluster]\nrpc_timeout_ms = 5000", "5000", "10000", "@@ -2 +2 @@ [cluster]\n-rpc_timeout_ms = 5000\n+rpc_timeout_ms = 10000"},
		{"another notation", "[cluster]\nrpc_timeout_ms = +5_000\n", "+5_000", "10000", "@@ -2 +2 @@ [cluster]\n-rpc_timeout_ms = +5_000\n+rpc_timeout_ms = 10000"},
		{"hexadecimal", "[cluster]\nrpc_timeout_ms = 0x1388\n", "0x1388", "10000", "@@ -2 +2 @@ [cluster]\n-rpc_timeout_ms = 0x1388\n+rpc_timeout_ms = 10000"},
		{"quoted", "[ \"cluster\" ]\n'rpc_timeout_ms' = 5000\n", "5000", "10000", "@@ -2 +2 @@ [cluster]\n-'rpc_timeout_ms' = 5000\n+'rpc_timeout_ms' = 10000"},
		{"escaped", "[\"clu\\u0073ter\"]\nrpc_timeout_ms = 5000\n", "5000", "10000", "@@ -2 +2 @@ [cluster]\n-rpc_timeout_ms = 5000\n+rpc_timeout_ms = 10000"},
		{"dotted", "cluster . rpc_timeout_ms = 5000\nx = 1\n", "5000", "10000", "@@ -1 +1 @@ [cluster]\n-cluster . rpc_timeout_ms = 5000\n+cluster . rpc_timeout_ms = 10000"},
		{"inline", "cluster = { a = 1, rpc_timeout_ms = 5000 } # x\n", "5000", "10000", "@@ -1 +1 @@ [cluster]\n-… rpc_timeout_ms = 5000 …\n+… rpc_timeout_ms = 10000 …"},
		{"inline without", "cluster = { a = 1 }\n", "{ ", "{ rpc_timeout_ms = 10000, ", "@@ -1 +1 @@ [cluster]\n-…\n+… rpc_timeout_ms = 10000 …"},
		{"inline empty", "cluster = {}\n", "{}", "{rpc_timeout_ms = 10000}", "@@ -1 +1 @@ [cluster]\n-…\n+… rpc_timeout_ms = 10000 …"},
		{"inline blank", "cluster = { }\n", "{ }", "{ rpc_timeout_ms = 10000 }", "@@ -1 +1 @@ [cluster]\n-…\n+… rpc_timeout_ms = 10000 …"},
		{"table without", "[cluster] # x\n    # y\n    a = 1\n", "# x\n", "# x\n    rpc_timeout_ms = 10000\n", "@@ -1,0 +2 @@ [cluster]\n+    rpc_timeout_ms = 10000"},
		{"table empty at the end", "a = 1\n[cluster]", "[cluster]", "[cluster]\nrpc_timeout_ms = 10000", "@@ -2,0 +3 @@ [cluster]\n+rpc_timeout_ms = 10000"},
		{"dotted without", "x = 1\n  cluster.a = 1\n[t]\n", "  cluster.a", "  cluster.rpc_timeout_ms = 10000\n  cluster.a", "@@ -1,0 +2 @@ [cluster]\n+  cluster.rpc_timeout_ms = 10000"},
		{"no table", "x = 1\r\n", "x = 1\r\n", "x = 1\r\n\r\n[cluster]\r\nrpc_timeout_ms = 10000\r\n", "@@ -1,0 +2,3 @@ [cluster]\n+\n+[cluster]\n+rpc_timeout_ms = 10000"},
		{"no table, no newline", "x = 1", "x = 1", "x = 1\n\n[cluster]\nrpc_timeout_ms = 10000", "@@ -1,0 +2,3 @@ [cluster]\n+\n+[cluster]\n+rpc_timeout_ms = 10000"},
		{"empty", "", "", "[cluster]\nrpc_timeout_ms = 10000\n", "@@ -0,0 +1,2 @@ [cluster]\n+[cluster]\n+rpc_timeout_ms = 10000"},
		{"a table below only", "[cluster.tls]\na = 1\n", "a = 1\n", "a = 1\n\n[cluster]\nrpc_timeout_ms = 10000\n", "@@ -2,0 +3,3 @@ [cluster]\n+\n+[cluster]\n+rpc_timeout_ms = 10000"},
	} {
		c, err := Set([]byte(tt.src), "cluster", "rpc_timeout_ms", 10000)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if want := strings.Replace(tt.src, tt.old, tt.fresh, 1); string(c.New) != want {
			t.Errorf("%s: got\n%q, want\n%q", tt.name, c.New, want)
		}
		if got := strings.Join(c.Diff, "\n"); got != tt.diff {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.diff)
		}
		if c.Set != strings.Contains(tt.diff, "\n-") && !strings.HasPrefix(tt.name, "inline") || c.Set && c.Was != 5000 {
			t.Errorf("%s: was %d, %v", tt.name, c.Was, c.Set)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	for _, tt := range []struct{ src, want string }{
		{"[cluster]\nrpc_timeout_ms = 1\nrpc_timeout_ms = 2\n", "line 3"},
		{"[cluster]\n[cluster]\n", "line 2"},
		{"cluster.a = 1\n[cluster]\n", "not TOML"},
		{"[[cluster]]\n", "not one table"},
		{"\ufeff[cluster]\n", "byte order mark"},
		{"cluster = 5\n", "not one table"},
		{"[cluster]\nrpc_timeout_ms = \"s3cret\"\n", "not an integer"},
		{"[cluster]\nrpc_timeout_ms = 5e3\n", "not an integer"},
		{"[cluster\n", "line 1"},
		{"password = s3cret\n", "line 1"},
		{"a = \"\xff\"\n", "not TOML"},
		{"a = 1\x00\n", "not TOML"},
		{strings.Repeat("#", MaxSize+1), "more than 256 KiB"},
	} {
		_, err := Set([]byte(tt.src), "cluster", "rpc_timeout_ms", 10000)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.40q: got %v, want %q", tt.src, err, tt.want)
		}
	}
	if _, err := Set([]byte("[cluster]\nrpc_timeout_ms = 10_000"), "cluster", "rpc_timeout_ms", 10000); !errors.Is(err, ErrSame) {
		t.Error(err)
	}
}

// TestSetIsTheOnlyChange sets and sets back over texts of many shapes: there is
// no text that loses a byte on the way.
func TestSetIsTheOnlyChange(t *testing.T) {
	line := rapid.SampledFrom([]string{
		"", "# a comment", "a = 1", "b = \"x\" # y", "c = [ 1,\n  2 ]", "[t]", "[t.u]", "[[v]]", "[cluster]", "[cluster.sub]",
		"rpc_timeout_ms = 5000", "  rpc_timeout_ms=0x10 # why", "cluster.rpc_timeout_ms = 3", "cluster.a = 3", "cluster = {}",
		"cluster = { z = 1, rpc_timeout_ms = 9 }", "d = '''\n[cluster]\n'''", "\"cluster\".q = 1", "é = 1",
	})
	rapid.Check(t, func(t *rapid.T) {
		nl := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "nl")
		src := []byte(strings.Join(rapid.SliceOf(line).Draw(t, "lines"), nl) + rapid.SampledFrom([]string{"", nl}).Draw(t, "end"))
		c, err := Set(src, "cluster", "rpc_timeout_ms", 4242)
		if err != nil {
			return
		}
		if !bytes.Equal(c.Old, src) || len(c.Diff) < 2 {
			t.Fatalf("%+v", c)
		}
		if !c.Set {
			if got := strings.Replace(string(c.New), "4242", "", 1); len(got) <= len(src) {
				t.Fatalf("%q became %q", src, c.New)
			}
			return
		}
		back, err := Set(c.New, "cluster", "rpc_timeout_ms", c.Was)
		if err != nil {
			t.Fatal(err)
		}
		// But for the notation of the number, it is the text that it was.
		plain := func(b []byte) string { return strings.ReplaceAll(string(b), "0x10", "16") }
		if a, b := plain(src), plain(back.New); a != b {
			t.Fatalf("%q became %q", a, b)
		}
	})
}

func FuzzSet(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("cluster = { a = 1,\n rpc_timeout_ms = 2 }"))
	f.Add([]byte("\"cluster\".\"rpc_timeout_ms\" = 1"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := Set(src, "cluster", "rpc_timeout_ms", 4242)
		if err == nil && len(c.New) == len(c.Old) && bytes.Equal(c.New, c.Old) {
			t.Fatalf("nothing changed in %q", src)
		}
	})
}
