package cluster

// FailureKind classifies what went wrong, for colour, retry and exit code. The
// words are stable: they are recorded and printed.
type FailureKind string

// The kinds of failure that a source can report.
const (
	FailTimeout     FailureKind = "timeout"      // no answer in time
	FailRefused     FailureKind = "refused"      // connection refused
	FailUnreachable FailureKind = "unreachable"  // no route, network or host unreachable
	FailReset       FailureKind = "reset"        // connection reset or closed half way
	FailDNS         FailureKind = "dns"          // the name does not resolve
	FailTLS         FailureKind = "tls"          // certificate or handshake
	FailStatus      FailureKind = "status"       // an HTTP status other than 200
	FailRedirect    FailureKind = "redirect"     // redirected, not followed
	FailFormat      FailureKind = "format"       // the answer is not what it should be
	FailTooLarge    FailureKind = "too_large"    // the answer passed the configured limit
	FailMissing     FailureKind = "missing"      // the answer lacks what was asked
	FailDuplicate   FailureKind = "duplicate"    // whole, but a series stands in it twice, and is left out
	FailAuth        FailureKind = "auth"         // authentication refused
	FailHostUnknown FailureKind = "host_unknown" // host key not in known_hosts
	FailHostChanged FailureKind = "host_changed" // host key differs from known_hosts
	FailHostRevoked FailureKind = "host_revoked" // host key marked @revoked
	FailCommand     FailureKind = "command"      // the remote command was refused, replaced or not allowed (ForceCommand, nologin)
	FailShell       FailureKind = "shell"        // the remote shell can't run the script
	FailPermission  FailureKind = "permission"   // a file or call is not permitted
	FailUnsupported FailureKind = "unsupported"  // not a Linux host, or lacks what is needed
	FailConfig      FailureKind = "config"       // the configuration can't work (key file, ssh config)
	FailPassphrase  FailureKind = "passphrase"   // a key is encrypted and no passphrase was given
	FailBusy        FailureKind = "busy"         // limits on the other side (MaxStartups, MaxSessions)
	FailConnecting  FailureKind = "connecting"   // no answer yet
	FailOther       FailureKind = "other"
)

// Failure says what failed, on what, and what to do about it. It is data as
// much as a value is: recorded, replayed and shown where the value would stand.
type Failure struct {
	Kind FailureKind
	What Text // what failed and on what, lower case, no period
	Hint Text // what to do; may be empty
}

// Fail returns a failure with cleaned texts.
func Fail(kind FailureKind, what, hint string) *Failure {
	return &Failure{Kind: kind, What: Clean(what), Hint: Clean(hint)}
}

// Error returns what failed.
func (f *Failure) Error() string { return f.What.s }
