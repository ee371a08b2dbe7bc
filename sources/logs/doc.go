// Package logs follows the log of a node over a shell session: the journal of
// its unit, or a file. It begins with the recent past, since most people look
// after the alert, and goes on where it was when the session is lost.
//
// The host sends what is new at each tick and never more than a screenful: of
// many lines those that the runbook asks for, then the newest, and how many were
// left out. A rate limit of its own keeps the recording small.
package logs
