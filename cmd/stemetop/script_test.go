package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// checked runs the tests and then looks for goroutines that they left behind.
type checked struct{ m *testing.M }

func (c checked) Run() int {
	code := c.m.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestMain(m *testing.M) {
	testscript.Main(checked{m}, map[string]func(){
		"stemetop": func() { os.Exit(run(context.Background(), os.Args[1:])) },
	})
}

// TestScripts runs the sessions of testdata/script, the program as a process of
// its own against a primary in this one.
func TestScripts(t *testing.T) {
	fake := httptest.NewServer(http.HandlerFunc(serveFake))
	// A script that ends early leaves a request that hangs.
	t.Cleanup(func() { fake.CloseClientConnections(); fake.Close() })
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PRIMARY", fake.URL)
			e.Setenv("HOME", e.WorkDir+"/home")
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/config")
			e.Setenv("XDG_STATE_HOME", e.WorkDir+"/state")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "until": until, "json": jsonIs, "appears": appears},
	})
}

// exits runs the program and checks its exit code: exits 64 status --bad.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if code := exitStatus(ts, args[1:]); code != args[0] {
		ts.Fatalf("exit code is %s, want %s", code, args[0])
	}
}

// until runs the program again and again until it has the exit code.
func until(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(slow); exitStatus(ts, args[1:]) != args[0]; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("exit code never became %s", args[0])
		}
	}
}

func exitStatus(ts *testscript.TestScript, args []string) string {
	err := ts.Exec("stemetop", args...)
	if err == nil {
		return "0"
	}
	_, word, _ := strings.Cut(err.Error(), "exit status ")
	return word
}

// appears waits for a file.
func appears(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(slow); ; time.Sleep(20 * time.Millisecond) {
		if found, err := filepath.Glob(ts.MkAbs(args[0])); err == nil && len(found) > 0 {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("there is no %s", args[0])
		}
	}
}

// jsonIs checks a value of the JSON on stdout: json replicas.0.lag.seconds 12.5.
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &v); err != nil {
		ts.Fatalf("stdout is no JSON: %v", err)
	}
	for _, key := range strings.Split(args[0], ".") {
		switch at := v.(type) {
		case map[string]any:
			member, ok := at[key]
			if !ok {
				ts.Fatalf("%s: there is no %q", args[0], key)
			}
			v = member
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(at) {
				ts.Fatalf("%s: there is no item %s", args[0], key)
			}
			v = at[i]
		default:
			ts.Fatalf("%s: %q is in no object", args[0], key)
		}
	}
	got, err := json.Marshal(v)
	ts.Check(err)
	if same := strings.Trim(string(got), `"`) == args[1]; same == neg {
		ts.Fatalf("%s is %s", args[0], got)
	}
}

// serveFake is a primary for each path: /lag/2/11.5 has replicas with these lags,
// and below /twice node3 stands there a second time.
func serveFake(w http.ResponseWriter, r *http.Request) {
	words := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch words[0] {
	case "lag":
		serveLag(w, words[1:])
	case "ids": // replicas whose ids are traps
		for _, id := range []string{"primary", "null", "-x", `a\\nb`, `a\nb`, "\x1b[2J", "caf\u00e9"} {
			fmt.Fprintf(w, "stemedb_replication_lag_seconds{replica=\"%s\"} 1\n", id)
		}
	case "prometheus":
		fmt.Fprint(w, `{"status":"success","data":{"alerts":[{"labels":{"alertname":"ClusterSplitBrain"},"state":"firing"},
			{"labels":{"alertname":"ReplicationLagWarning","replica":"node2"},"state":"pending"},{"labels":{"alertname":"DiskFull"},"state":"firing"}]}}`)
	case "hang":
		<-r.Context().Done()
	case "twice":
		serveLag(w, words[1:])
		fmt.Fprintln(w, `stemedb_replication_lag_seconds{replica="node3",shard="2"} 5`)
	case "login":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html><title>Sign in</title></html>")
	case "v1":
		if r.Method != http.MethodGet {
			http.Error(w, "only GET is allowed here", http.StatusTeapot)
			return
		}
		fmt.Fprint(w, "[]")
	default:
		http.NotFound(w, r)
	}
}

func serveLag(w http.ResponseWriter, lags []string) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	// 1,000 assertions per second, so that there is a rate to check.
	fmt.Fprintf(w, "stemedb_assertions_indexed_total %d\n", time.Now().UnixMilli()%1e9)
	for i, lag := range lags {
		fmt.Fprintf(w, "stemedb_replication_lag_seconds{replica=\"node%d\"} %s\n", i+2, lag)
	}
}
