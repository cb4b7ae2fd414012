//go:build unix

package main

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// handOut sends one descriptor, and ends the connection.
func handOut(conn *net.UnixConn, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	_, _, err = conn.WriteMsgUnix([]byte("x"), syscall.UnixRights(int(f.Fd())), nil)
	return errors.Join(err, f.Close(), conn.Close())
}
