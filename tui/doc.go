// Package tui is the screen: the program's only tea.Model, its layout, keys,
// themes and overlays, and the terminal it is drawn on.
//
// What is shown follows from three things: the snapshot of the instant that the
// cursor stands on, live or in the past; the size; and what was pressed. Update
// changes the model and makes a frame where that changed what is seen; package
// panes draws the parts of it; the painter sends the terminal the difference to
// the frame before.
//
// bubbletea's own renderer is not used: its ticker can't be paused and costs
// more than all the rest of the program while nothing happens. Its event loop,
// keyboard and commands are.
package tui
