package ssh

import (
	"fmt"
	"math"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"github.com/stemedb/stemetop/sources/cluster"
)

// outOfDate tells of the certificates among the offered keys, of files or of the
// agent, that are not valid now by the clock here. They are offered all the same,
// as ssh does: the host's clock decides.
func (c *credentials) outOfDate(now time.Time) (notes []string) {
	for _, s := range c.signers {
		cert, ok := s.PublicKey().(*xssh.Certificate)
		if !ok {
			continue
		}
		name := "certificate " + cluster.CleanN(cert.KeyId, maxKeyID).String()
		switch at := uint64(max(0, now.Unix())); {
		case at >= cert.ValidBefore:
			notes = append(notes, name+" was valid until "+instant(cert.ValidBefore))
		case at < cert.ValidAfter:
			notes = append(notes, name+" is not valid before "+instant(cert.ValidAfter))
		}
	}
	return notes
}

// maxKeyID is how much of a certificate's own name is shown, in bytes.
const maxKeyID = 60

// instant formats seconds since 1970.
func instant(seconds uint64) string {
	if seconds > math.MaxInt32*10 {
		return fmt.Sprintf("%d s after 1970", seconds)
	}
	return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339)
}
