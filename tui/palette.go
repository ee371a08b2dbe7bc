package tui

import (
	"image/color"

	"charm.land/lipgloss/v2"

	"github.com/stemedb/stemetop/panes"
)

// palette are the colours of a theme. A state has its word and glyph besides,
// so every palette may be replaced by none.
type palette struct {
	text, label, faint         color.Color
	good, warn, crit, unknown  color.Color
	spark, gap                 color.Color
	cursor                     color.Color // background
	onWarn, onCrit             color.Color // text of blocks
	blockWarn, blockCrit       color.Color // background of blocks
	onLive, onPaused, onReplay color.Color
	live, paused, replay       color.Color
}

// dark keeps 7:1 against black and #1E1E1E for all that is needed to decide: a
// video call halves the contrast of colours, and red is what it loses first. So
// critical is orange, and told from warning by its block.
func dark() palette {
	c := lipgloss.Color
	return palette{
		text: c("#E6E6E6"), label: c("#B8B8B8"), faint: c("#6E6E6E"),
		good: c("#56B4E9"), warn: c("#F0E442"), crit: c("#FF9E75"), unknown: c("#FFFFFF"),
		spark: c("#8CC8F0"), gap: c("#B8B8B8"), cursor: c("#303030"),
		onWarn: c("#000000"), blockWarn: c("#F0E442"), onCrit: c("#000000"), blockCrit: c("#FF9E75"),
		onLive: c("#000000"), live: c("#56B4E9"), onPaused: c("#000000"), paused: c("#F0E442"),
		onReplay: c("#000000"), replay: c("#D9A8FF"),
	}
}

// light does the same against white. Amber and red are nearly one colour to
// many eyes there: the block of critical is inverted.
func light() palette {
	c := lipgloss.Color
	return palette{
		text: c("#1A1A1A"), label: c("#4A4A4A"), faint: c("#8A8A8A"),
		good: c("#00558C"), warn: c("#6B4E00"), crit: c("#A00000"), unknown: c("#000000"),
		spark: c("#00558C"), gap: c("#4A4A4A"), cursor: c("#E4E4E4"),
		onWarn: c("#000000"), blockWarn: c("#F0D060"), onCrit: c("#FFFFFF"), blockCrit: c("#A00000"),
		onLive: c("#FFFFFF"), live: c("#00558C"), onPaused: c("#000000"), paused: c("#F0D060"),
		onReplay: c("#FFFFFF"), replay: c("#5B2A86"),
	}
}

// sixteen uses the terminal's own sixteen colours; grey is left out. Few owners
// have chosen them: as xterm and most others come, yellow and cyan can't be read on
// white, but magenta and blue can.
func sixteen(isDark bool) palette {
	c := lipgloss.Color
	p := palette{
		good: c("6"), warn: c("3"), crit: c("1"), spark: c("6"),
		onWarn: c("0"), blockWarn: c("3"), onCrit: c("15"), blockCrit: c("1"),
		onLive: c("0"), live: c("6"), onPaused: c("0"), paused: c("3"),
		onReplay: c("15"), replay: c("5"),
	}
	if !isDark {
		p.good, p.spark, p.warn = c("4"), c("4"), c("5")
	}
	return p
}

// styles makes the looks of all that panes draw.
func (p palette) styles(g *panes.Glyphs) *panes.Styles {
	fg := func(c color.Color) panes.Style { return panes.StyleOf(lipgloss.NewStyle().Foreground(orNone(c))) }
	block := func(on, c color.Color) panes.Style {
		// Not bold: many terminals draw bold black as grey.
		return panes.StyleOf(lipgloss.NewStyle().Foreground(orNone(on)).Background(orNone(c)))
	}
	bold := func(c color.Color) panes.Style {
		return panes.StyleOf(lipgloss.NewStyle().Bold(true).Foreground(orNone(c)))
	}
	cursor := panes.StyleOf(lipgloss.NewStyle().Background(orNone(p.cursor)))
	if p.cursor == nil {
		cursor = panes.StyleOf(lipgloss.NewStyle().Bold(true))
	}
	return &panes.Styles{
		Text: fg(p.text), Label: fg(p.label), Faint: fg(p.faint), Title: bold(p.text),
		Focus: panes.StyleOf(lipgloss.NewStyle().Bold(true).Underline(true)), Name: bold(p.text),
		Good: fg(p.good), Warn: fg(p.warn), Crit: bold(p.crit), Unknown: fg(p.unknown),
		BadgeGood: fg(p.good), BadgeWarn: block(p.onWarn, p.blockWarn),
		BadgeCrit:    block(p.onCrit, p.blockCrit),
		BadgeUnknown: panes.StyleOf(lipgloss.NewStyle().Bold(true).Underline(true)),
		ModeLive:     block(p.onLive, p.live), ModePaused: block(p.onPaused, p.paused),
		ModeReplay: block(p.onReplay, p.replay),
		ReadOnly:   panes.StyleOf(lipgloss.NewStyle().Reverse(true)),
		Cursor:     cursor, Spark: fg(p.spark), Gap: fg(p.gap), Bar: fg(p.good),
		Message: bold(p.text), Glyphs: g,
	}
}

func orNone(c color.Color) color.Color {
	if c == nil {
		return lipgloss.NoColor{}
	}
	return c
}
