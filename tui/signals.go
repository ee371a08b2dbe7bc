package tui

import (
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
)

// SignalError says that a signal ended the screen; ctrl-c counts as SIGINT. A
// shell expects 128 and its number as the exit code.
type SignalError struct{ Signal syscall.Signal }

// Error names the signal.
func (e *SignalError) Error() string { return "ended by signal: " + e.Signal.String() }

// stops are the signals that end the screen. Those that whoever started the
// program had ignored (nohup, a job of a script) stay so.
func stops() []os.Signal {
	return append([]os.Signal{syscall.SIGTERM},
		slices.DeleteFunc([]os.Signal{syscall.SIGINT, syscall.SIGHUP}, signal.Ignored)...)
}

// stopsWithin is how long the process may take to stop once it was told to. Where
// nobody can resume it (an orphaned process group) the kernel never stops it.
const stopsWithin = 300 * time.Millisecond

// signals are those that a program in raw mode must handle to leave the terminal
// as it was. bubbletea handles two of them.
type signals struct {
	c    chan os.Signal
	cont chan os.Signal
	key  chan struct{} // ctrl-z was pressed: in raw mode that sends no signal
	done chan struct{}
}

func newSignals() *signals {
	return &signals{
		c: make(chan os.Signal, 8), cont: make(chan os.Signal, 1),
		key: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// suspend suspends the program, as if by a signal.
func (s *signals) suspend() {
	select {
	case s.key <- struct{}{}:
	default:
	}
}

// catch begins to collect signals: before the terminal is touched.
func (s *signals) catch() {
	signal.Notify(s.c, append(stops(), syscall.SIGQUIT, syscall.SIGWINCH, syscall.SIGTSTP)...)
	signal.Notify(s.cont, syscall.SIGCONT)
}

// watch handles signals until the function that it returns is called.
func (s *signals) watch(p *program) (stop func()) {
	quit, over := make(chan struct{}), p.ctx.Done()
	go func() {
		defer close(s.done)
		for {
			select {
			case <-quit:
				return
			case <-over:
				// Not by tea.WithContext: its end leaves the reader of the keyboard behind.
				over = nil
				p.tea.Send(endMsg{})
			case <-s.key:
				s.stop(p, 0) // the whole group, as the terminal would
			case <-s.cont: // stopped and continued by others
				s.resume(p, true)
			case sig := <-s.c:
				s.handle(p, sig)
			}
		}
	}()
	return func() {
		signal.Stop(s.c)
		signal.Stop(s.cont)
		close(quit)
		<-s.done
	}
}

func (s *signals) handle(p *program, sig os.Signal) {
	switch sig {
	case syscall.SIGWINCH:
		p.tea.Send(p.sizeMsg())
	case syscall.SIGTSTP:
		s.stop(p, syscall.Getpid())
	default:
		if n, ok := sig.(syscall.Signal); ok {
			p.tea.Send(endMsg{&SignalError{n}})
		}
	}
}

// stop gives the terminal back, stops the process (0: its group) and takes the
// terminal again when it goes on. SIGTTIN stops like SIGTSTP, which Go can't put
// back to its default once it was caught; SIGSTOP would stop us for good where
// nobody can resume us.
func (s *signals) stop(p *program, pid int) {
	p.screen.leave()
	select {
	case <-s.cont: // an old one
	default:
	}
	stopped := false
	if syscall.Kill(pid, syscall.SIGTTIN) == nil {
		select {
		case <-s.cont:
			stopped = true
		case <-time.After(stopsWithin):
		}
	}
	s.resume(p, stopped)
}

func (s *signals) resume(p *program, stopped bool) {
	if err := p.screen.enter(); err != nil {
		p.tea.Send(endMsg{err})
		return
	}
	p.tea.Send(resumedMsg{p.sizeMsg(), stopped})
}

func (p *program) sizeMsg() tea.WindowSizeMsg {
	w, h := p.screen.size(func(string) string { return "" })
	return tea.WindowSizeMsg{Width: w, Height: h}
}

// resumedMsg says that the terminal is ours again, after it was not.
type resumedMsg struct {
	size    tea.WindowSizeMsg
	stopped bool // false where nobody could have resumed us
}

func (m *model) resumed(r resumedMsg) {
	m.w, m.h, m.dirty = r.size.Width, r.size.Height, true
	m.resize.pending, m.calm = false, false
	m.focused(false) // what was armed before is not what is looked at now
	m.focused(true)
	if !r.stopped {
		m.say("can't suspend: there is no shell to resume from")
	}
	m.compose()
	m.fx.repaint()
}

// interrupt ends the program as SIGINT does. It asks as q does, and once: pressed
// again it is the answer.
func (m *model) interrupt(string) tea.Cmd {
	if q, ok := m.overlay.(*question); ok && q.quits {
		if !q.looked(m) {
			m.dirty = true
			return nil
		}
		return m.leave(&SignalError{syscall.SIGINT})
	}
	return m.end(&SignalError{syscall.SIGINT})
}
