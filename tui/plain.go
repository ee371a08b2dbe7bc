package tui

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/stemedb/stemetop/panes"
)

// plainWidth is the length of a line where nothing says how long one may be.
const plainWidth = 100

// runPlain writes the worst of the cluster as a line of text per interval, for
// output that is a file, a pipe or a terminal without any control sequences. No
// passphrase is asked there, since what is typed would be seen.
func runPlain(ctx context.Context, o Options) error {
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, stops()...)
	defer signal.Stop(sig)
	m := newModel(ctx, o, colorprofile.NoTTY, plainWidth, 1, effects{})
	next := time.NewTimer(roundTakes) // the first round is in by then
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-sig:
			if n, ok := s.(syscall.Signal); ok {
				return &SignalError{n}
			}
		case r := <-o.Passphrases:
			(&passphrase{request: r}).answer(nil)
		case <-next.C:
			next.Reset(m.period())
			m.advance(m.period(), nil)
			if err := m.writeLine(); err != nil {
				return err
			}
			if m.cursor.mode == panes.Replay && !m.cursor.playing {
				return nil
			}
		}
	}
}

// writeLine writes the line, with the time that the screen has in its header.
func (m *model) writeLine() error {
	line := strings.TrimRight(ansi.Strip(panes.OneLine(m.frame(), plainWidth, 1)), " ")
	at := m.cursor.at.UTC().Format("15:04:05Z")
	line = strings.Replace(line, "  "+at, "", 1) // it stands first, as in a log
	if _, err := fmt.Fprintf(m.o.Output, "%s %s\n", at, line); err != nil {
		return fmt.Errorf("write the line: %w", err)
	}
	return nil
}
