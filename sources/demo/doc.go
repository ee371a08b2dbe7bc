// Package demo is an embedded StemeDB cluster: one primary, node1, and replicas
// node2 and on, so that the whole product can be seen and tried in one command.
//
// What it serves is real: HTTP with /metrics and the admin endpoints of the
// runbook, a TCP listener on each node's RPC port, and SSH servers that run the
// collection script over files in the manner of /proc and /sys. What these
// report is simulated (package physics) in the time of the given clock.
//
// An SSH server here executes on the operator's own machine. So it listens on
// loopback only, takes only the public keys of Options.Authorized, and starts
// nothing but /bin/sh on a script that equals one of Options.Allowed byte for byte.
package demo
