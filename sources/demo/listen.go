package demo

import (
	"context"
	"fmt"
	"net"
)

// listen opens a port of the system's choosing on loopback.
func listen(ctx context.Context, what string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("demo: listening for %s: %w", what, err)
	}
	return l, nil
}
