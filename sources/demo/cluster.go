package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/stemedb/stemetop/sources/demo/physics"
)

// Cluster is a running embedded cluster.
type Cluster struct {
	o       Options
	sim     *sim
	pages   *pages
	scratch *Scratch
	nodes   []Node

	shared   *common // by the hosts
	hosts    []*host
	journals map[int]*journal // by node

	ctx     context.Context //nolint:containedctx // the cluster's own life
	cancel  context.CancelFunc
	closers []func() error
	wg      sync.WaitGroup
	done    chan struct{}
	err     error // of closing; read after done
}

// Start starts a cluster. It ends with ctx or by Close, whichever is first. An
// error says which option or which part of the machine is in the way.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	world, err := o.world()
	if err != nil {
		return nil, err
	}
	scratch, err := NewScratch()
	if err != nil {
		return nil, err
	}
	c := &Cluster{o: o, scratch: scratch, sim: newSim(o.Clock, world), journals: map[int]*journal{}, done: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(ctx)
	if err = c.start(world); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Cluster) start(world *physics.World) error {
	// The goroutine that cleans up runs whatever happens in here.
	ready := make(chan struct{})
	defer close(ready)
	go func() {
		<-ready
		<-c.ctx.Done()
		c.err = c.teardown()
		close(c.done)
	}()
	// The WAL path must have no symbolic link above it, to be found by mountinfo.
	dir, err := filepath.EvalSymlinks(c.scratch.Path)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if c.pages, err = newPages(c.sim); err != nil {
		return err
	}
	if c.shared, err = writeCommon(filepath.Join(dir, "common")); err != nil {
		return err
	}
	for i := range world.Len() {
		if err = c.startNode(i, world.Node(i), dir); err != nil {
			return err
		}
	}
	if len(c.hosts) > 0 {
		var rpc []string
		for i := range c.nodes {
			rpc = append(rpc, c.nodes[i].RPCAddr)
		}
		if err = c.hosts[0].openPaths(rpc); err != nil {
			return err
		}
		for _, h := range c.hosts {
			if err = h.openFlows(rpc); err != nil {
				return err
			}
		}
	}
	if len(c.journals) > 0 {
		c.wg.Go(c.keepJournals)
	}
	return nil
}

// Nodes returns the nodes, the primary first.
func (c *Cluster) Nodes() []Node { return append([]Node(nil), c.nodes...) }

// Close stops everything, ends the scripts that run, and removes the temporary
// directory. It may be called more than once.
func (c *Cluster) Close() error {
	c.cancel()
	<-c.done
	return c.err
}

func (c *Cluster) startNode(i int, n *physics.Node, dir string) error {
	node := Node{ID: n.ID, Role: "replica", AgentID: n.AgentID}
	if i == 0 {
		node.Role = "primary"
	}
	l, err := c.serveHTTP(i)
	if err != nil {
		return err
	}
	node.MetricsURL = "http://" + l.Addr().String()
	if l, err = c.listen("rpc"); err != nil {
		return err
	}
	node.RPCAddr = l.Addr().String()
	c.wg.Go(func() { acceptRPC(l) })
	if n.Host != nil {
		if err = c.startHost(&node, i, filepath.Join(dir, n.ID)); err != nil {
			return err
		}
	}
	c.nodes = append(c.nodes, node)
	return nil
}

func (c *Cluster) listen(what string) (net.Listener, error) {
	l, err := listen(c.ctx, what)
	if err == nil {
		c.closers = append(c.closers, l.Close)
	}
	return l, err
}

// serveHTTP starts the HTTP server of node i.
func (c *Cluster) serveHTTP(i int) (net.Listener, error) {
	l, err := listen(c.ctx, "http")
	if err != nil {
		return nil, err
	}
	server := newServer(handler(c.pages, i))
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			c.wg.Add(1) // Serve runs within the group, so this is in time
		case http.StateClosed, http.StateHijacked:
			c.wg.Done()
		default:
		}
	}
	c.closers = append(c.closers, server.Close)
	c.wg.Go(func() { _ = server.Serve(l) }) // ends by Close
	return l, nil
}

// startHost makes the machine below a node and its SSH server.
func (c *Cluster) startHost(node *Node, i int, dir string) error {
	h, err := newHost(c.sim, i, node.ID, dir, c.shared)
	if err != nil {
		return err
	}
	c.hosts = append(c.hosts, h)
	if c.journals[i], err = openJournal(h.log); err != nil {
		return err
	}
	server, err := newSSHD(h, c.o.Authorized, c.o.Allowed)
	if err != nil {
		return err
	}
	l, err := c.listen("ssh")
	if err != nil {
		return err
	}
	c.wg.Go(func() { server.serve(c.ctx, l) })
	node.SSHAddr, node.HostKey = l.Addr().String(), server.key
	node.Proc, node.Sys, node.WALPath, node.LogFile = h.proc, h.sys, h.wal, h.log
	if i == 0 {
		node.APIConfig, err = h.writeAPIConfig()
	}
	return err
}
