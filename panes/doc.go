// Package panes draws the parts of the screen. Every pane is a pure function of
// a Frame, a width and a height in cells, and returns exactly that many lines,
// each exactly that wide, at any size from 0 by 0: layout never has to clip.
//
// Panes keep four promises to the reader:
//
//   - What is not known is drawn as '?', never as 0, with the reason near by; a
//     span without measurements is drawn as a gap.
//   - A figure that is not fresh carries its age.
//   - Every state has a word and a glyph at a fixed place; colour only repeats it.
//   - Numbers have fixed precision and are right-aligned, so that nothing jumps,
//     and columns of time are aligned to wall time, so that only the last one
//     changes until it closes.
//
// Only text of the type cluster.Text is drawn, which can't steer a terminal.
package panes
