//go:build amd64 || arm64

package bpf

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/trace"
)

// BenchmarkNetwork compares the time that a program needs to send over the
// loopback device with the sensor and without it, in the order ABBA. ratio is
// the median of the former by that of the latter, noise the ratio of two halves
// of the latter.
func BenchmarkNetwork(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"bulk", 1000}, {"turns", 20000}, {"datagrams", 100000}} {
		b.Run(c.name, func(b *testing.B) {
			at := swallow(b)
			var traced, plain, again []int64
			for b.Loop() {
				plain = append(plain, duration(b, false, c.name, at, c.n))
				traced = append(traced, duration(b, true, c.name, at, c.n), duration(b, true, c.name, at, c.n))
				again = append(again, duration(b, false, c.name, at, c.n))
			}
			all := slices.Concat(plain, again)
			b.ReportMetric(median(traced)/median(all), "ratio")
			b.ReportMetric(median(again)/median(plain), "noise")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func median(v []int64) float64 {
	slices.Sort(v)
	return float64(v[(len(v)-1)/2]+v[len(v)/2]) / 2
}

// swallow takes everything that is sent to an address of TCP and UDP, and sends
// single bytes back.
func swallow(b *testing.B) string {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	u, err := net.ListenPacket("udp4", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { u.Close() })
	go func() {
		buf := make([]byte, 2000)
		for {
			if _, _, err := u.ReadFrom(buf); err != nil {
				return
			}
		}
	}()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go answerBytes(c)
		}
	}()
	return l.Addr().String()
}

func answerBytes(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 1<<20)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if n == 1 {
			c.Write(buf[:1])
		}
	}
}

// duration is the time that childBulk says.
func duration(b *testing.B, traced bool, how, at string, n int) int64 {
	w := freeze(b, trick(b, "bulk", how, at, strconv.Itoa(n))...)
	var said string
	if traced {
		s := arm(b, trace.Options{PID: w.cmd.Process.Pid, Handler: trace.HandlerFunc(func(trace.Message) {})})
		said = w.thaw(b)
		stop(b, s)
	} else {
		said = w.thaw(b)
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(said), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return ns
}
