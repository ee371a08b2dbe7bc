package ssh

import (
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// phrase is what OpenSSH says of a failure, in the C locale.
type phrase struct {
	text string
	kind cluster.FailureKind
	hint string
}

// hintCertificate is for a host whose certificate does not hold: its plain key is
// not one to learn instead.
const hintCertificate = "have the host's certificate renewed, or its key listed in known_hosts"

// phrases are searched in order: what explains others comes before them.
var phrases = []phrase{
	{"REMOTE HOST IDENTIFICATION HAS CHANGED", cluster.FailHostChanged, "someone may be in between. Only if the host was reinstalled and the new fingerprint is its own, remove the old key by the command above"},
	{"REVOKED HOST KEY DETECTED", cluster.FailHostRevoked, "the key is known to be stolen or retired: do not connect; give the host a new key"},
	{"is marked as revoked", cluster.FailHostRevoked, "the key is known to be stolen or retired: do not connect; give the host a new key"},
	{"Certificate invalid", cluster.FailHostUnknown, hintCertificate},
	{"Host key verification failed", cluster.FailHostUnknown, "log in once by ssh and compare the fingerprint with the host's own"},
	{"Too many authentication failures", cluster.FailAuth, "set IdentityFile and IdentitiesOnly yes for this host in the ssh configuration"},
	{"Permission denied (", cluster.FailAuth, "check user and key: ssh -v; encrypted keys have to be in ssh-agent"},
	{"Could not resolve hostname", cluster.FailDNS, "check the name, or HostName in the ssh configuration"},
	{"Name or service not known", cluster.FailDNS, "check the name, or HostName in the ssh configuration"},
	{"administratively prohibited", cluster.FailPermission, "the jump host forbids forwarding (AllowTcpForwarding, PermitOpen)"},
	{"Connection refused", cluster.FailRefused, "is sshd running, and on this port?"},
	{"No route to host", cluster.FailUnreachable, "no route to it, or a firewall rejects"},
	{"Network is unreachable", cluster.FailUnreachable, "no route to it, or a firewall rejects"},
	{"not responding", cluster.FailTimeout, "the host hangs or the network drops everything: ping it"},
	{"timed out", cluster.FailTimeout, "is the host up, and does a firewall drop its port?"},
	{"kex_exchange_identification", cluster.FailBusy, busyHint},
	{"banner exchange", cluster.FailBusy, busyHint},
	{"open failed", cluster.FailBusy, "raise MaxSessions in its sshd_config, or close other sessions of this connection"},
	{"Unable to negotiate", cluster.FailUnsupported, "the host is too old or too new for this ssh"},
	{"Bad configuration option", cluster.FailConfig, "correct the ssh configuration"},
	{"terminating, ", cluster.FailConfig, "correct the ssh configuration"},
	{"Bad owner or permissions", cluster.FailConfig, "chmod 600 that file"},
	{"Can't open user config file", cluster.FailConfig, "correct ssh.config"},
	{"closed by remote host", cluster.FailReset, hintAnew},
	{"Connection reset", cluster.FailReset, hintAnew},
	{"Connection closed", cluster.FailReset, hintAnew},
	{"Broken pipe", cluster.FailReset, hintAnew},
}

// classifyText gives the kind of the first phrase that occurs in a message of
// OpenSSH, and what to do.
func classifyText(message string) (cluster.FailureKind, string) {
	for _, p := range phrases {
		if strings.Contains(message, p.text) {
			return p.kind, p.hint
		}
	}
	return cluster.FailOther, ""
}
