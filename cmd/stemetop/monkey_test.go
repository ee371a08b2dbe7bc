package main

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/stemedb/stemetop/actions/journal"
	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/demo"
)

// Random keys, pastes, sizes and focus events come to the program as it is built,
// in a terminal, and what it sends is counted where it arrives.

// door stands before an embedded primary and notes what changes something.
type door struct {
	url  string
	mu   sync.Mutex
	gets int
	sent []mutation
}

type mutation struct{ method, path, id, body string }

func newDoor(t *testing.T, scenario string) *door {
	t.Helper()
	c, err := demo.Start(t.Context(), demo.Options{Scenario: scenario, Seed: 1, Clock: sources.NewClock(10)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	primary, err := url.Parse(c.Nodes()[0].MetricsURL)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{}
	way := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: primary.Scheme, Host: primary.Host})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.note(r)
		way.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	d.url = server.URL + primary.Path
	return d
}

func (d *door) note(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Method == http.MethodGet {
		d.gets++
		return
	}
	d.sent = append(d.sent, mutation{r.Method, r.URL.Path, r.Header.Get("X-Request-Id"), string(body)})
}

func (d *door) counts() (gets int, sent []mutation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.gets, append([]mutation(nil), d.sent...)
}

// monkey types on a terminal that the program has.
type monkey struct {
	t      *testing.T
	r      *rand.Rand
	master *os.File
	cmd    *exec.Cmd
	state  string
	gone   chan struct{} // the program has ended
	mu     sync.Mutex
	out    bytes.Buffer // the newest of what the program wrote
	done   chan struct{}
}

func newMonkey(t *testing.T, seed uint64, w, h uint16, args ...string) *monkey {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "stemetop") // package testscript runs the program by this name
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	m := &monkey{t: t, r: rand.New(rand.NewPCG(seed, 1)), state: filepath.Join(dir, "state"), done: make(chan struct{})}
	m.cmd = exec.Command(program, args...)
	m.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "XDG_STATE_HOME="+m.state, "XDG_CONFIG_HOME="+dir+"/config", "GORACE=halt_on_error=1")
	if m.master, err = pty.StartWithSize(m.cmd, &pty.Winsize{Cols: w, Rows: h}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = m.cmd.Process.Kill()
		<-m.gone
		_ = m.master.Close()
		<-m.done
	})
	go m.read()
	m.gone = make(chan struct{})
	go func() {
		_ = m.cmd.Wait() // the code is in its state
		close(m.gone)
	}()
	for deadline := time.Now().Add(slow); !strings.Contains(m.output(), "\x1b[?1049h"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no screen within %v:\n%s", slow, m.tail())
		}
	}
	return m
}

func (m *monkey) read() {
	defer close(m.done)
	b := make([]byte, 1<<16)
	for {
		n, err := m.master.Read(b)
		m.mu.Lock()
		if m.out.Len() > 1<<20 {
			m.out.Reset()
		}
		m.out.Write(b[:n])
		m.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (m *monkey) output() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.out.String()
}

// tail is the end of what the program wrote.
func (m *monkey) tail() string {
	out := m.output()
	return strconv.Quote(out[max(0, len(out)-3000):])
}

func (m *monkey) write(s string) {
	m.t.Helper()
	select {
	case <-m.gone:
		m.t.Fatalf("the program has ended with %v:\n%s", m.cmd.ProcessState, m.tail())
	default:
	}
	wrote := make(chan error, 1)
	go func() {
		_, err := m.master.WriteString(s)
		wrote <- err
	}()
	select {
	case err := <-wrote:
		if err != nil {
			m.t.Fatal(err)
		}
	case <-m.gone:
		m.t.Fatalf("the program has ended with %v:\n%s", m.cmd.ProcessState, m.tail())
	case <-time.After(slow):
		m.t.Fatalf("no key is taken within %v:\n%s", slow, m.tail())
	}
}

// tricks are what comes from a keyboard besides letters.
var tricks = []string{
	"\r", "\t", " ", "\x7f", "\x1b", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x0c",
	"\x1b[I", "\x1b[O", "\x1b[121;1:2u", "\x1b[121;1u", "é", "\u202e", "\x00",
}

// key is one key, oftener one that acts than not. None ends the program, but q
// does, where nothing asks first: so there is none of it.
func (m *monkey) key() string {
	switch m.r.IntN(10) {
	case 0, 1, 2, 3:
		return string("tsbruxyay0123456789"[m.r.IntN(19)])
	case 4, 5:
		return tricks[m.r.IntN(len(tricks))]
	}
	if c := string(rune('!' + m.r.IntN(94))); c != "q" {
		return c
	}
	return "Q"
}

// keys types n keys, as fast as they are taken, with changes of the size.
func (m *monkey) keys(n int) {
	m.t.Helper()
	for n > 0 {
		var b strings.Builder
		for range min(n, 200) {
			b.WriteString(m.key())
			n--
		}
		m.write(b.String())
		if n%5000 == 0 {
			m.write("\x1b[200~tyay\ry" + m.key() + "\x1b[201~")
			time.Sleep(350 * time.Millisecond) // no key is taken for a while after a paste
		}
		if m.r.IntN(8) == 0 {
			m.resize(uint16(20+m.r.IntN(60)), uint16(4+m.r.IntN(20)))
		}
	}
}

// settle waits until the program has taken all keys: then it shows its help.
func (m *monkey) settle(within time.Duration) {
	m.t.Helper()
	m.resize(100, 30)
	for deadline := time.Now().Add(within); ; {
		m.forget()
		m.write("\x1b[200~\x1b[201~") // ends a paste that may be open
		for _, key := range []string{"\x1b", "\x1b", "\x1b", "?"} {
			time.Sleep(100 * time.Millisecond) // an escape alone is one by the silence after it
			m.write(key)
		}
		for range 10 {
			if strings.Contains(m.output(), "this help") {
				m.write("\x1b")
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("the keys are not taken within %v:\n%s", within, m.tail())
		}
	}
}

func (m *monkey) resize(w, h uint16) {
	m.t.Helper()
	if err := pty.Setsize(m.master, &pty.Winsize{Cols: w, Rows: h}); err != nil {
		m.t.Fatal(err)
	}
}

func (m *monkey) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out.Reset()
}

// end ends the program by a signal, in order.
func (m *monkey) end() {
	m.t.Helper()
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		m.t.Fatal(err)
	}
	select {
	case <-m.gone:
	case <-time.After(slow):
		m.t.Fatalf("it does not end within %v", slow)
	}
	if code := m.cmd.ProcessState.ExitCode(); code != 128+int(syscall.SIGTERM) {
		m.t.Fatalf("ended with %d:\n%s", code, m.tail())
	}
}

