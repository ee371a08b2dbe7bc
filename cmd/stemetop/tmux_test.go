package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// session is a terminal that a test drives.
type session struct {
	*testing.T
	socket string
	asked  int
}

// newSession opens a terminal with a shell that finds this program by its name.
func newSession(t *testing.T, width, height int) *session {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("this test drives the program in tmux: apt-get install tmux")
	}
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Package testscript runs the program where it is called by this name.
	if err := os.Symlink(self, filepath.Join(dir, "stemetop")); err != nil {
		t.Fatal(err)
	}
	s := &session{T: t, socket: filepath.Join(dir, "tmux")}
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", s.socket, "kill-server").Run() })
	cmd := s.command("-u", "-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height),
		"env", "PS1=$ ", "HISTFILE=", "sh")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TMPDIR="+dir,
		"XDG_STATE_HOME="+dir+"/state", "XDG_CONFIG_HOME="+dir+"/config", "TMUX=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v %s", err, out)
	}
	s.see(`^\$`)
	return s
}

func (s *session) command(args ...string) *exec.Cmd {
	return exec.Command("tmux", append([]string{"-S", s.socket}, args...)...)
}

func (s *session) tmux(args ...string) string {
	s.Helper()
	out, err := s.command(args...).CombinedOutput()
	if err != nil {
		s.Fatalf("tmux %q: %v %s", args, err, out)
	}
	return string(out)
}

func (s *session) screen() string { return s.tmux("capture-pane", "-p") }

func (s *session) press(keys ...string) { s.tmux(append([]string{"send-keys"}, keys...)...) }

// patience with a program that runs with the race detector beside other tests.
const slow = 30 * time.Second

// see waits until the screen has the pattern and returns what it matched.
func (s *session) see(pattern string) []string {
	s.Helper()
	return s.seeWithin(slow, pattern)
}

// seeWithin is see for what takes its time.
func (s *session) seeWithin(d time.Duration, pattern string) []string {
	s.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	for end := time.Now().Add(d); ; time.Sleep(20 * time.Millisecond) {
		screen := s.screen()
		if m := re.FindStringSubmatch(screen); m != nil {
			return m
		}
		if time.Now().After(end) {
			s.Fatalf("no %q on screen within %v:\n%s", pattern, d, screen)
		}
	}
}

// gone waits until the screen has the pattern no more.
func (s *session) gone(pattern string) {
	s.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	for end := time.Now().Add(slow); ; time.Sleep(20 * time.Millisecond) {
		screen := s.screen()
		if !re.MatchString(screen) {
			return
		}
		if time.Now().After(end) {
			s.Fatalf("%q is still on screen after %v:\n%s", pattern, slow, screen)
		}
	}
}

// escape closes a dialog. A key that followed at once would be one with alt.
func (s *session) escape() {
	s.Helper()
	s.press("Escape")
	s.gone(`esc (closes|cancels)`)
}

// confirm does what a dialog asks for, as a person does who reads it first, until
// the screen has what that leads to, and returns what it matched. What is refused,
// or taken back because the plan is not what it was, is done again.
func (s *session) confirm(leads string) []string {
	s.Helper()
	re := regexp.MustCompile("(?m)" + leads)
	if re.MatchString(s.screen()) {
		s.Fatalf("%q is on screen before anything is confirmed:\n%s", leads, s.screen())
	}
	asked, since, pressed := "", time.Now(), false
	for end := time.Now().Add(2 * slow); ; time.Sleep(20 * time.Millisecond) {
		screen := s.screen()
		if m := re.FindStringSubmatch(screen); m != nil {
			return m
		}
		if time.Now().After(end) {
			s.Fatalf("no %q on screen within %v of confirming:\n%s", leads, 2*slow, screen)
		}
		ask := asks.FindStringSubmatch(screen)
		switch {
		case ask == nil:
		case ask[0] != asked:
			asked, since, pressed = ask[0], time.Now(), false
		case time.Since(since) < paceOf(ask, pressed):
		default:
			s.press(answerTo(ask))
			since, pressed = time.Now(), true
		}
	}
}

// asks are the questions of a dialog: for a key, or for a word of which some
// letters are there.
var asks = regexp.MustCompile(`\b(a) arms it|\b(y) (?:does it|quits)|type (\S+) and enter: (\S*)`)

// answerTo is the key that answers a question.
func answerTo(ask []string) string {
	word, typed := ask[3], ask[4]
	switch {
	case word == "":
		return ask[1] + ask[2]
	case typed == word:
		return "Enter"
	case strings.HasPrefix(word, typed):
		return word[len(typed) : len(typed)+1]
	}
	return "BSpace"
}

