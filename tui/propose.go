package tui

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/stemedb/stemetop/actions"
	"github.com/stemedb/stemetop/sources/cluster"
)

// begin asks for an action on what is selected.
func (m *model) begin(k actions.Kind) tea.Cmd {
	ask := actions.Ask{Kind: k}
	i := slices.IndexFunc(m.o.Actions.Table(), func(a actions.Action) bool { return a.Kind == k })
	if i < 0 {
		return nil
	}
	switch m.o.Actions.Table()[i].Needs {
	case actions.NeedsReplica:
		ask.Target = m.rows.sel
	case actions.NeedsAgent:
		return m.beginReset(ask)
	case actions.NeedsNumber:
		return m.askNumber(m.o.Actions.Table()[i].Number, ask)
	case actions.NeedsNothing, actions.NeedsRate:
	}
	return m.propose(ask)
}

// askNumber asks for the number of a plan before there is one: while its digits
// are typed most of what stands there is none that could be meant.
func (m *model) askNumber(what string, ask actions.Ask) tea.Cmd {
	m.overlay = &prompt{
		label: what, hint: "digits, or nothing for the usual; enter shows it first, esc drops", input: newInput(textinput.EchoNormal, 0),
		accept: func(m *model, text string) string {
			n, ok := wholeNumber(text)
			if !ok {
				return "a whole number, in digits"
			}
			ask.N = n
			m.propose(ask)
			return ""
		},
	}
	return nil
}

// wholeNumber reads ASCII digits and nothing else; 0 where there are none.
func wholeNumber(text string) (n int64, ok bool) {
	if strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0 || text == ""
}

// beginReset asks for the reset of the selected replica's breaker if it is
// tripped, else of the only one that is; where there are several, they are to
// choose from.
func (m *model) beginReset(ask actions.Ask) tea.Cmd {
	ask.Target = m.rows.sel
	tripped := trippedAgents(m.snap)
	r := m.snap.Replica(m.rows.sel)
	switch {
	case r != nil && r.Breaker.State == cluster.BreakerTripped:
		if len(r.Breaker.More) == 0 {
			return m.propose(ask)
		}
		tripped = agentsOf(r.Breaker.Tripped())
	case len(tripped) == 0:
		return m.propose(ask)
	case len(tripped) == 1:
		ask.Target = tripped[0]
		return m.propose(ask)
	}
	list := menu{title: "which breaker"}
	for _, id := range tripped {
		list.items = append(list.items, menuItem{text: id.Text().String(), do: func(m *model) tea.Cmd {
			ask.Target = id
			return m.propose(ask)
		}})
	}
	m.overlay = &list
	return nil
}

// trippedAgents are the agents whose breakers are tripped.
func trippedAgents(s *cluster.Snapshot) []cluster.NodeID {
	if s == nil {
		return nil
	}
	return agentsOf(s.TrippedBreakers())
}

func agentsOf(bs []cluster.TrippedBreaker) []cluster.NodeID {
	list := make([]cluster.NodeID, 0, len(bs))
	for i := range bs {
		list = append(list, bs[i].Agent)
	}
	return list
}

func (m *model) propose(ask actions.Ask) tea.Cmd {
	m.rows.hold()
	m.o.Actions.Do(actions.Propose{Ask: ask})
	m.overlay = &remedy{}
	return nil
}
