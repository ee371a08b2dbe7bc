package ssh

import (
	"net"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// The files that hold without a word in the configuration, as in OpenSSH.
const (
	userConfig       = "~/.ssh/config"
	systemConfig     = "/etc/ssh/ssh_config"
	userKnownHosts   = "~/.ssh/known_hosts"
	globalKnownHosts = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"
)

// settings are what the ssh configuration says of one host, resolved.
type settings struct {
	alias            string // as named
	hostName         string // to connect to
	port             string
	user             string
	network          string // tcp, tcp4 or tcp6, by AddressFamily
	identityFiles    []string
	explicitIdentity string // of Options: goes first
	certificateFiles []string
	identitiesOnly   bool
	identityAgent    string   // path of the agent's socket; empty for none
	knownHosts       []string // the user's, then the system's
	globalKnownHosts []string // the system's
	hostKeyAlias     string
	proxyJump        []string
	proxyCommand     string
	proxyTemplate    string // the same before the tokens in it were replaced
	throughProxy     bool   // there is a jump host before it: ssh-keyscan can't reach it
}

// addr is what to connect to.
func (s *settings) addr() string { return net.JoinHostPort(s.hostName, s.port) }

// way tells the way to connect from others. What a ProxyCommand connects to is not
// known: hosts that have the same one may have a jump host in common.
func (s *settings) way() string {
	if s.proxyTemplate != "" {
		return " by " + s.proxyTemplate
	}
	return " to " + s.addr()
}

// name is what to call the host in a message.
func (s *settings) name() string {
	if s.alias == s.hostName {
		return s.addr()
	}
	return s.alias + " (" + s.addr() + ")"
}

// byHand is the command that does by ssh what we do.
func (s *settings) byHand(options string) string {
	command := "ssh " + options
	if s.port != "22" {
		command += " -p " + s.port
	}
	if s.user != localUser() {
		return command + " " + s.user + "@" + s.alias
	}
	return command + " " + s.alias
}

// lookup gives the configured values of a keyword (lower case) in order; the
// first counts where only one can.
type lookup func(key string) []string

// newSettings reads the values of one host and expands ~, tokens and
// environment variables in them. What the target names wins.
func newSettings(t target, get lookup) (*settings, error) {
	e := &expander{tokens: map[byte]string{'%': "%"}}
	first := func(key, preset string) string {
		if v := get(key); len(v) > 0 {
			return v[0]
		}
		return preset
	}
	s := &settings{alias: t.host, port: or(t.port, first("port", "22")), user: or(t.user, first("user", localUser()))}
	e.tokens['h'], e.tokens['n'], e.tokens['p'], e.tokens['r'] = t.host, t.host, s.port, s.user
	e.local()
	s.hostName = e.expand(first("hostname", t.host))
	e.tokens['h'] = s.hostName
	s.hostKeyAlias = first("hostkeyalias", "")
	e.tokens['k'] = or(s.hostKeyAlias, t.host)
	s.network = map[string]string{"inet": "tcp4", "inet6": "tcp6"}[first("addressfamily", "")]
	s.network = or(s.network, "tcp")
	s.identitiesOnly = first("identitiesonly", "no") == "yes"
	s.identityAgent = e.agent(first("identityagent", "SSH_AUTH_SOCK"))
	s.identityFiles = e.paths(get("identityfile"))
	if len(s.identityFiles) == 0 {
		s.identityFiles = e.paths([]string{"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"})
	}
	s.certificateFiles = e.paths(get("certificatefile"))
	s.globalKnownHosts = e.paths(splitPaths(first("globalknownhostsfile", globalKnownHosts)))
	s.knownHosts = append(e.paths(splitPaths(first("userknownhostsfile", userKnownHosts))), s.globalKnownHosts...)
	s.proxy(first("proxyjump", "none"), first("proxycommand", "none"), e)
	if e.err == nil && first("revokedhostkeys", "none") != "none" {
		// Not to look at a list of stolen keys would be worse than not to connect.
		e.err = cluster.Fail(cluster.FailConfig, "RevokedHostKeys is set for "+t.host+", which the builtin transport can't read",
			"set ssh.transport: openssh")
	}
	return s, e.err
}

// proxy sets the way to the host; ProxyJump wins, as the stricter of the two.
func (s *settings) proxy(jump, command string, e *expander) {
	switch {
	case jump != "none" && jump != "":
		s.proxyJump = strings.Split(jump, ",")
	case command != "none" && command != "":
		s.proxyCommand, s.proxyTemplate = e.expand(command), command
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// overrideKnownHosts replaces the user's files, as -oUserKnownHostsFile does;
// the system's stay.
func (s *settings) overrideKnownHosts(files []string) {
	s.knownHosts = nil // the list is shared, it is not for us to change
	for _, f := range files {
		s.knownHosts = append(s.knownHosts, tilde(f))
	}
	s.knownHosts = append(s.knownHosts, s.globalKnownHosts...)
}
