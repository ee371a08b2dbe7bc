package ssh

import (
	"context"
	"io"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
)

// Session is a remote command that was started. Read gives its stdout and
// Write its stdin; both fail once the connection is lost or closed. One
// goroutine may read while another writes; Close may come from any.
type Session interface {
	io.Reader
	io.Writer
	// Stderr is the end, 4 kB at most, of what was printed on stderr so far.
	Stderr() cluster.Text
	// Wait tells, after EOF on Read, why the command ended: nil for exit
	// status 0, else a *cluster.Failure.
	Wait() error
	// Close ends the command and returns at once. The connection below it ends
	// with its last session, and within 3 s if the host does not confirm: that is
	// the only remedy for one that stopped answering.
	Close() error
}

// Options configure a transport to one host. The zero value of all but Target
// is a working default.
type Options struct {
	// Target is "[user@]host[:port]", the host being a name, an address (IPv6
	// with a port in brackets) or an alias of the ssh configuration.
	Target string
	// ConfigFile replaces ~/.ssh/config and the system's configuration.
	ConfigFile string
	// KnownHosts replace the configured UserKnownHostsFile of the target. Jump
	// hosts go by the configuration, as with the options of ssh.
	KnownHosts []string
	// IdentityFile is tried before the configured ones, on the target only.
	IdentityFile string
	// DialTimeout bounds connecting and, again, the handshake of each hop; 10 s
	// by default. Below 5 s it is a false alarm on a far link: a handshake takes
	// about 14 round trips.
	DialTimeout time.Duration
	// KeepaliveInterval is the silence on the wire after which the host is
	// asked for a sign of life; 5 s by default.
	KeepaliveInterval time.Duration
	// KeepaliveTimeout is how long to wait for any sign before the connection
	// is closed; 10 s by default.
	KeepaliveTimeout time.Duration
	// Shared is what the hosts of the process have in common; nil for a
	// transport of its own, without a way to ask for passphrases.
	Shared *Shared
}

func (o *Options) setDefaults() {
	o.ConfigFile = tilde(o.ConfigFile)
	if o.ConfigFile == tilde(userConfig) {
		o.ConfigFile = "" // named or not, it comes together with the system's
	}
	if len(o.KnownHosts) == 1 && tilde(o.KnownHosts[0]) == tilde(userKnownHosts) {
		o.KnownHosts = nil // likewise: a default does not override the configuration
	}
	for i, d := range []*time.Duration{&o.DialTimeout, &o.KeepaliveInterval, &o.KeepaliveTimeout} {
		if *d <= 0 {
			*d = [...]time.Duration{10 * time.Second, 5 * time.Second, 10 * time.Second}[i]
		}
	}
	if o.Shared == nil {
		o.Shared = NewShared(context.Background(), nil)
	}
}
