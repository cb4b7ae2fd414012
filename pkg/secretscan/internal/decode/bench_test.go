//go:build unix

package decode

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ciLog makes the output of a job: groups, compilers, package managers, tests, digests, colours now and then.
func ciLog(m maker, size int) []byte {
	var b bytes.Buffer
	words := strings.Fields("internal/action/derive_trace compile test-unit libfoo python3.11 node_modules/@types/react x86_64-linux-gnu " +
		"github.com/org/project/pkg/server resolved fetching cached linking src/components/LoginFormController.tsx warning deprecated")
	for n := 0; b.Len() < size; n++ {
		stamp := fmt.Sprintf("2026-11-28T01:%02d:%02d.%07dZ ", n/60%60, n%60, m.IntN(10_000_000))
		w := func() string { return words[m.IntN(len(words))] }
		switch m.IntN(14) {
		case 0:
			fmt.Fprintf(&b, "%sok  \t%s/%s\t%d.%03ds\n", stamp, w(), w(), m.IntN(9), m.IntN(1000))
		case 1:
			fmt.Fprintf(&b, "%snpm http fetch GET 200 https://registry.invalid/%s %dms (cache hit)\n", stamp, w(), m.IntN(900))
		case 2:
			fmt.Fprintf(&b, "%sGet:%d http://deb.invalid/debian bookworm/main amd64 lib%s amd64 1.%d.%d-2 [%d kB]\n", stamp, n, w(), m.IntN(9), m.IntN(90), m.IntN(999))
		case 3:
			fmt.Fprintf(&b, "%s#%d sha256:%s %d.%dMB / 31.4MB %d.2s\n", stamp, m.IntN(30), m.from("0123456789abcdef", 64), m.IntN(31), m.IntN(9), m.IntN(30))
		case 4:
			fmt.Fprintf(&b, "%s\x1b[36;1m%s --flag=%s\x1b[0m\n", stamp, w(), w())
		case 5:
			fmt.Fprintf(&b, "%s{\"level\":\"info\",\"msg\":\"%s %s\",\"took\":%d.5,\"id\":\"%s\"}\n", stamp, w(), w(), m.IntN(99), m.from("0123456789abcdef", 12))
		case 6:
			fmt.Fprintf(&b, "%s%s(%d,%d): error TS%d: Type '%s' is not assignable\n", stamp, w(), m.IntN(999), m.IntN(99), 1000+m.IntN(9000), w())
		default:
			fmt.Fprintf(&b, "%s  %s %s %s %s (%d/214)\n", stamp, w(), w(), w(), w(), m.IntN(214))
		}
	}
	return b.Bytes()[:size]
}

// base64Log is a log in which every third line is encoded.
func base64Log(m maker, size int) []byte {
	var b bytes.Buffer
	for b.Len() < size {
		b.Write(ciLog(m, 400))
		b.WriteByte('\n')
		text := string(ciLog(m, 300+m.IntN(3000)))
		if m.IntN(4) == 0 {
			text = m.from("\x00\x01\x02\x03\x04\x05\x06\x07\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0abcdefghijkl", 2000)
		}
		b.WriteString(wrapAt(b64(text), 76, with(""), ""))
	}
	return b.Bytes()[:size]
}

func minified(m maker, size int) []byte {
	var b bytes.Buffer
	for b.Len() < size {
		fmt.Fprintf(&b, `function %s(e,t,n){return e.%s&&(t[%d]=n("%s"),!0)||void 0===t.%s?null:{%s:"#%s",b:[1,2,%d]}}var %s=%d;`,
			m.from("abcdefgh", 2), m.from("abcdefghijkl", 7), m.IntN(99), m.from("abcdefghij-/", 14), m.from("abcdeABCDE", 9),
			m.from("abcdef", 5), m.from("0123456789abcdef", 6), m.IntN(999), m.from("xyz", 2), m.IntN(99999))
	}
	return b.Bytes()[:size]
}

// cpu is the processor time that this process took. The machine may be shared, so wall time says little.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkTree decodes texts to three layers. It says how many bytes a second of processor time takes, and how much the
// tree has beside the text.
func BenchmarkTree(b *testing.B) {
	m := maker{rand.New(rand.NewPCG(3, 4))}
	const mib = 1 << 20
	noise := make([]byte, 4*mib)
	for i := range noise {
		noise[i] = byte(m.IntN(256))
	}
	for _, c := range []struct {
		name string
		text []byte
	}{
		{"log", ciLog(m, 8*mib)},
		{"base64", base64Log(m, 4*mib)},
		{"minified", minified(m, 4*mib)},
		{"noise", noise},
		{"noise in base64", []byte(b64(string(noise)))},
		{"line", bytes.ReplaceAll(ciLog(m, 50*mib), []byte("\n"), []byte(" "))},
		{"line of base64", []byte(b64(string(ciLog(m, 36*mib))))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			nodes, size := 0, 0
			var gaps []Gap
			start := cpu(b)
			scan(c.text)
			pass := cpu(b) - start
			start = cpu(b)
			for b.Loop() {
				budget := NewBudget(Limits{})
				nodes, size = 0, 0
				var descend func([]byte, int)
				descend = func(text []byte, depth int) {
					nodes++
					size += len(text)
					if depth < layers {
						Children(text, budget, func(c Child) { descend(c.Data, depth+1) })
					}
				}
				descend(c.text, 0)
				gaps = budget.Gaps()
			}
			b.ReportMetric(float64(len(c.text))*float64(b.N)/1e6/(cpu(b)-start).Seconds(), "MB/cpu-s")
			b.ReportMetric(float64(cpu(b)-start)/float64(pass)/float64(b.N), "passes")
			b.ReportMetric(float64(nodes), "nodes")
			b.ReportMetric(float64(size)/float64(len(c.text)), "texts")
			if gaps != nil {
				b.Log(gaps)
			}
		})
	}
}
