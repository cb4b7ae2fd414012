package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
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
			handOut(conn, filepath.Join(s.dir, "secret"))
		}
	}()
	return func() { l.Close(); <-done }, nil
}

// handOut sends one descriptor. If it cannot, the trick finds out and says so.
func handOut(conn *net.UnixConn, name string) {
	defer conn.Close()
	f, err := os.Open(name)
	if err != nil {
		return
	}
	defer f.Close()
	conn.WriteMsgUnix([]byte("x"), syscall.UnixRights(int(f.Fd())), nil)
}
