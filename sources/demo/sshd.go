package demo

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Limits of an SSH server: generous for a monitor and a doctor beside it, and
// no more.
const (
	maxConnections   = 16
	maxSessions      = 8 // of one connection
	handshakeTimeout = 10 * time.Second
)

// sshd is the SSH server of one host.
type sshd struct {
	host    *host
	allowed Scripts
	config  *ssh.ServerConfig
	key     ssh.PublicKey
	slots   chan struct{} // one for each connection
	wg      sync.WaitGroup
}

func newSSHD(h *host, authorized []ssh.PublicKey, allowed Scripts) (*sshd, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("demo: host key: %w", err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, fmt.Errorf("demo: host key: %w", err)
	}
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-stemetop_demo",
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			wire := key.Marshal()
			if slices.ContainsFunc(authorized, func(a ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), wire) }) {
				return nil, nil //nolint:nilnil // no permissions to speak of
			}
			return nil, errors.New("not this run's key")
		},
	}
	config.AddHostKey(signer)
	return &sshd{
		host: h, allowed: allowed, config: config, key: signer.PublicKey(), slots: make(chan struct{}, maxConnections),
	}, nil
}

// serve accepts until the listener is closed, and returns when all connections
// have ended. They end with ctx.
func (s *sshd) serve(ctx context.Context, l net.Listener) {
	defer s.wg.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		select {
		case s.slots <- struct{}{}:
			s.wg.Go(func() {
				s.connection(ctx, c)
				<-s.slots
			})
		default:
			_ = c.Close() // as sshd does beyond MaxStartups
		}
	}
}

func (s *sshd) connection(ctx context.Context, c net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer func() { _ = c.Close() }()
	if c.SetDeadline(time.Now().Add(handshakeTimeout)) != nil {
		return
	}
	conn, channels, requests, err := ssh.NewServerConn(c, s.config)
	if err != nil || c.SetDeadline(time.Time{}) != nil {
		return // the client has been told
	}
	// Keepalives are answered with a refusal, as OpenSSH does; so is forwarding to
	// the client's side.
	s.wg.Go(func() { ssh.DiscardRequests(requests) })
	var sessions sync.WaitGroup
	defer sessions.Wait()
	free := make(chan struct{}, maxSessions)
	for offer := range channels {
		if offer.ChannelType() == "direct-tcpip" {
			sessions.Go(func() { s.forward(ctx, offer) })
			continue
		}
		if offer.ChannelType() != "session" {
			_ = offer.Reject(ssh.Prohibited, "only sessions are allowed here")
			continue
		}
		select {
		case free <- struct{}{}:
			sessions.Go(func() {
				s.session(ctx, offer)
				<-free
			})
		default:
			_ = offer.Reject(ssh.ResourceShortage, "too many sessions on this connection")
		}
	}
	_ = conn.Close()
}
