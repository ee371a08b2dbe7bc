package cluster

import (
	"slices"
	"time"
)

// holdLines is how many lines of a node's log the history holds, of whatever
// level, for as long as it keeps every point of a series.
const holdLines = 300

// applyLog takes the lines of a reading.
func (h *History) applyLog(o *Observation) {
	r, ok := o.Body.(*LogReading)
	if !ok || len(r.Lines) == 0 {
		return
	}
	node := o.Source.Node
	lines := h.lines[node]
	for i := range r.Lines {
		lines = append(lines, HeardLine{r.Lines[i], o.Received})
	}
	if len(lines) > 2*holdLines {
		lines = slices.Clone(lines[len(lines)-holdLines:])
	}
	h.lines[node] = lines
}

// Lines implements Series.
func (h *History) Lines(node NodeID, to time.Time) []HeardLine {
	h.mu.RLock()
	defer h.mu.RUnlock()
	lines := h.lines[node]
	oldest := to.Add(-h.options.Raw)
	end := len(lines)
	for end > 0 && lines[end-1].Received.After(to) {
		end--
	}
	begin := end
	for begin > 0 && end-begin < holdLines && !lines[begin-1].Received.Before(oldest) {
		begin--
	}
	return lines[begin:end:end] // what is in it never changes
}
