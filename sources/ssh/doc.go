// Package ssh runs a command on a host over one SSH connection, by two
// transports behind one shape: Builtin speaks the protocol itself
// (golang.org/x/crypto/ssh), OpenSSH starts the system's ssh as a child, for
// those who need FIDO, PKCS#11 or GSSAPI.
//
// Both go by ~/.ssh/config, verify host keys strictly, never ask on the
// terminal, request no terminal and no forwarding, and end a connection that
// fell silent. Every error is a *cluster.Failure that says what to do.
//
// The builtin transport lets `ssh -G` resolve the configuration where the
// binary exists, since only OpenSSH knows all of its own language; without it
// a library that knows most of it does.
package ssh
