package ssh

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/skeema/knownhosts"
	xssh "golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"github.com/stemedb/stemetop/sources/cluster"
)

// hostKeys judges the key of one host by its known_hosts files.
type hostKeys struct {
	host  *settings
	files []string // those that exist
	check xssh.HostKeyCallback
	names []string // "host:port" to look up, in order
	// algorithms are those of the known keys first. Without that order a server
	// would present a key of another type than the known one, and look changed.
	algorithms  []string
	authorities []string          // fingerprints of the keys of @cert-authority lines
	refused     *cluster.Failure  // set by verify
	seen        bool              // the server got as far as presenting a key
	passedOver  string            // file:line of the first line that can't be read
	copied      map[string]string // files by the names of copies without such lines
}

func newHostKeys(s *settings) (*hostKeys, error) {
	h := &hostKeys{host: s, names: []string{net.JoinHostPort(strings.ToLower(s.hostName), s.port)}}
	if s.hostKeyAlias != "" {
		h.names = []string{aliasName(s.hostKeyAlias)}
	} else if s.port != "22" {
		// OpenSSH takes an entry without a port for any port, after one with it.
		h.names = append(h.names, net.JoinHostPort(strings.ToLower(s.hostName), "22"))
	}
	for _, file := range s.knownHosts {
		if _, err := os.Stat(file); err == nil {
			h.files = append(h.files, file)
		}
	}
	db, err := h.readKnown()
	if err != nil {
		return nil, cluster.Fail(cluster.FailConfig, err.Error(), "correct or remove that line")
	}
	h.check = db.HostKeyCallback()
	h.order(db)
	return h, nil
}

// aliasName is a HostKeyAlias as "host:port": OpenSSH compares it with known_hosts
// as it is written there, and a port other than 22 is part of that.
func aliasName(alias string) string {
	if host, port, err := net.SplitHostPort(alias); err == nil {
		return net.JoinHostPort(host, port)
	}
	return net.JoinHostPort(alias, "22")
}

// preferred are the algorithms in the order in which ssh asks for them: a key that
// is not known is then the one whose fingerprint ssh would show too.
var preferred = []string{
	xssh.KeyAlgoED25519, xssh.KeyAlgoECDSA256, xssh.KeyAlgoECDSA384, xssh.KeyAlgoECDSA521,
	xssh.KeyAlgoRSASHA512, xssh.KeyAlgoRSASHA256,
}

// order sets the algorithms, those of known keys first.
func (h *hostKeys) order(db *knownhosts.HostKeyDB) {
	supported := xssh.SupportedAlgorithms().HostKeys
	for _, name := range h.names {
		for _, k := range db.HostKeys(name) {
			if k.Cert {
				h.authorities = append(h.authorities, fingerprint(k.PublicKey))
			}
		}
		for _, a := range db.HostKeyAlgorithms(name) {
			if slices.Contains(supported, a) && !slices.Contains(h.algorithms, a) {
				h.algorithms = append(h.algorithms, a)
			}
		}
	}
	for _, a := range slices.Concat(preferred, supported) {
		// A certificate is asked for only if its authority is known.
		if slices.Contains(supported, a) && !strings.Contains(a, "-cert-") && !slices.Contains(h.algorithms, a) {
			h.algorithms = append(h.algorithms, a)
		}
	}
}

// verify is the callback of the handshake. What it refuses it also keeps: the
// library wraps it in words of its own.
func (h *hostKeys) verify(_ string, _ net.Addr, key xssh.PublicKey) error {
	h.seen = true
	err := h.lookUp(key)
	if cert, ok := key.(*xssh.Certificate); ok && err != nil && !isRevoked(err) && h.lookUp(cert.Key) == nil {
		err = nil // as OpenSSH: a certificate that does not count may hold a known key
	}
	if err == nil {
		return nil
	}
	h.refused = h.refusal(err, key)
	return h.refused
}

// lookUp returns nil if the key is known under one of the names, else the first
// error; the later names can only add trust.
func (h *hostKeys) lookUp(key xssh.PublicKey) error {
	// The address matters only without a name, but must look like one.
	remote := &net.TCPAddr{IP: net.IPv4zero}
	err := h.check(h.names[0], remote, key)
	var unknown *xknownhosts.KeyError
	if errors.As(err, &unknown) && len(unknown.Want) == 0 && len(h.names) > 1 && h.check(h.names[1], remote, key) == nil {
		return nil
	}
	return err
}

