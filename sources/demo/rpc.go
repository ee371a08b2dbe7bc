package demo

import (
	"io"
	"log"
	"net"
)

// acceptRPC stands in for the RPC port: it accepts, says nothing and hangs up.
// It returns when the listener is closed.
func acceptRPC(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.Close() // nothing was written that could be lost
	}
}

// silent drops what net/http would print on the terminal that the monitor draws on.
func silent() *log.Logger { return log.New(io.Discard, "", 0) }
