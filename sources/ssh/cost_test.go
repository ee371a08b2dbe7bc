package ssh

import (
	"io"
	"testing"

	"github.com/stemedb/stemetop/sources/ssh/sshtest"
)

// BenchmarkConnect is a whole connection with a command, both ends on this
// machine. Budget: 300 ms on two busy cores; sshd and the start-up files of the
// login shell take most of it.
func BenchmarkConnect(b *testing.B) {
	s := sshtest.Start(b, sshtest.Options{})
	tr, err := New(options(s))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		session, err := tr.Start(b.Context(), "true")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(session); err != nil {
			b.Fatal(err)
		}
		if err := session.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRoundTrip is one tick's way there and back over an open session.
// Budget: 1 ms and 5 allocations, both in the library.
func BenchmarkRoundTrip(b *testing.B) {
	s := sshtest.Start(b, sshtest.Options{})
	tr, err := New(options(s))
	if err != nil {
		b.Fatal(err)
	}
	session, err := tr.Start(b.Context(), "cat")
	if err != nil {
		b.Fatal(err)
	}
	defer session.Close()
	line, answer := []byte("tick\n"), make([]byte, 5)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := session.Write(line); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(session, answer); err != nil {
			b.Fatal(err)
		}
	}
}
