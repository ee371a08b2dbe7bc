package main

import (
	"context"
	"testing"

	"github.com/stemedb/stemetop/sources/remote"
)

// counted is a transport that knows whether it was closed.
type counted struct{ closed int }

func (*counted) Start(context.Context, string) (remote.Session, error) { return nil, nil } //nolint:nilnil // never used
func (c *counted) Close() error                                        { c.closed++; return nil }

func TestSharedWayEndsWithItsLastUser(t *testing.T) {
	c := &counted{}
	way := &sharedWay{Transport: c}
	a, b := way.join(), way.join()
	for range 2 { // the second time is nothing new
		if err := a.Close(); err != nil || c.closed != 0 {
			t.Fatalf("closed %d times below a user, %v", c.closed, err)
		}
	}
	if err := b.Close(); err != nil || c.closed != 1 {
		t.Errorf("closed %d times, %v", c.closed, err)
	}
	if err := way.join().Close(); err != nil || c.closed != 2 {
		t.Errorf("closed %d times, %v", c.closed, err)
	}
}
