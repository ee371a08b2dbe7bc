// Package runbook is the judgement of stemetop: which alerts hold, where the lag
// is going, and what the runbook says of it.
//
// It is pure, as sources/cluster is: no clock, no goroutine, no I/O. Alerts is a
// fold over the stream; a Forecast is a function of points.
package runbook
