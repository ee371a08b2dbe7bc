package main

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// What userfaultfd(2) and ioctl_userfaultfd(2) call these.
const (
	uffdUserModeOnly = 1
	uffdioAPI        = 0xc018aa3f
	uffdioRegister   = 0xc020aa00
	uffdAPI          = 0xaa
	uffdWPAsync      = 1 << 15 // UFFD_FEATURE_WP_ASYNC, Linux 6.7 and later
	uffdRegisterWP   = 2       // UFFDIO_REGISTER_MODE_WP
)

// singlePages returns a file for mapping.single, or -1 where the kernel has
// nothing of the kind or does not let us.
//
// On a fault, Linux maps the 16 pages around it that are in the page cache: with
// functions and tables strewn over the file, half of what is then counted as
// ours is never looked at, 6 MB of 12. The one way to ask for less is to have
// the mapping watched for writes by a userfaultfd, whose sort that needs nobody
// to answer (WP_ASYNC) fits a mapping that is never written: nothing is
// protected, no event ever comes. The file has to stay open.
func singlePages() int {
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK|uffdUserModeOnly, 0, 0)
	if errno != 0 {
		return -1
	}
	api := struct{ api, features, ioctls uint64 }{api: uffdAPI, features: uffdWPAsync}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, uffdioAPI, uintptr(unsafe.Pointer(&api))); errno != 0 { //nolint:gosec // the kernel reads and writes 24 bytes, which api has
		_ = unix.Close(int(fd)) // nothing was done with it
		return -1
	}
	return int(fd)
}

// single has later faults in the mapping bring one page each. It may be said
// again, and is no loss where it fails.
func (m mapping) single(pages int) {
	register := struct{ from, size, mode, ioctls uint64 }{from: m.from, size: m.to - m.from, mode: uffdRegisterWP}
	_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(pages), uffdioRegister, uintptr(unsafe.Pointer(&register))) //nolint:gosec // the kernel reads and writes 32 bytes, which register has
}
