package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// session is the screen in a pseudo terminal, run by the binary of the tests.
type session struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	slave  *os.File
	before unix.Termios
	done   chan struct{} // the reader has ended

	mu  sync.Mutex
	out bytes.Buffer
}

// heard makes children hear what this process was told to ignore: by nohup, or by
// a script that runs it as a job. What is caught is not passed on.
var heard = sync.OnceFunc(func() {
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
})

// begin starts a scene on a terminal of 100x30. read is false for a terminal
// that takes nothing.
func begin(t *testing.T, scene string, read bool, environ ...string) *session {
	t.Helper()
	heard()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: 100, Rows: 30}); err != nil {
		t.Fatal(err)
	}
	s := &session{t: t, master: master, slave: slave, done: make(chan struct{})}
	s.before = s.termios()
	s.cmd = exec.Command(os.Args[0]) // this very binary
	s.cmd.Env = append(os.Environ(), append([]string{"STEMETOP_TUI=" + scene, "TERM=xterm-256color"}, environ...)...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = slave, slave, slave
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if read {
		go s.read()
	} else {
		close(s.done)
	}
	t.Cleanup(s.end)
	return s
}

func (s *session) read() {
	defer close(s.done)
	b := make([]byte, 4096)
	for {
		n, err := s.master.Read(b)
		s.mu.Lock()
		s.out.Write(b[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *session) end() {
	_ = s.cmd.Process.Kill()
	_, _ = s.cmd.Process.Wait()
	_ = s.slave.Close()
	_ = s.master.Close()
	<-s.done
}

func (s *session) termios() unix.Termios {
	s.t.Helper()
	t, err := unix.IoctlGetTermios(int(s.slave.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return *t
}

func (s *session) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// await waits until cond holds.
func (s *session) await(what string, cond func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("no %s within 10 s; output %q", what, tail(s.output()))
		}
	}
}

func (s *session) awaitText(text string) {
	s.t.Helper()
	s.await(text, func() bool { return strings.Contains(s.output(), text) })
}

func tail(text string) string { return text[max(0, len(text)-600):] }

func (s *session) keys(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.master, text); err != nil {
		s.t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code, -1 for death by a signal.
func (s *session) exit() int {
	s.t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- s.cmd.Wait() }()
	select {
	case err := <-ended:
		var e *exec.ExitError
		if err != nil && !errors.As(err, &e) {
			s.t.Fatal(err)
		}
		return s.cmd.ProcessState.ExitCode()
	case <-time.After(10 * time.Second):
		s.t.Fatalf("still running; output %q", tail(s.output()))
		return 0
	}
}

var mode = regexp.MustCompile(`\x1b\[\?(\d+)([hl])`)

// checkRestored checks that the terminal is as it was before the program.
func (s *session) checkRestored() {
	s.t.Helper()
	if now := s.termios(); now != s.before {
		s.t.Errorf("termios %+v, were %+v", now, s.before)
	}
	// The last bytes may still be on their way through the pty.
	s.await("end of the alternate screen", func() bool {
		set := map[string]string{}
		for _, m := range mode.FindAllStringSubmatch(s.output(), -1) {
			set[m[1]] = m[2]
		}
		want := map[string]string{"1049": "l", "25": "h", "2004": "l", "7": "h", "2026": "l", "1004": "l"}
		for k, v := range want {
			if set[k] != v {
				return false
			}
		}
		return len(set) == len(want)
	})
}

func TestTerminalIsRestored(t *testing.T) {
	for _, c := range []struct {
		name, scene string
		end         func(*session)
		code        int
	}{
		{"q", "live", func(s *session) { s.keys("q") }, 0},
		{"ctrl-c", "live", func(s *session) { s.keys("\x03") }, 130},
		{"SIGINT", "live", func(s *session) { s.signal(syscall.SIGINT) }, 130},
		{"SIGTERM", "live", func(s *session) { s.signal(syscall.SIGTERM) }, 143},
		{"SIGHUP", "live", func(s *session) { s.signal(syscall.SIGHUP) }, 129},
		{"SIGQUIT", "live", func(s *session) { s.signal(syscall.SIGQUIT) }, 131},
		{"panic", "panic", func(*session) {}, 70},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, c.scene, true)
			s.awaitText("prod-eu")
			if s.termios() == s.before {
				t.Error("the terminal was never ours")
			}
			c.end(s)
			if code := s.exit(); code != c.code {
				t.Errorf("exit code %d, want %d; output %q", code, c.code, tail(s.output()))
			}
			s.checkRestored()
			if c.code == 70 {
				s.awaitText("no such instant") // on the screen that is left
			}
		})
	}
}

func (s *session) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Under a shell with job control ctrl-z gives the terminal back, and fg takes it
// again, with the whole screen.
func TestSuspendAndResume(t *testing.T) {
	for name, suspend := range map[string]string{"ctrl-z": "\x1a", "SIGTSTP": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "shell", true)
			s.awaitText("prod-eu")
			ours := s.termios()
			if suspend != "" {
				s.keys(suspend)
			} else {
				s.signal(syscall.SIGUSR1) // the shell passes SIGTSTP on
			}
			s.awaitText("<stopped>")
			s.checkRestored()
			s.mu.Lock()
			s.out.Reset()
			s.mu.Unlock()
			s.keys("fg\n")
			s.awaitText("prod-eu")
			s.await("raw mode", func() bool { return s.termios() == ours })
			s.keys("q")
			if code := s.exit(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			s.checkRestored()
		})
	}
}

