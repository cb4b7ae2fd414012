package main

import (
	"fmt"
	"net"
	"path/filepath"
)

// serve starts what a trick needs outside the traced tree, and returns how to
// stop it. Setup "helper" is a daemon that hands out the secret's descriptor to
// whoever connects to the socket `daemon`: what docker does for its clients.
func serve(s *scene, t Trick) (stop func(), err error) {
	if t.Setup != "helper" {
		return func() {}, nil
	}
	socket := filepath.Join(s.dir, "daemon")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", t.Name, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.AcceptUnix()
			if err != nil {
				return // closed by stop
			}
			_ = handOut(conn, filepath.Join(s.dir, "secret")) // if it cannot, the trick says so
		}
	}()
	return func() {
		_ = l.Close() // all that can fail is a second time
		<-done
	}, nil
}
