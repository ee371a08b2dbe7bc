package tui

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// askBackground asks for the background colour, to know dark from light.
const askBackground = ansi.RequestBackgroundColor

// What is set on the terminal while the program runs, and taken back whenever
// it stops. Lines don't wrap: where a terminal measures a text wider than we do,
// the end of its line is lost and not the screen.
const (
	enterModes = ansi.SetModeAltScreenSaveCursor + ansi.HideCursor +
		ansi.ResetModeAutoWrap + ansi.SetModeBracketedPaste + ansi.SetModeFocusEvent
	leaveModes = ansi.ResetModeSynchronizedOutput + ansi.ResetStyle + ansi.ResetModeFocusEvent + ansi.ResetModeBracketedPaste +
		ansi.SetModeAutoWrap + ansi.ShowCursor + ansi.ResetModeAltScreenSaveCursor
)

// patience is how long is waited for a write that the terminal does not take.
const patience = 300 * time.Millisecond

// screen is the terminal while the program owns it. It draws on demand: bubbletea's
// renderer wakes up 30 to 120 times a second to look whether there is something
// to draw, which costs more than all the rest of the program; this one sleeps
// until show is called. Writing has a goroutine of its own that takes the newest
// frame, so a slow terminal skips frames and holds up nothing.
type screen struct {
	in, out *os.File
	painted func(shown uint64) // told what dialog is on the terminal, after each frame; may be nil
	query   string             // asked of the terminal on entering; its answer comes as input
	asked   atomic.Bool        // and has not come

	pen   chan struct{} // held while writing; a channel, to be had in the order in which it was asked for
	paint painter       // guarded by pen

	mu    sync.Mutex
	saved *term.State // nil while the terminal is not ours
	next  *frame      // newest frame not written yet
	anew  bool        // next is to be painted whole
	clip  string      // text for the clipboard, not written yet
	ended bool
	ready chan struct{}
	done  chan struct{}
}

func newScreen(in, out *os.File, p painter) *screen {
	return &screen{
		in: in, out: out, paint: p,
		pen: make(chan struct{}, 1), ready: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// size returns the size of the terminal in cells; COLUMNS and LINES, or 80x24,
// stand in where it does not know.
func (s *screen) size(getenv func(string) string) (w, h int) {
	w, h, err := term.GetSize(int(s.out.Fd()))
	if err != nil {
		w, h = 0, 0
	}
	return orEnv(w, getenv("COLUMNS"), 80), orEnv(h, getenv("LINES"), 24)
}

func orEnv(n int, env string, otherwise int) int {
	if n > 0 {
		return n
	}
	if n, err := strconv.Atoi(env); err == nil && n > 0 && n < 1000 {
		return n
	}
	return otherwise
}

// enter takes the terminal: raw mode, alternate screen. Entering again after
// the terminal may have been changed by others (SIGCONT) sets all of it again.
func (s *screen) enter() error {
	was, err := term.MakeRaw(int(s.in.Fd()))
	if err != nil {
		return fmt.Errorf("take the terminal: %w", err)
	}
	s.mu.Lock()
	if s.saved == nil {
		s.saved = was
	}
	s.mu.Unlock()
	modes := []byte(enterModes + s.query)
	if s.query != "" {
		s.asked.Store(true)
	}
	s.query = ""
	s.patiently(func() {
		s.paint.forget()
		s.write(modes)
	})
	return nil
}

// leave gives the terminal back as it was. It is safe to call twice.
func (s *screen) leave() {
	s.mu.Lock()
	saved := s.saved
	s.saved = nil
	s.mu.Unlock()
	if saved == nil {
		return
	}
	s.patiently(func() { s.write([]byte(leaveModes)) })
	if s.asked.Load() { // or the answer would be typed into the shell
		_ = unix.IoctlSetInt(int(s.in.Fd()), unix.TCFLSH, unix.TCIFLUSH)
	}
	_ = term.Restore(int(s.in.Fd()), saved) // there is nobody left to tell
}

// patiently has the pen write in its turn, and does not wait long for it: a
// terminal that takes nothing may have room for a frame and none for what comes
// after it, and holds up neither the end nor the signals that ask for it. It gets
// what was written once it takes more.
func (s *screen) patiently(write func()) {
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.pen <- struct{}{}
		defer func() { <-s.pen }()
		write()
	}()
	select {
	case <-written:
	case <-time.After(patience):
	}
}

// ours tells whether the terminal is ours to draw on.
func (s *screen) ours() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved != nil
}

// answered says that the answer to the query has come.
func (s *screen) answered() { s.asked.Store(false) }

// show asks for f to be drawn, instead of any frame not drawn yet.
func (s *screen) show(f frame) {
	s.mu.Lock()
	s.next = &f
	s.mu.Unlock()
	s.wake()
}

// repaint asks for f to be drawn whole.
func (s *screen) repaint(f frame) {
	s.mu.Lock()
	s.anew = true
	s.mu.Unlock()
	s.show(f)
}

// copy asks the terminal to put text into the clipboard (OSC 52). Base64 keeps
// whatever it is from being anything else.
func (s *screen) copy(text string) {
	s.mu.Lock()
	s.clip = text
	s.mu.Unlock()
	s.wake()
}

func (s *screen) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// run writes what is asked for until stop is called.
func (s *screen) run() {
	defer close(s.done)
	for range s.ready {
		s.flush()
	}
}

// stop ends run after the newest frame, or with the write that hangs.
func (s *screen) stop() {
	s.mu.Lock()
	s.ended = true
	close(s.ready)
	s.mu.Unlock()
	select {
	case <-s.done:
	case <-time.After(patience):
	}
}

func (s *screen) flush() {
	s.mu.Lock()
	f, clip, anew := s.next, s.clip, s.anew
	s.next, s.clip, s.anew = nil, "", false
	s.mu.Unlock()
	s.pen <- struct{}{}
	defer func() { <-s.pen }()
	if !s.ours() {
		return // suspended: all is painted anew on return
	}
	if clip != "" {
		s.write([]byte("\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(clip)) + "\x07"))
	}
	if anew {
		s.paint.forget()
	}
	if f == nil {
		return
	}
	s.write(s.paint.paint(*f))
	if s.painted != nil {
		s.painted(f.shown)
	}
}

// write sends b. A terminal that is gone shows in the reader or as SIGHUP, and
// whoever looked at the screen is gone with it, so the error says nothing new.
func (s *screen) write(b []byte) {
	if len(b) > 0 {
		_, _ = s.out.Write(b)
	}
}
