package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"
)

// PanicError is a defect of the screen: the terminal was restored, and the
// program can say what happened.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns what the panic said.
func (e *PanicError) Error() string { return fmt.Sprintf("internal error: %v", e.Value) }

// Run shows the screen until the person quits (nil), a signal or ctrl-c ends it
// (*SignalError), ctx ends (nil), or something fails. It returns after the
// terminal is as it was before. Where the output is no terminal, or one without
// any control (TERM=dumb), it writes a line per interval instead.
func Run(ctx context.Context, o Options) error {
	o = o.withDefaults()
	if t := lookup(o.Environ, "TERM"); t == "" || t == "dumb" || !term.IsTerminal(int(o.Output.Fd())) {
		return runPlain(ctx, o)
	}
	if !term.IsTerminal(int(o.Input.Fd())) {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("no terminal to read keys from: %w", err)
		}
		defer func() { _ = tty.Close() }() // only read from
		o.Input = tty
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return newProgram(ctx, o).run()
}

// program ties the model to bubbletea's event loop and to the terminal.
type program struct {
	*model
	tea     *tea.Program
	screen  *screen
	signals *signals
	shown   frame
}

func newProgram(ctx context.Context, o Options) *program {
	profile := profileOf(o.Environ, o.Theme)
	s := newScreen(o.Input, o.Output, painter{profile: profile, sync: true})
	if o.Theme == "auto" || o.Theme == "16" {
		s.query = askBackground
	}
	s.painted = o.painted
	w, h := s.size(func(name string) string { return lookup(o.Environ, name) })
	p := &program{screen: s, signals: newSignals()}
	p.model = newModel(ctx, o, profile, w, h, effects{
		copy:    s.copy,
		repaint: func() { s.repaint(p.shown) },
		suspend: p.signals.suspend,
		reopen:  p.reopen,
	})
	p.tea = tea.NewProgram(
		p, tea.WithInput(o.Input), tea.WithOutput(io.Discard), tea.WithEnvironment(o.Environ),
		tea.WithColorProfile(profile), tea.WithWindowSize(w, h),
		// The screen, signals and panics are ours. With no renderer bubbletea
		// still has its ticker, so it ticks as seldom as it can.
		tea.WithoutRenderer(), tea.WithFPS(1), tea.WithoutSignalHandler(), tea.WithoutCatchPanics(),
	)
	return p
}

func (p *program) run() error {
	p.signals.catch()
	defer p.signals.watch(p)()
	if err := p.screen.enter(); err != nil {
		p.tea.Kill() // releases a signal that waits for a program that never ran
		return err
	}
	go p.screen.run()
	defer p.screen.leave()
	defer p.screen.stop()
	p.screen.show(p.drawn)
	p.shown = p.drawn
	err := p.loop()
	p.refuse()
	if p.err != nil {
		return p.err
	}
	return err
}

// loop runs bubbletea. A panic of the model comes back as an error, so that the
// terminal is restored before anyone is told.
func (p *program) loop() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &PanicError{r, debug.Stack()}
			p.tea.Kill()
		}
	}()
	if _, err = p.tea.Run(); err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	return nil
}

// Update handles a message.
func (p *program) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(tea.BackgroundColorMsg); ok {
		p.screen.answered()
	}
	_, cmd := p.model.Update(msg)
	return p, cmd
}

// View hands the frame to the screen if it is a new one. bubbletea calls it
// after each message, for its renderer: here that is ours.
func (p *program) View() tea.View {
	if p.drawn.content != p.shown.content || p.drawn.w != p.shown.w || p.drawn.h != p.shown.h ||
		p.drawn.cursor.differs(p.shown.cursor) || p.drawn.shown != p.shown.shown {
		p.shown = p.drawn
		p.screen.show(p.drawn)
	}
	return p.model.View()
}

// differs tells whether two text cursors stand at different places.
func (p *point) differs(o *point) bool {
	return (p == nil) != (o == nil) || (p != nil && *p != *o)
}

// reopen starts a new reader of the keyboard: the one there is waits for the end
// of a paste that got lost, and takes all keys for pasted text.
func (p *program) reopen() {
	go func() {
		if err := errors.Join(p.tea.ReleaseTerminal(), p.tea.RestoreTerminal()); err != nil {
			p.tea.Send(endMsg{fmt.Errorf("read the keyboard again: %w", err)})
		}
	}()
}

// endMsg ends the program with an error, or nil.
type endMsg struct{ err error }

// guarded returns cmd such that its panic ends the program in order: bubbletea
// runs commands in goroutines, where a panic would leave the terminal as it is.
func guarded(cmd func() tea.Msg) tea.Cmd {
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = endMsg{&PanicError{r, debug.Stack()}}
			}
		}()
		return cmd()
	}
}

func (m *model) waitAsked() tea.Cmd {
	if m.o.Passphrases == nil {
		return nil
	}
	return guarded(func() tea.Msg {
		select {
		case r, ok := <-m.o.Passphrases:
			if ok {
				return askedMsg(r)
			}
		case <-m.ctx.Done():
		}
		return nil
	})
}

// Details returns the text of a PanicError for a bug report.
func (e *PanicError) Details() string {
	return e.Error() + "\n\n" + strings.TrimSpace(string(e.Stack))
}
