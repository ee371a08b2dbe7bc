package ssh

import (
	"context"
	"fmt"
	"slices"
	"strings"

	xssh "golang.org/x/crypto/ssh"
)

// credentials are the keys to offer to one host, and what became of them.
type credentials struct {
	signers   []xssh.Signer
	fromAgent int
	skipped   []string // why configured keys or the agent can't be used
	wanted    string   // an encrypted key that the server takes; set while authenticating
	accepts   []string // the methods that the server named; set likewise
	banner    string   // what the server said before authentication; set likewise
	close     func()
}

// gather finds the keys for a host in its key files and its agent.
func gather(ctx context.Context, s *settings, keys *keyring) *credentials {
	c := &credentials{close: func() {}}
	k := keySet{identitiesOnly: s.identitiesOnly, explicit: s.explicitIdentity, ask: keys.ask != nil}
	files := s.identityFiles
	if s.explicitIdentity != "" {
		files = append([]string{s.explicitIdentity}, files...)
	}
	for _, path := range files {
		id, err := loadIdentity(path, keys, &c.wanted)
		switch {
		case err != nil:
			c.skipped = append(c.skipped, err.Error())
		case id != nil:
			k.files = append(k.files, *id)
		case path == s.explicitIdentity:
			c.skipped = append(c.skipped, "key "+path+" does not exist")
		}
		k.addCertificate(path + "-cert.pub")
	}
	for _, path := range s.certificateFiles {
		k.addCertificate(path)
	}
	if s.identityAgent != "" {
		agentSigners, hangUp, err := agentKeys(ctx, s.identityAgent)
		if err != nil {
			c.skipped = append(c.skipped, "agent "+s.identityAgent+": "+err.Error())
		} else {
			k.agent, c.close = agentSigners, hangUp
		}
	}
	c.signers, c.fromAgent = k.order()
	for _, id := range k.files {
		if id.signer == nil && k.holder(plainKey(id.public)) == nil {
			c.skipped = append(c.skipped, "key "+id.path+": there is its public half only, and the agent does not hold it")
		}
	}
	return c
}

// keySet is what order puts in order.
type keySet struct {
	files          []identity
	certificates   []*xssh.Certificate
	agent          []xssh.Signer
	explicit       string // path of the key that the options name
	identitiesOnly bool
	ask            bool // passphrases can be asked for
}

func (k *keySet) addCertificate(path string) {
	if cert := readCertificate(path); cert != nil {
		k.certificates = append(k.certificates, cert)
	}
}

// order returns the keys as OpenSSH tries them, since a server hangs up after
// MaxAuthTries (6): certificates, configured keys that the agent holds, the one
// that the options name, the agent's others unless IdentitiesOnly, other key
// files. Encrypted ones come last if nobody can be asked.
func (k *keySet) order() (signers []xssh.Signer, fromAgent int) {
	configured, others := k.splitAgent()
	if k.identitiesOnly {
		others = nil
	}
	lists := [][]xssh.Signer{
		k.certified(), configured,
		k.fromFiles(func(id identity) bool { return id.path == k.explicit && !k.hopeless(id) }),
		others,
		k.fromFiles(func(id identity) bool { return id.path != k.explicit && !k.hopeless(id) }),
		k.fromFiles(k.hopeless),
	}
	for _, s := range slices.Concat(lists...) {
		if !holds(signers, s.PublicKey()) {
			signers = append(signers, s)
		}
	}
	return signers, len(configured) + len(others)
}

// certified are the certificates whose key somebody can sign with.
func (k *keySet) certified() (signers []xssh.Signer) {
	for _, cert := range k.certificates {
		if holder := k.holder(cert.Key); holder != nil {
			if s, err := xssh.NewCertSigner(cert, holder); err == nil { // it can only fail on another key
				signers = append(signers, s)
			}
		}
	}
	return signers
}

// splitAgent parts the agent's keys into those that are configured, by key or
// by certificate, and the others.
func (k *keySet) splitAgent() (configured, others []xssh.Signer) {
	for _, s := range k.agent {
		if slices.ContainsFunc(k.files, func(id identity) bool { return sameKey(plainKey(id.public), plainKey(s.PublicKey())) }) {
			configured = append(configured, s)
		} else {
			others = append(others, s)
		}
	}
	return configured, others
}

func (k *keySet) fromFiles(which func(identity) bool) (signers []xssh.Signer) {
	for _, id := range k.files {
		if id.signer != nil && which(id) {
			signers = append(signers, id.signer)
		}
	}
	return signers
}

// hopeless tells whether a key can't be unlocked.
func (k *keySet) hopeless(id identity) bool { return id.locked && !k.ask }

func holds(signers []xssh.Signer, key xssh.PublicKey) bool {
	return slices.ContainsFunc(signers, func(s xssh.Signer) bool { return sameKey(s.PublicKey(), key) })
}

// holder returns who can sign for a key: the agent before an encrypted file.
func (k *keySet) holder(key xssh.PublicKey) xssh.Signer {
	for _, s := range k.agent {
		if sameKey(s.PublicKey(), key) {
			return s
		}
	}
	for _, id := range k.files {
		if id.signer != nil && sameKey(id.public, key) {
			return id.signer
		}
	}
	return nil
}

// describe says what was offered and what the server would take, for the
// message that it was not enough.
func (c *credentials) describe() string {
	plural := "s"
	if len(c.signers) == 1 {
		plural = ""
	}
	text := fmt.Sprintf("offered %d key%s (%d from the agent)", len(c.signers), plural, c.fromAgent)
	if len(c.accepts) > 0 {
		text += ", the server takes " + strings.Join(c.accepts, ", ")
	}
	if len(c.skipped) > 0 {
		text += "; not offered: " + strings.Join(c.skipped, "; ")
	}
	return text
}
