package host

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/stemedb/stemetop/sources/cluster"
)

// maxComm is what the kernel keeps of a process' name (TASK_COMM_LEN less 1).
const maxComm = 15

// parseProcesses reads /proc/PID/stat texts, one a line (proc(5)), and keeps
// those whose name begins with prefix: a PID may be another process by now.
func parseProcesses(text []byte, prefix string, pageSize uint64) []cluster.Process {
	var ps []cluster.Process
	for line := range bytes.Lines(text) {
		p, comm, ok := parseProcess(line, pageSize)
		if ok && strings.HasPrefix(comm, prefix) {
			ps = append(ps, p)
		}
	}
	return ps
}

// parseProcess reads one /proc/PID/stat. The name stands in parentheses and may
// hold blanks and parentheses itself: it ends at the last one.
func parseProcess(line []byte, pageSize uint64) (p cluster.Process, comm string, ok bool) {
	left, right := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if left < 0 || right < left {
		return p, "", false
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(line[:left])))
	var buf [56][]byte
	w := words(line[right+1:], buf[:0]) // w[0] is field 3, the state
	if err != nil || pid <= 0 || len(w) < 22 || len(w[0]) != 1 {
		return p, "", false
	}
	var v [5]uint64
	if _, ok = numbers([][]byte{w[11], w[12], w[17], w[19], w[21]}, v[:]); !ok {
		return p, "", false
	}
	comm = string(line[left+1 : right])
	return cluster.Process{
		PID: pid, Command: cluster.Clean(comm), State: w[0][0],
		UserTicks: v[0], SystemTicks: v[1], Threads: int(v[2] & 0x7fffffff),
		StartTicks: v[3], RSSBytes: v[4] * pageSize,
	}, comm, true
}
