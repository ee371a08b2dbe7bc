package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// compile builds the program as `make build` does: the binary of the tests has
// more in it, and would need more memory.
func compile(b *testing.B) string {
	b.Helper()
	file := filepath.Join(b.TempDir(), "stemetop")
	build := exec.Command("go", "build", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// process is the program on a terminal of its own, looked at from outside.
type process struct {
	*testing.B
	*display
	cmd    *exec.Cmd
	master *os.File
	began  time.Time
	ended  chan struct{} // its output has
}

// launch starts a program on a terminal of w by h cells.
func launch(b *testing.B, w, h int, cmd *exec.Cmd) *process {
	b.Helper()
	home := b.TempDir()
	cmd.Env = append(os.Environ(), append(cmd.Env, "TERM=xterm-256color", "COLORTERM=truecolor", "LC_ALL=C.UTF-8",
		"HOME="+home, "XDG_STATE_HOME="+home+"/state", "XDG_CONFIG_HOME="+home+"/config", "SSH_AUTH_SOCK=")...)
	p := &process{B: b, display: newDisplay(w, h), cmd: cmd, began: time.Now(), ended: make(chan struct{})}
	var err error
	if p.master, err = pty.StartWithSize(cmd, winsize(w, h)); err != nil {
		b.Fatal(err)
	}
	go p.read()
	return p
}

func winsize(w, h int) *pty.Winsize { return &pty.Winsize{Cols: uint16(w), Rows: uint16(h)} }

func (p *process) read() {
	defer close(p.ended)
	buffer := make([]byte, 64<<10)
	for {
		n, err := p.master.Read(buffer)
		p.feed(buffer[:n], time.Now())
		// A terminal says what its background is, and the program may draw anew.
		if bytes.Contains(buffer[:n], []byte("\x1b]11;?")) {
			_, _ = io.WriteString(p.master, "\x1b]11;rgb:1010/1010/1010\x1b\\")
		}
		if err != nil {
			return
		}
	}
}

// until waits for a pattern on the display and returns how long after the start
// it came.
func (p *process) until(pattern *regexp.Regexp) time.Duration {
	p.Helper()
	frames := -1
	for end := time.Now().Add(slow); time.Now().Before(end) && p.alive(); time.Sleep(200 * time.Microsecond) {
		s := p.now()
		if s.frames != frames && pattern.MatchString(s.text) {
			return s.at.Sub(p.began)
		}
		frames = s.frames
	}
	p.Fatalf("no %s on screen:\n%s", pattern, p.now().text)
	return 0
}

// stop ends the program as a person does.
func (p *process) stop() {
	p.Helper()
	p.press("q")
	over := time.AfterFunc(slow, func() { _ = p.cmd.Process.Kill() })
	defer over.Stop()
	if err := p.cmd.Wait(); err != nil {
		p.Errorf("the program ended with %v:\n%s", err, p.now().text)
	}
	<-p.ended
	_ = p.master.Close()
}

func (p *process) press(key string) {
	if _, err := io.WriteString(p.master, key); err != nil {
		p.Fatal(err)
	}
}

// cpu is what the process and its reaped children have used. The kernel's clock
// of a process has nanoseconds, where /proc has hundredths of a second.
func (p *process) cpu() time.Duration {
	p.Helper()
	var t unix.Timespec
	// CPUCLOCK_SCHED of another process, as clock_getcpuclockid(3) makes it.
	if err := unix.ClockGettime(int32(^p.cmd.Process.Pid<<3|2), &t); err != nil {
		p.Fatal(err)
	}
	stat, err := os.ReadFile(p.proc("stat"))
	if err != nil {
		p.Fatal(err)
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	fields := strings.Fields(string(rest)) // from the third on
	children := 0
	for _, word := range fields[13:15] {
		n, err := strconv.Atoi(word)
		if err != nil {
			p.Fatal(err)
		}
		children += n
	}
	return time.Duration(t.Nano()) + time.Duration(children)*10*time.Millisecond
}

func (p *process) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name)
}

// memory returns a figure of the process in MB: VmRSS and VmHWM of status, Pss
// of smaps_rollup.
func (p *process) memory(file, field string) float64 {
	p.Helper()
	text, err := os.ReadFile(p.proc(file))
	if err != nil {
		p.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^` + field + `:\s+(\d+) kB`).FindSubmatch(text)
	if m == nil {
		p.Fatalf("no %s in %s", field, p.proc(file))
	}
	kb, err := strconv.Atoi(string(m[1]))
	if err != nil {
		p.Fatal(err)
	}
	return float64(kb) * 1024 / 1e6
}

// alive tells whether the program has not ended: its terminal would be closed.
func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}
