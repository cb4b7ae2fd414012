//go:build !unix

package main

import (
	"errors"
	"net"
)

func handOut(*net.UnixConn, string) error { return errors.ErrUnsupported }