// paceOf is how long a person looks at a question before its key, longer than the
// dialog's guard; between two letters; and before a key that was not taken is
// pressed again.
func paceOf(ask []string, again bool) time.Duration {
	switch {
	case again:
		return 2 * time.Second
	case ask[4] != "":
		return 250 * time.Millisecond
	}
	return 700 * time.Millisecond
}

// ask runs a command in the shell and returns the one line that it prints.
func (s *session) ask(command string) string {
	s.Helper()
	s.asked++
	s.press(fmt.Sprintf("clear; echo \"answer %d: $(%s)\"", s.asked, command), "Enter")
	return s.see(fmt.Sprintf(`^answer %d: (.*)$`, s.asked))[1]
}

func (s *session) resize(width, height int) {
	s.tmux("resize-window", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height))
}

// The story of an evening, as a person lives it.
func TestDemoInATerminal(t *testing.T) {
	s := newSession(t, 120, 40)
	before := s.ask("stty -g | cksum")

	s.press("stemetop demo --speed 4; echo left with $?", "Enter")
	worst := s.see(`CRIT\S* +\S* *(node\d) is .* behind`)[1]
	s.see(`^ ▶ CRIT.* ` + worst + ` `)
	s.see(`host of ` + worst + ` `)
	s.see(` LIVE 4x$`)

	// The row under the cursor is another one after j, and its host is shown.
	s.press("j")
	next := s.see(`^ ▶ .* (node\d) .*\n`)[1]
	for end := time.Now().Add(slow); next == worst && time.Now().Before(end); {
		next = s.see(`^ ▶ .* (node\d) .*\n`)[1]
	}
	s.see(`host of ` + next + ` `)

	// Paused the clock stands; the collection goes on.
	s.press("Space")
	s.see(`PAUSED`)
	was := s.see(` (\d\d:\d\d:\d\d)Z .*PAUSED`)[1]
	s.press("[")
	if back := s.see(` (\d\d:\d\d:\d\d)Z .*PAUSED`)[1]; back > was {
		t.Errorf("back in time came %s, from %s", back, was)
	}
	s.press("Space")
	s.see(` LIVE 4x$`)

	// A storm of sizes, down to what can show nothing.
	for i := range 60 {
		s.resize(20+(i*37)%141, 5+(i*13)%56)
	}
	s.resize(80, 24)
	s.see(`^ ▶ .* node\d `)
	s.resize(120, 40)
	s.see(`host of ` + next + ` `)
	s.see(` LIVE 4x$`)

	s.press("q")
	s.see(`left with 0`)
	if on := strings.TrimSpace(s.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}")); on != "0 1 0 0" {
		t.Errorf("alternate screen, cursor, mouse, cursor keys are %s, want 0 1 0 0", on)
	}
	if after := s.ask("stty -g | cksum"); after != before {
		t.Errorf("the terminal was %s and is %s", before, after)
	}
	// What was seen was recorded, and is seen again on the same screen.
	s.press("stemetop replay $XDG_STATE_HOME/stemetop/recordings/*; echo replayed with $?", "Enter")
	s.see(` REPLAY`)
	s.see(`^ ▶ .* node\d `)
	s.press("q")
	s.see(`replayed with 0`)
	if left := s.ask("ls -d $TMPDIR/stemetop-* 2>/dev/null | wc -l"); left != "0" {
		t.Errorf("%s temporary directories are left", left)
	}
}

// Whatever ends the program, the terminal is as it was.
func TestTheTerminalIsGivenBack(t *testing.T) {
	for _, tc := range []struct{ name, end, left string }{
		{"ctrl-c", "", "130"},
		{"SIGTERM", "TERM", "143"},
		{"SIGHUP", "HUP", "129"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newSession(t, 80, 24)
			before := s.ask("stty -g | cksum")
			s.press("stemetop demo --no-record; echo left with $?", "Enter")
			s.see(`^ ▶ .* node\d `)
			if tc.end == "" {
				s.press("C-c")
			} else {
				pid := strings.TrimSpace(s.tmux("display-message", "-p", "#{pane_pid}"))
				child, err := exec.Command("ps", "-o", "pid=", "--ppid", pid).Output()
				if err != nil {
					t.Fatalf("the program is not below the shell: %v", err)
				}
				if err := exec.Command("kill", "-"+tc.end, strings.TrimSpace(string(child))).Run(); err != nil {
					t.Fatal(err)
				}
			}
			s.see(`left with ` + tc.left)
			if on := strings.TrimSpace(s.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}")); on != "0 1" {
				t.Errorf("alternate screen and cursor are %s, want 0 1", on)
			}
			if after := s.ask("stty -g | cksum"); after != before {
				t.Errorf("the terminal was %s and is %s", before, after)
			}
		})
	}
}
