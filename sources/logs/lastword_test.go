package logs_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources"
	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/logs"
	"github.com/stemedb/stemetop/sources/remote"
)

// ending is a host whose script says why it can't go on, and ends at once.
type ending struct{}

func (ending) Start(_ context.Context, command string) (remote.Session, error) {
	mark := "@" + command[strings.LastIndexByte(command, ' ')+1:]
	return said{strings.NewReader("\n" + mark + " HELLO 1 Linux\n" + mark + " S nojournal\n")}, nil
}

func (ending) Close() error { return nil }

type said struct{ io.Reader }

func (said) Write(p []byte) (int, error) { return len(p), nil }
func (said) Stderr() cluster.Text        { return cluster.Text{} }
func (said) Wait() error                 { return nil }
func (said) Close() error                { return nil }

// TestLastWord makes sure that the reason counts, and not the end that follows.
func TestLastWord(t *testing.T) {
	for range 30 { // the two are there at the same time
		c := logs.New(logs.Options{
			Node: "node2", Transport: ending{}, Clock: sources.NewClock(1), Unit: "stemedb-api",
			Backoff: func(int) time.Duration { return time.Hour },
		})
		got := c.Collect(t.Context())
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].Err == nil || !strings.Contains(got[0].Err.Error(), "there is no journal") {
			t.Fatalf("said %+v", got)
		}
	}
}
