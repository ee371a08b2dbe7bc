package ssh

import (
	"context"
	"net"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentTimeout bounds listing the keys. Signing is bounded by the handshake.
const agentTimeout = 3 * time.Second

// agentKeys returns the keys of the agent at a socket, and a function that
// hangs up when they are no longer needed.
func agentKeys(ctx context.Context, socket string) ([]xssh.Signer, func(), error) {
	d := net.Dialer{Timeout: agentTimeout}
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, nil, err
	}
	hangUp := func() { _ = conn.Close() } // nothing is buffered
	if err := conn.SetDeadline(time.Now().Add(agentTimeout)); err != nil {
		hangUp()
		return nil, nil, err
	}
	keys, err := agent.NewClient(conn).Signers()
	if err != nil {
		hangUp()
		return nil, nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		hangUp()
		return nil, nil, err
	}
	return keys, hangUp, nil
}