func (h *hostKeys) refusal(err error, key xssh.PublicKey) *cluster.Failure {
	presented := fingerprint(key)
	if isRevoked(err) {
		return cluster.Fail(cluster.FailHostRevoked,
			"host key of "+h.host.name()+" is marked @revoked"+h.revokedAt(err)+": "+presented,
			"the key is known to be stolen or retired: do not connect; give the host a new key")
	}
	var mismatch *xknownhosts.KeyError
	ofKeys := errors.As(err, &mismatch)
	_, certified := key.(*xssh.Certificate)
	switch {
	case !ofKeys && !certified: // as of a name that the library can't look up
		return cluster.Fail(cluster.FailConfig,
			"host key of "+h.host.name()+" can't be looked up in known_hosts as "+strconv.Quote(h.names[0])+": "+strings.TrimPrefix(err.Error(), "knownhosts: ")+": "+presented,
			"correct HostKeyAlias or HostName in the ssh configuration, or set ssh.transport: openssh")
	case !ofKeys:
		return cluster.Fail(cluster.FailHostUnknown,
			"host certificate of "+h.host.name()+" is not valid: "+strings.TrimPrefix(err.Error(), "ssh: ")+": "+presented,
			hintCertificate)
	case len(mismatch.Want) == 0:
		what := "host key of " + h.host.name() + " is not in known_hosts"
		if h.passedOver != "" {
			what += " (" + h.passedOver + " can't be read)"
		}
		return cluster.Fail(cluster.FailHostUnknown,
			what+": "+presented,
			"compare this fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub there), then: "+h.learn())
	}
	known := closest(mismatch.Want, key)
	if slices.Contains(h.authorities, fingerprint(known.Key)) {
		return cluster.Fail(cluster.FailHostUnknown,
			fmt.Sprintf("%s presents no host certificate, by which alone %s:%d knows it: %s", h.host.name(), h.file(known.Filename), known.Line, presented),
			hintCertificate)
	}
	return cluster.Fail(cluster.FailHostChanged,
		fmt.Sprintf("host key of %s CHANGED: it presents %s, but %s:%d has %s",
			h.host.name(), presented, h.file(known.Filename), known.Line, fingerprint(known.Key)),
		fmt.Sprintf("someone may be in between. Only if the host was reinstalled and the new fingerprint is its own: ssh-keygen -R '%s' -f %s; %s",
			xknownhosts.Normalize(h.names[0]), h.file(known.Filename), h.learn()))
}

// isRevoked tells whether a key, a certificate or its authority is @revoked.
func isRevoked(err error) bool {
	var revoked *xknownhosts.RevokedError
	// Of certificates the library says it in words only.
	return errors.As(err, &revoked) || strings.HasPrefix(err.Error(), "ssh: certificate serial")
}

func (h *hostKeys) revokedAt(err error) string {
	var revoked *xknownhosts.RevokedError
	if !errors.As(err, &revoked) {
		return ""
	}
	return fmt.Sprintf(" in %s:%d", h.file(revoked.Revoked.Filename), revoked.Revoked.Line)
}

// learn is the command that adds the host's key to known_hosts.
func (h *hostKeys) learn() string {
	if h.host.throughProxy || h.host.hostKeyAlias != "" {
		return "ssh " + h.host.alias // keyscan neither jumps nor knows aliases
	}
	file := tilde(userKnownHosts)
	if len(h.host.knownHosts) > 0 {
		file = h.host.knownHosts[0]
	}
	return fmt.Sprintf("ssh-keyscan -p %s %s >> %s", h.host.port, h.host.hostName, file)
}

// closest is the known key to compare with: of the same type, if there is one.
func closest(known []xknownhosts.KnownKey, key xssh.PublicKey) xknownhosts.KnownKey {
	for _, k := range known {
		if k.Key.Type() == plainKey(key).Type() {
			return k
		}
	}
	return known[0]
}

func fingerprint(key xssh.PublicKey) string {
	key = plainKey(key)
	return strings.TrimPrefix(key.Type(), "ssh-") + " " + xssh.FingerprintSHA256(key)
}
