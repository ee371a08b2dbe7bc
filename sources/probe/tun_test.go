package probe

import (
	"encoding/binary"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/stemedb/stemetop/sources/cluster"
)

// farV4 is an address that only a tunnel answers.
const farV4 = "10.78.0.2"

// reply is what the far end of a tunnel says to an echo request, and when.
type reply struct {
	from  string
	echo  icmp.Echo
	after time.Duration
	kind  icmp.Type
}

// tunnel is a far end made of this test: it answers each echo request by what f
// says to it, and to nothing else.
func (w *wire) tunnel(f func(n int, request icmp.Echo) []reply) {
	w.t.Helper()
	var file *os.File
	w.in(w.monitor, func() (err error) { file, err = openTunnel("far0"); return err })
	w.run("ip", "-n", w.monitor, "addr", "add", "10.78.0.1/24", "dev", "far0")
	w.run("ip", "-n", w.monitor, "link", "set", "far0", "up")
	var answers sync.WaitGroup
	answers.Go(func() {
		buf := make([]byte, 2000)
		for n := 0; ; {
			size, err := file.Read(buf)
			if err != nil {
				return
			}
			request, from, ok := echoRequest(buf[:size])
			if !ok {
				continue
			}
			for _, r := range f(n, request) {
				answers.Go(func() {
					time.Sleep(r.after) // the distance
					_, _ = file.Write(r.packet(from))
				})
			}
			n++
		}
	})
	w.t.Cleanup(func() { _ = file.Close(); answers.Wait() })
}

func openTunnel(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq(name)
	if err != nil {
		return nil, err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// echoRequest returns the echo request in an IPv4 packet, and who sent it.
func echoRequest(packet []byte) (icmp.Echo, net.IP, bool) {
	h, err := ipv4.ParseHeader(packet)
	if err != nil || h.Protocol != 1 {
		return icmp.Echo{}, nil, false
	}
	m, err := icmp.ParseMessage(1, packet[h.Len:])
	if err != nil || m.Type != ipv4.ICMPTypeEcho {
		return icmp.Echo{}, nil, false
	}
	e, ok := m.Body.(*icmp.Echo)
	if !ok {
		return icmp.Echo{}, nil, false
	}
	return icmp.Echo{ID: e.ID, Seq: e.Seq, Data: append([]byte(nil), e.Data...)}, h.Src, true
}

func (r reply) packet(to net.IP) []byte {
	body, err := (&icmp.Message{Type: r.kind, Body: &r.echo}).Marshal(nil)
	if err != nil {
		panic(err)
	}
	h := make([]byte, 20, 20+len(body))
	h[0], h[8], h[9] = 0x45, 64, 1 // version and length, TTL, ICMP
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(body)))
	copy(h[12:], net.ParseIP(r.from).To4())
	copy(h[16:], to.To4())
	var sum uint32
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(h[i:]))
	}
	binary.BigEndian.PutUint16(h[10:], ^uint16(sum+sum>>16))
	return append(h, body...)
}

// Only the reply to the very request counts, through either kind of socket: not
// a late one to an earlier request, nor another program's.
func TestForeignAndLateReplies(t *testing.T) {
	t.Parallel()
	const timeout = 300 * time.Millisecond
	honest := func(e icmp.Echo) reply { return reply{from: farV4, echo: e, kind: ipv4.ICMPTypeEchoReply} }
	cases := []struct {
		name  string
		reply func(n int, e icmp.Echo) []reply
		rtts  []time.Duration // least round trip of each round; 0 for lost
	}{
		{"honest", func(_ int, e icmp.Echo) []reply { return []reply{honest(e)} }, []time.Duration{1}},
		{"twice", func(_ int, e icmp.Echo) []reply { return []reply{honest(e), honest(e)} }, []time.Duration{1}},
		{"none", func(int, icmp.Echo) []reply { return nil }, []time.Duration{0}},
		{"another id", func(_ int, e icmp.Echo) []reply { e.ID++; return []reply{honest(e)} }, []time.Duration{0}},
		{"another sequence", func(_ int, e icmp.Echo) []reply { e.Seq++; return []reply{honest(e)} }, []time.Duration{0}},
		{"another text", func(_ int, e icmp.Echo) []reply { e.Data[9]++; return []reply{honest(e)} }, []time.Duration{0}},
		{"cut short", func(_ int, e icmp.Echo) []reply { e.Data = e.Data[:20]; return []reply{honest(e)} }, []time.Duration{0}},
		{"another host", func(_ int, e icmp.Echo) []reply {
			r := honest(e)
			r.from = "10.78.0.3"
			return []reply{r}
		}, []time.Duration{0}},
		{"a request", func(_ int, e icmp.Echo) []reply {
			r := honest(e)
			r.kind = ipv4.ICMPTypeEcho
			return []reply{r}
		}, []time.Duration{0}},
		{"foreign first", func(_ int, e icmp.Echo) []reply {
			foreign, own := e, honest(e)
			foreign.Seq++
			own.after = 20 * time.Millisecond
			return []reply{honest(foreign), own}
		}, []time.Duration{20 * time.Millisecond}},
		// The first reply comes in the middle of the second round, and the
		// second one after that.
		{"late", func(n int, e icmp.Echo) []reply {
			r := honest(e)
			r.after = []time.Duration{450 * time.Millisecond, 250 * time.Millisecond, 0}[n]
			return []reply{r}
		}, []time.Duration{0, 250 * time.Millisecond, 1}},
	}
	for _, c := range cases {
		for _, groups := range []string{"1 0", "0 2147483647"} {
			t.Run(c.name+", groups "+groups, func(t *testing.T) {
				t.Parallel()
				w := newWire(t)
				w.run("ip", "netns", "exec", w.monitor, "sysctl", "-qw", "net.ipv4.ping_group_range="+groups)
				w.tunnel(c.reply)
				for i, r := range w.probe(job{Address: net.JoinHostPort(farV4, rpcPort), Rounds: len(c.rtts), Timeout: timeout}) {
					b := r.Body
					if b == nil || b.Method != cluster.ProbeICMP || b.Port != cluster.PortFiltered || b.Sent != 1 {
						t.Fatalf("round %d: %+v, %v", i, b, r.Err)
					}
					if lost := len(b.RTTs) == 0; lost != (c.rtts[i] == 0) {
						t.Errorf("round %d: round trips %v", i, b.RTTs)
					} else if !lost && b.RTTs[0] < c.rtts[i] {
						t.Errorf("round %d: %v, a reply to an earlier request", i, b.RTTs[0])
					}
				}
			})
		}
	}
}
