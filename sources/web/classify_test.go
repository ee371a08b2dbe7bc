package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stemedb/stemetop/sources/cluster"
	"github.com/stemedb/stemetop/sources/web/webtest"
)

// What no machine shows on demand is classified as the system would say it.
func TestClassify(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	words := Words{Section: "http", WrongURL: "check the URL"}
	for _, c := range []struct {
		err   error
		phase phase
		kind  cluster.FailureKind
		words string
	}{
		{dial(&net.DNSError{Err: "no such host", Name: "node9", IsNotFound: true}), phaseConnect, cluster.FailDNS, "node9 is not known"},
		{dial(&net.DNSError{Err: "i/o timeout", Name: "node9", IsTimeout: true}), phaseConnect, cluster.FailDNS, "can't be looked up"},
		{context.DeadlineExceeded, phaseConnect, cluster.FailTimeout, "no connection within 5s"},
		{context.DeadlineExceeded, phaseHandshake, cluster.FailTimeout, "no TLS handshake"},
		{context.DeadlineExceeded, phaseAsked, cluster.FailTimeout, "no answer within 5s"},
		{context.DeadlineExceeded, phaseAnswer, cluster.FailTimeout, "not complete within 5s"},
		{fmt.Errorf("bad: %w", io.ErrClosedPipe), phaseAsked, cluster.FailOther, "closed pipe"},
		{fmt.Errorf("bad: %w", io.ErrClosedPipe), phaseAnswer, cluster.FailFormat, "check the URL"},
		{io.ErrUnexpectedEOF, phaseAnswer, cluster.FailReset, "in the middle of the answer"},
		{NewFault(cluster.FailMissing, "nothing there", "look"), phaseAnswer, cluster.FailMissing, "nothing there"},
	} {
		webtest.WantFailure(t, words.classify(c.err, c.phase, 5*time.Second).Failure("h"), c.kind, c.words)
	}
	for _, call := range calls {
		f := words.classify(dial(call.err), phaseConnect, 0).Failure("h")
		webtest.WantFailure(t, f, call.kind, call.what)
	}
}
