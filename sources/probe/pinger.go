package probe

import (
	"crypto/rand"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// sharing is how many collectors send through one socket. A request to a host that
// is down waits in the kernel for its address, some 800 bytes for some seconds, and
// those of all of them must leave room in the socket's 200 KiB for one more.
const sharing = 32

// Pingers are the sockets through which collectors send echo requests. Making one
// takes as long as ten requests do, so that they are shared. The zero value has
// none, and is ready.
type Pingers struct {
	mu    sync.Mutex
	list  []*pinger
	users int // of all of them
}

// spacing is how far apart a collector's knocks at an open port may be, in time of the
// Clock. All together knock 200 times a second: that is a fifth of what a monitor of a
// thousand nodes costs, and each is a connection for which a database forks or logs.
func (p *Pingers) spacing() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(p.users) * time.Second / 200
}

// pinger is a socket of each family, for as long as anybody uses it.
type pinger struct {
	users int // guarded by the mutex of Pingers

	mu      sync.Mutex
	sockets []*socket
}

func (p *Pingers) join() *pinger {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.list, func(g *pinger) bool { return g.users < sharing })
	if i < 0 {
		i, p.list = len(p.list), append(p.list, &pinger{})
	}
	p.list[i].users++
	p.users++
	return p.list[i]
}

func (p *Pingers) leave(g *pinger) {
	p.mu.Lock()
	g.users--
	p.users--
	last := g.users == 0
	if last {
		p.list = slices.DeleteFunc(p.list, func(o *pinger) bool { return o == g })
	}
	p.mu.Unlock()
	if last {
		g.close()
	}
}

// send sends an echo request. Without one there is nothing to wait for, and the
// echo tells why.
func (g *pinger) send(ip netip.Addr) (*request, echo) {
	s, why := g.socket(familyOf(ip))
	if why != "" {
		return nil, echo{why: why}
	}
	r := &request{to: ip, reply: make(chan echo, 1)}
	_, _ = rand.Read(r.data[:]) // never fails
	return s.send(r)
}

// socket returns the one of a family. One that broke, or could not be had, is tried
// for again.
func (g *pinger) socket(f family) (*socket, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, s := range g.sockets {
		if s.family != f {
			continue
		}
		if !s.broken() {
			return s, ""
		}
		g.sockets = slices.Delete(g.sockets, i, i+1)
		break
	}
	s, why := f.open()
	if why == "" {
		g.sockets = append(g.sockets, s)
		go s.read()
	}
	return s, why
}

func (g *pinger) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.sockets {
		_ = s.conn.Close() // nothing is lost with it
		<-s.ended
	}
	g.sockets = nil
}
