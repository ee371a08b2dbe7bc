package web

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/stemedb/stemetop/sources/cluster"
)

// TLSFiles are PEM files. Each may be empty; a certificate needs its key.
type TLSFiles struct {
	CA   string // authorities trusted instead of the system's
	Cert string // client certificate, with its intermediates
	Key  string // its key, not encrypted
}

// LoadTLS reads the files once, for all targets that share them. It returns nil
// if all names are empty; errors are *cluster.Failure with Kind FailConfig or
// FailPermission.
func LoadTLS(f TLSFiles) (*tls.Config, error) {
	if f == (TLSFiles{}) {
		return nil, nil //nolint:nilnil // nil is the system's own configuration
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, fileFault("CA file", f.CA, err).Failure("")
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, cluster.Fail(cluster.FailConfig, "CA file "+f.CA+" holds no certificate", "it should hold certificates in PEM form")
		}
	}
	if f.Cert == "" && f.Key == "" {
		return c, nil
	}
	cert, err := loadPair(f)
	if err != nil {
		return nil, err
	}
	c.Certificates = []tls.Certificate{cert}
	return c, nil
}

func loadPair(f TLSFiles) (tls.Certificate, error) {
	if f.Cert == "" || f.Key == "" {
		return tls.Certificate{}, cluster.Fail(cluster.FailConfig, "a client certificate needs both its file and its key's", "set cert_file and key_file")
	}
	var pems [2][]byte
	for i, path := range []string{f.Cert, f.Key} {
		b, err := os.ReadFile(path) //nolint:gosec // the operator names it
		if err != nil {
			return tls.Certificate{}, fileFault([]string{"certificate", "key"}[i], path, err).Failure("")
		}
		pems[i] = b
	}
	cert, err := tls.X509KeyPair(pems[0], pems[1])
	if err != nil {
		return tls.Certificate{}, cluster.Fail(cluster.FailConfig, "certificate "+f.Cert+" with key "+f.Key+": "+err.Error(), "both in PEM form, the key not encrypted and of that certificate")
	}
	return cert, nil
}
