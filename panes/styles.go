package panes

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Style is what is written before and after a piece of text. The sequences are
// made once: rendering a style per cell costs twenty times more than the text.
// The zero Style writes the text as it is.
type Style struct{ On, Off string }

// StyleOf turns a style of colours and attributes into its sequences. Sizes,
// borders and margins of s are ignored.
func StyleOf(s lipgloss.Style) Style {
	const mark = "x"
	on, off, ok := strings.Cut(s.Inline(true).Render(mark), mark)
	if !ok {
		return Style{}
	}
	return Style{On: on, Off: off}
}

// Render returns text in the style.
func (s Style) Render(text string) string {
	if s.On == "" || text == "" {
		return text
	}
	return s.On + text + s.Off
}

// Styles are the looks of everything that panes draw. What a state means is
// carried by its word, glyph and place as well: a Styles without any colour
// loses nothing. Palettes are made in package tui.
type Styles struct {
	Text  Style // figures
	Label Style // names of figures, column heads, units; still to be read with ease
	Faint Style // rules, scales, empty parts of bars: nothing that is needed to decide
	Title Style // of a pane
	Focus Style // title of the focused pane
	Name  Style // ids of nodes and devices

	// Good to Unknown colour figures, sparklines and bars by what they mean.
	Good, Warn, Crit, Unknown Style
	// Badges are state words drawn as blocks.
	BadgeGood, BadgeWarn, BadgeCrit, BadgeUnknown Style
	// Modes and READ-ONLY of the header.
	ModeLive, ModePaused, ModeReplay, ReadOnly Style

	Cursor  Style // the whole row below the cursor; only attributes that others leave standing, e.g. a background
	Spark   Style // a sparkline and chart line below all thresholds
	Gap     Style // spans without a measurement
	Bar     Style // filled part of a bar
	Message Style // the status line's answer to a key

	Glyphs *Glyphs
}

// Glyphs are the runes that are drawn, each one cell wide. See Unicode and ASCII.
type Glyphs struct {
	Spark             [8]rune // levels, lowest first; the lowest shows zero
	Gap               rune    // nothing was measured
	Cursor            rune    // row below the cursor
	Good, Warn, Crit  rune    // of the state words
	Unknown, Stale    rune
	Frozen            rune
	WAL               rune // marks the device of the write-ahead log
	Horizontal        rune // rules
	Vertical          rune
	Dotted            rune // threshold lines
	BarFull, BarEmpty rune
	Block             rune // of the large digits
	Ellipsis          rune // text was cut; never a letter
	More, Less        rune // there is more below, above
	Rising, Falling   rune // of a trend
	Differs           rune // from what it is compared with
	Action            rune // when something was done
}

// Unicode returns the glyphs for a UTF-8 terminal.
func Unicode() *Glyphs {
	return &Glyphs{
		Spark: [8]rune{'▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'}, Gap: '·', Cursor: '▶',
		Good: ' ', Warn: '!', Crit: 'x', Unknown: '?', Stale: '?', Frozen: '=', WAL: '*',
		Horizontal: '─', Vertical: '│', Dotted: '┄', BarFull: '█', BarEmpty: '░', Block: '█',
		Ellipsis: '…', More: '▼', Less: '▲', Rising: '▲', Falling: '▼', Differs: '≠', Action: '▼',
	}
}

// ASCII returns the glyphs for a terminal or font without box drawing. Text of
// nodes (ids, errors) is drawn as it is.
func ASCII() *Glyphs {
	return &Glyphs{
		Spark: [8]rune{'_', '.', ':', '-', '=', '+', '*', '#'}, Gap: ' ', Cursor: '>',
		Good: ' ', Warn: '!', Crit: 'x', Unknown: '?', Stale: '?', Frozen: '=', WAL: '*',
		Horizontal: '-', Vertical: '|', Dotted: '.', BarFull: '#', BarEmpty: '-', Block: '#',
		Ellipsis: '~', More: 'v', Less: '^', Rising: '^', Falling: 'v', Differs: '!', Action: 'v',
	}
}

// Plain returns styles without any colour: reverse video and bold only.
func Plain() *Styles {
	bold := StyleOf(lipgloss.NewStyle().Bold(true))
	underlined := StyleOf(lipgloss.NewStyle().Bold(true).Underline(true))
	reverse := StyleOf(lipgloss.NewStyle().Reverse(true))
	return &Styles{
		Title: bold, Focus: underlined, Cursor: bold, Warn: bold, Crit: bold,
		BadgeWarn: bold, BadgeCrit: reverse, BadgeUnknown: bold,
		ModeLive: bold, ModePaused: reverse, ModeReplay: reverse, ReadOnly: reverse,
		Message: bold, Glyphs: Unicode(),
	}
}
