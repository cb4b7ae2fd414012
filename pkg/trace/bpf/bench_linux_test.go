//go:build amd64 || arm64

package bpf

import (
	"context"
	"testing"
	"time"

	"github.com/org/cilock-action/pkg/trace"
)

// BenchmarkArm is all that a step waits for: load, attach, self-test, and the
// end of it.
func BenchmarkArm(b *testing.B) {
	for b.Loop() {
		if _, err := Probe(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOverhead runs programs with and without a sensor in turn (ABBA) and
// reports how much longer they take with one: by the clock, and in CPU time of
// the program alone, which a busy machine distorts less. The sensor is loaded
// and released outside of the measured time.
func BenchmarkOverhead(b *testing.B) {
	for name, script := range map[string]string{
		"open": "exec grep -rs no-line-has-these-words /usr/share",
		"exec": "i=0; while [ $i -lt 2000 ]; do /bin/true; i=$((i+1)); done",
	} {
		b.Run(name, func(b *testing.B) {
			var with, without measure
			for b.Loop() {
				for _, traced := range []bool{false, true, true, false} {
					if traced {
						with.add(b, script, true)
					} else {
						without.add(b, script, false)
					}
				}
			}
			b.ReportMetric(float64(with.wall)/float64(without.wall), "wall-ratio")
			b.ReportMetric(float64(with.cpu)/float64(without.cpu), "cpu-ratio")
			b.ReportMetric(float64(with.lost), "lost")
			b.ReportMetric(0, "ns/op")
		})
	}
}

type measure struct {
	wall, cpu time.Duration
	lost      uint64
}

func (m *measure) add(b *testing.B, script string, traced bool) {
	w := freeze(b, "sh", "-c", script)
	var s trace.Sensor
	if traced {
		s = arm(b, trace.Options{PID: w.cmd.Process.Pid, Handler: trace.HandlerFunc(func(trace.Message) {})})
	}
	start := time.Now()
	w.thaw(b)
	m.wall += time.Since(start)
	m.cpu += w.cmd.ProcessState.UserTime() + w.cmd.ProcessState.SystemTime()
	if s != nil {
		for _, c := range s.Stop(context.Background()).Classes {
			m.lost += c.Lost
		}
	}
}
