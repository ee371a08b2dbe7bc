package cluster

import (
	"slices"
	"time"
)

const (
	// keepLines is how many lines that matter are remembered of a node: the
	// runbook's greps show 20 each. Of those that report corruption a few stay when
	// others would push them out, and other warnings push out no line on syncs.
	keepLines   = 20
	keepCorrupt = 4
	keepOthers  = 6
	// keepMinutes is how far the counts of lines go back.
	keepMinutes = 30
	// logFresh is for how long a log that says nothing counts as read: that it is
	// still followed is said every 20 s.
	logFresh = time.Minute
)

// applyLog folds a reading of a node's log. What is remembered of the reading
// itself is that there was one: a keyframe must not repeat its lines.
func (s *State) applyLog(o *Observation) {
	n := s.node(o.Source.Node)
	r, ok := o.Body.(*LogReading)
	if !ok {
		n.log.add(o)
		return
	}
	bare := *o
	bare.Body = &LogReading{Of: r.Of, Status: r.Status}
	n.log.add(&bare)
	if len(r.Lines) == 0 && r.Left == 0 && !r.Gap {
		return
	}
	var m LogRecall
	if had := s.logs[o.Source.Node]; had != nil {
		m = *had
	}
	m.Node = o.Source.Node
	m.fold(r, o, n.hostFacts())
	s.logs[m.Node] = &m // replaced, never changed: views share it
}

func (m *LogRecall) fold(r *LogReading, o *Observation, f *HostFacts) {
	m.Kept, m.Minutes = slices.Clone(m.Kept), slices.Clone(m.Minutes)
	m.Left += r.Left
	if r.Gap {
		m.GapAt = o.Taken
	}
	oldest := minute(o.Received).Add(-(keepMinutes - 1) * time.Minute)
	for i := range r.Lines {
		l := &r.Lines[i]
		topics := l.Topics()
		if topics != 0 || l.Level >= LevelWarn {
			m.Kept = append(m.Kept, *l)
		}
		at, _, _ := l.Placed(f)
		if from := minute(at); !from.Before(oldest) && !from.After(o.Received.Add(time.Minute)) {
			m.minute(from).count(l.Level, topics)
		}
	}
	if r.Left > 0 {
		m.minute(minute(o.Taken)).Left += r.Left
	}
	m.Minutes = slices.DeleteFunc(m.Minutes, func(c LogMinute) bool { return c.From.Before(oldest) })
	m.trim()
}

func minute(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }

// minute returns the counts of the minute that begins at from.
func (m *LogRecall) minute(from time.Time) *LogMinute {
	i, ok := slices.BinarySearchFunc(m.Minutes, from, func(c LogMinute, t time.Time) int { return c.From.Compare(t) })
	if !ok {
		m.Minutes = slices.Insert(m.Minutes, i, LogMinute{From: from})
	}
	return &m.Minutes[i]
}

func (c *LogMinute) count(level LogLevel, topics LogTopic) {
	switch {
	case level >= LevelError:
		c.Error++
	case level == LevelWarn:
		c.Warn++
	default:
		c.Other++
	}
	if topics&(TopicSync|TopicSyncError) != 0 {
		c.Sync++
	}
}

// trim drops the oldest lines beyond what is kept.
func (m *LogRecall) trim() {
	if len(m.Kept) <= keepLines {
		return
	}
	syncs, others, corrupt := 0, 0, 0
	stays := make([]bool, len(m.Kept))
	for i := len(m.Kept) - 1; i >= 0; i-- {
		switch t := m.Kept[i].Topics(); {
		case t&TopicCorruption != 0:
			corrupt++
			stays[i] = corrupt <= keepCorrupt
		case t != 0:
			syncs++
			stays[i] = syncs <= keepLines-keepCorrupt-keepOthers
		default:
			others++
			stays[i] = others <= keepOthers
		}
	}
	i := -1
	m.Kept = slices.DeleteFunc(m.Kept, func(LogLine) bool { i++; return !stays[i] })
}

func (s *State) viewLog(spec NodeSpec, n *nodeState, at time.Time) Log {
	v := Log{Access: n.log.view(spec.Host, s.firstSeen, at, max(s.fresh(), logFresh))}
	if n.log.usable != nil {
		if r, ok := n.log.usable.Body.(*LogReading); ok {
			v.Of, v.Status = r.Of, r.Status
		}
	}
	if m := s.logs[spec.ID]; m != nil {
		v.Kept, v.Minutes, v.Left, v.GapAt = m.Kept, m.Minutes, m.Left, m.GapAt
	}
	return v
}
