//go:build unix

package stack

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// hold takes a port without listening on it: who connects is refused, and who
// looks for a free port gets another.
func hold(address string) (io.Closer, error) {
	at, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, err
	}
	syscall.ForkLock.RLock() // no child inherits it
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("hold %s: %w", address, err)
	}
	socket := os.NewFile(uintptr(fd), address)
	// Connections that have just ended may still be at the port.
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		socket.Close()
		return nil, fmt.Errorf("hold %s: %w", address, err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: at.Port, Addr: [4]byte(at.IP.To4())}); err != nil {
		socket.Close()
		return nil, fmt.Errorf("hold %s: %w", address, err)
	}
	return socket, nil
}
