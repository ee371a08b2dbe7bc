package cluster

import "time"

// WritersReading is which processes of a host wrote how much between two looks at
// /proc/PID/io. It is measured only while somebody looks.
type WritersReading struct {
	Why, Hint Text          // why there is less than there should be, and what to do about it
	Interval  time.Duration // host time between the looks; 0 before the second
	Total     int           // processes that there are
	Denied    int           // those of them whose counters may not be read
	Writers   []Writer      // those that wrote or read, the greatest writer first, at most 32
	Ended     bool          // nothing more comes: nobody looks any more
}

// Writer is what one process did to disks in the interval, in bytes.
type Writer struct {
	PID       int
	Command   Text
	Written   uint64 // handed down to the device sooner or later
	Cancelled uint64 // of what it wrote, now or before, never to be written: the file was truncated
	Read      uint64 // fetched from the device
}

// Writers is the newest reading of who writes on a host, and when it was taken.
type Writers struct {
	WritersReading
	At time.Time // zero if nobody has looked
}

func (s *State) viewWriters(n *nodeState) Writers {
	if n.writers == nil {
		return Writers{}
	}
	return Writers{body[WritersReading](n.writers), n.writers.Taken}
}
