package ssh

import (
	"net"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// target is what the operator named: host is looked up in the ssh
// configuration, user and port are empty if not given.
type target struct {
	user, host, port string
}

// String is the inverse of parseTarget.
func (t target) String() string {
	s := t.host
	switch {
	case t.port != "":
		s = net.JoinHostPort(t.host, t.port)
	case strings.Contains(s, ":"):
		s = "[" + s + "]"
	}
	if t.user != "" {
		s = t.user + "@" + s
	}
	return s
}

// parseTarget reads "[user@]host[:port]", also in the form ssh://target. What
// could be taken for an option or for shell syntax by ssh or by a command of
// its configuration is refused, as ssh itself does since 9.6.
func parseTarget(s string) (target, error) {
	var t target
	rest := strings.TrimPrefix(s, "ssh://")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		t.user, rest = rest[:i], rest[i+1:]
		if t.user == "" || strings.HasPrefix(t.user, "-") || strings.ContainsAny(t.user, "'`\"$\\;&<>|(){} \t") || !printable(t.user) {
			return t, badTarget(s, "the user name is not valid")
		}
	}
	t.host = rest
	switch {
	case strings.HasPrefix(rest, "[") && strings.HasSuffix(rest, "]"):
		t.host = rest[1 : len(rest)-1]
	case strings.HasPrefix(rest, "[") || strings.Count(rest, ":") == 1:
		var err error
		if t.host, t.port, err = net.SplitHostPort(rest); err != nil {
			return t, badTarget(s, "host and port are not valid")
		}
		if n, err := strconv.ParseUint(t.port, 10, 16); err != nil || n == 0 {
			return t, badTarget(s, "the port is not a number from 1 to 65535")
		}
	}
	if t.host == "" || strings.HasPrefix(t.host, "-") || strings.ContainsAny(t.host, "'`\"$\\;&<>|(){}[]@/, \t") || !printable(t.host) {
		return t, badTarget(s, "the host name is not valid")
	}
	return t, nil
}

func badTarget(s, why string) error {
	return cluster.Fail(cluster.FailConfig, "ssh target "+strconv.Quote(s)+": "+why,
		"write [user@]host[:port], or an alias of ~/.ssh/config; IPv6 with a port as [::1]:22")
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return true
}