// intents are those of the audit journal, by their id.
func (m *monkey) intents() map[string]journal.Intent {
	m.t.Helper()
	all := map[string]journal.Intent{}
	dirs, err := filepath.Glob(filepath.Join(m.state, "stemetop", "audit", "*"))
	if err != nil {
		m.t.Fatal(err)
	}
	paths, err := journal.Segments(dirs...)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, p := range paths {
		if r, err := journal.Verify(p); err != nil || r.State != journal.Fine {
			m.t.Errorf("%s: %s %v", p, r.State, err)
		}
		err := journal.Read(p, func(r journal.Record) {
			if r.Intent != nil {
				all[r.Intent.Action] = *r.Intent
			}
		})
		if err != nil {
			m.t.Fatal(err)
		}
	}
	return all
}

// However it is pressed, a program that may change nothing only reads.
func TestNoKeyChangesAnythingReadOnly(t *testing.T) {
	d := newDoor(t, "disk")
	m := newMonkey(t, 1, 60, 14, "--primary", d.url, "--read-only", "--no-record")
	m.keys(100_000)
	m.settle(2 * time.Minute)
	m.end()
	gets, sent := d.counts()
	if gets == 0 || len(sent) > 0 {
		t.Errorf("%d GETs, and %v", gets, sent)
	}
	if _, err := os.Stat(filepath.Join(m.state, "stemetop", "audit")); err == nil {
		t.Error("there is an audit journal")
	}
}

// On a program that may act nothing is sent that was not shown, confirmed and
// written down before.
func TestNothingIsSentUnseen(t *testing.T) {
	d := newDoor(t, "disk")
	m := newMonkey(t, 2, 100, 30, "--primary", d.url, "--no-record")
	for range 3 {
		m.keys(2_000)
		m.settle(time.Minute)
		// As a person does it, so that there is something to count: live, and in reach
		// of the keyboard.
		for _, step := range []struct {
			keys string
			then time.Duration
		}{{"\x1b[I", 0}, {":", 0}, {"end", 0}, {"\r", 0}, {"\x1b", 200}, {"t", 1200}, {"a", 300}, {"y", 700}, {"\x1b", 200}} {
			m.write(step.keys)
			time.Sleep(100*time.Millisecond + step.then*time.Millisecond)
		}
	}
	m.end()
	_, sent := d.counts()
	intents := m.intents()
	if len(sent) == 0 {
		t.Error("nothing was sent at all: this test shows nothing")
	}
	seen := map[string]bool{}
	for _, s := range sent {
		in, ok := intents[s.id]
		u, err := url.Parse(in.Request.URL)
		if !ok || err != nil || seen[s.id] || in.Request.Method != s.method || u.Path != s.path || in.Request.Body != s.body || in.Gestures.Confirm == 0 || len(in.Seen) == 0 {
			b, _ := json.Marshal(in)
			t.Errorf("%+v was sent; sent before: %v, intent: %s", s, seen[s.id], b)
		}
		seen[s.id] = true
	}
	t.Logf("%d were sent of %d intents", len(sent), len(intents))
}
