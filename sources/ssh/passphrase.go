package ssh

import (
	"context"
	"errors"
	"os"
	"sync"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

const passphraseHint = "start with --ask-pass, or add the key to ssh-agent: ssh-add "

// keyring holds the keys that were unlocked in this process, by file.
type keyring struct {
	ctx   context.Context //nolint:containedctx // the process': a question outlives the host that raised it
	ask   Passphrase
	one   limiter // one question on screen at a time
	mu    sync.Mutex
	asked map[string]*question
}

// question is asked once; whoever needs the answer waits for done.
type question struct {
	done   chan struct{}
	signer xssh.Signer
	err    error
}

// unlocked returns the key of file if it was unlocked before.
func (k *keyring) unlocked(file string) xssh.Signer {
	k.mu.Lock()
	q := k.asked[file]
	k.mu.Unlock()
	if q == nil {
		return nil
	}
	select {
	case <-q.done:
		return q.signer
	default:
		return nil
	}
}

// unlock waits for the passphrase of file, which it asks for unless somebody
// did. That a wait was cut short by ctx does not end the question.
func (k *keyring) unlock(ctx context.Context, file string) error {
	if k.ask == nil {
		return cluster.Fail(cluster.FailPassphrase, "key "+file+" is encrypted", passphraseHint+file)
	}
	k.mu.Lock()
	q := k.asked[file]
	if q == nil {
		q = &question{done: make(chan struct{})}
		k.asked[file] = q
		go k.answer(file, q)
	}
	k.mu.Unlock()
	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		return cluster.Fail(cluster.FailConnecting, "waiting for the passphrase of key "+file, passphraseHint+file)
	}
}

// answer asks three times at most, as ssh does.
func (k *keyring) answer(file string, q *question) {
	defer close(q.done)
	if q.err = k.one.acquire(k.ctx); q.err != nil {
		return
	}
	defer k.one.release()
	for n := range 3 {
		if q.signer, q.err = k.attempt(file, n > 0); !errors.Is(q.err, errWrongPassphrase) {
			return
		}
	}
	q.err = cluster.Fail(cluster.FailPassphrase, "wrong passphrase for key "+file, passphraseHint+file)
}

var errWrongPassphrase = errors.New("wrong passphrase")

func (k *keyring) attempt(file string, again bool) (xssh.Signer, error) {
	secret, err := k.ask(k.ctx, file, again)
	if err != nil {
		return nil, cluster.Fail(cluster.FailPassphrase, "no passphrase for key "+file+": "+err.Error(), passphraseHint+file)
	}
	defer clear(secret)
	text, err := os.ReadFile(file) //nolint:gosec // the operator's own key
	if err != nil {
		return nil, cluster.Fail(cluster.FailConfig, "key "+file+": "+err.Error(), "")
	}
	signer, err := xssh.ParsePrivateKeyWithPassphrase(text, secret)
	if err != nil {
		return nil, errWrongPassphrase // the text was parsed before, up to the encryption
	}
	return signer, nil
}