// Where nobody could resume it, the program says so instead of hanging.
func TestSuspendWithoutShell(t *testing.T) {
	t.Parallel()
	s := begin(t, "live", true)
	s.awaitText("prod-eu")
	s.keys("\x1a")
	s.awaitText("suspend: there is no shell")
	s.keys("q")
	if code := s.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s.checkRestored()
}

// A terminal that takes nothing holds up neither the program nor its end.
func TestStuckTerminal(t *testing.T) {
	t.Parallel()
	s := begin(t, "live", false, "STEMETOP_REPLICAS=30")
	s.await("raw mode", func() bool { return s.termios() != s.before })
	for range 50 { // enough frames to fill any buffer
		s.keys("S")
		time.Sleep(5 * time.Millisecond) // a terminal's buffer fills by and by
	}
	start := time.Now()
	s.signal(syscall.SIGTERM)
	if code := s.exit(); code != 143 || time.Since(start) > 3*time.Second {
		t.Errorf("exit code %d after %s", code, time.Since(start))
	}
	if s.termios() != s.before {
		t.Error("termios not restored")
	}
}

// A terminal that has no room left for the last bytes holds up nothing either: its
// buffer need not be full with a frame.
func TestFullTerminal(t *testing.T) {
	for _, c := range []struct {
		name  string
		calls func(*screen)
	}{
		{"it is given back", func(s *screen) { s.leave() }},
		{"it is taken again, and given back", func(s *screen) {
			if err := s.enter(); err != nil {
				t.Error(err)
			}
			s.leave()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			master, slave, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			s := &session{t: t, master: master, slave: slave, done: make(chan struct{})}
			s.before = s.termios()
			scr := newScreen(slave, slave, painter{})
			if err := scr.enter(); err != nil {
				t.Fatal(err)
			}
			fill(t, slave)
			left := make(chan struct{})
			go func() {
				defer close(left)
				c.calls(scr)
			}()
			select {
			case <-left:
				if s.termios() != s.before {
					t.Error("termios not restored")
				}
			case <-time.After(5 * time.Second):
				t.Error("it hangs")
			}
			go s.read() // and what was held up comes
			<-left
			s.await("end of the alternate screen", func() bool { return strings.HasSuffix(s.output(), leaveModes) })
			_, _ = slave.Close(), master.Close()
			<-s.done
		})
	}
}

// fill writes until a terminal takes no more.
func fill(t *testing.T, f *os.File) {
	t.Helper()
	fd := int(f.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	full := time.Time{} // since when; the kernel makes room by and by
	for full.IsZero() || time.Since(full) < 50*time.Millisecond {
		switch _, err := unix.Write(fd, []byte("x")); {
		case err == nil:
			full = time.Time{}
		case !errors.Is(err, unix.EAGAIN):
			t.Fatal(err)
		case full.IsZero():
			full = time.Now()
		}
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}

func TestResizeStormOnATerminal(t *testing.T) {
	t.Parallel()
	s := begin(t, "live", true)
	s.awaitText("prod-eu")
	for i := range 100 {
		if err := pty.Setsize(s.master, &pty.Winsize{Cols: uint16(20 + i), Rows: uint16(5 + i%50)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond) // the storm's pace
	}
	if err := pty.Setsize(s.master, &pty.Winsize{Cols: 61, Rows: 16}); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.out.Reset()
	s.mu.Unlock()
	s.awaitText("\x1b[16;") // the last line of the last size
	s.keys("q")
	if code := s.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s.checkRestored()
}

func TestDumbTerminalGetsPlainLines(t *testing.T) {
	t.Parallel()
	s := begin(t, "live", true, "TERM=dumb")
	s.awaitText("node")
	s.signal(syscall.SIGINT)
	if code := s.exit(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if strings.ContainsAny(s.output(), "\x1b\x07") {
		t.Errorf("sequences in %q", s.output())
	}
	if s.termios() != s.before {
		t.Error("termios were touched")
	}
}

func TestNoColorHasNoColor(t *testing.T) {
	t.Parallel()
	s := begin(t, "live", true, "NO_COLOR=yes")
	s.awaitText("prod-eu")
	s.keys("?qjS")
	s.keys("q")
	s.exit()
	for _, m := range regexp.MustCompile(`\x1b\[([0-9;:]*)m`).FindAllStringSubmatch(s.output(), -1) {
		for p := range strings.SplitSeq(m[1], ";") {
			if len(p) > 1 && p != "27" && p != "22" && p != "24" {
				t.Fatalf("colour %q", m[0])
			}
		}
	}
}

// Within the process: the end of the context ends the screen, and leaves neither
// a goroutine (see TestMain) nor a file open.
func TestRunEndsWithItsContext(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = master.Close() }()
	defer func() { _ = slave.Close() }()
	s := &session{t: t, master: master, slave: slave, done: make(chan struct{})}
	s.before = s.termios()
	go s.read()
	files := openFiles(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		tl := &fakeTimeline{replicas: 3, hosts: 1, from: t0, to: time.Now}
		ended <- Run(ctx, Options{Timeline: tl, Clock: wallClock{}, Input: slave, Output: slave, Environ: []string{"TERM=xterm"}})
	}()
	s.awaitText("prod-eu")
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	s.checkRestored()
	if n := openFiles(t); n != files {
		t.Errorf("%d files open, were %d", n, files)
	}
	_ = slave.Close()
	<-s.done
}

func openFiles(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}
