package probe

import (
	"encoding/binary"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// arrival is a packet that came.
type arrival struct {
	from  netip.Addr    // without a zone
	read  time.Time     // when it was read
	lay   time.Duration // for how long it had lain in the socket then; 0 where the kernel doesn't say
	n     int
	bytes [1500]byte
	extra [64]byte
}

// receive waits for the next packet.
func (p *arrival) receive(c syscall.RawConn) error {
	var extra int
	var from unix.Sockaddr
	var err error
	for {
		waitErr := c.Read(func(fd uintptr) bool {
			p.n, extra, _, from, err = unix.Recvmsg(int(fd), p.bytes[:], p.extra[:], 0)
			return err != unix.EAGAIN
		})
		if waitErr != nil {
			return waitErr
		}
		if err == nil {
			break
		}
		if err != unix.EINTR {
			return os.NewSyscallError("recvmsg", err)
		}
	}
	p.read = time.Now()
	p.lay = lay(p.extra[:extra], p.read)
	switch a := from.(type) {
	case *unix.SockaddrInet4:
		p.from = netip.AddrFrom4(a.Addr)
	case *unix.SockaddrInet6:
		p.from = netip.AddrFrom16(a.Addr)
	default:
		p.from = netip.Addr{}
	}
	return nil
}

// lay tells from what the kernel says beside a packet for how long it had come when
// it was read. A clock that was set in between says nothing.
func lay(extra []byte, read time.Time) time.Duration {
	list, err := unix.ParseSocketControlMessage(extra)
	if err != nil {
		return 0
	}
	for _, m := range list {
		// A timespec of 64 bits each; where they are 32, the time is that of reading.
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) == 16 {
			came := time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
			return max(0, read.Round(0).Sub(came))
		}
	}
	return 0
}

// message returns the ICMP message, nil if there is none. A raw IPv4 socket hands
// out the header too.
func (p *arrival) message(raw bool) []byte {
	b := p.bytes[:p.n]
	if !raw || !p.from.Is4() {
		return b
	}
	if len(b) == 0 || int(b[0]&0xf)*4 > len(b) {
		return nil
	}
	return b[int(b[0]&0xf)*4:]
}

// since is the time from then, of this process's clock, until the packet came: not
// until it was read, which on a busy monitor is later.
func (p *arrival) since(sent time.Time) time.Duration {
	d := p.read.Sub(sent)
	if p.lay > d { // the clock was set
		return d
	}
	return d - p.lay
}
