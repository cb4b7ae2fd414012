//go:build unix

package gitleaks

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkScan measures both sides on the same text in the same run. The figure to look at is the ratio, "x-gitleaks":
// how many times as much text a second of our CPU time scans.
func BenchmarkScan(b *testing.B) {
	for _, input := range []struct {
		name string
		text func(r *rand.Rand, size int) []byte
	}{
		{"log", ciLog}, {"base64", base64Heavy}, {"minified", minified}, {"line", oneLine}, {"adversarial", adversarial},
	} {
		b.Run(input.name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			mine, their := input.text(r, 8<<20), input.text(r, 256<<10)
			if input.name == "adversarial" {
				mine, their = mine[:1<<20], their[:16<<10]
			}
			s, d := scanner(b), detector(b)
			s.ScanText(mine[:64<<10]) // compiles what is compiled once
			d.DetectBytes(their[:8<<10])
			start := cpu(b)
			for at := 0; at < len(their); at += 100_000 {
				d.DetectBytes(their[at:min(at+100_000, len(their))])
			}
			theirRate := float64(len(their)) / (cpu(b) - start).Seconds()
			b.SetBytes(int64(len(mine)))
			start = cpu(b)
			n := 0
			for b.Loop() {
				s.ScanText(mine)
				n++
			}
			rate := float64(len(mine)*n) / (cpu(b) - start).Seconds()
			b.ReportMetric(rate/1e6, "cpu-MB/s")
			b.ReportMetric(theirRate/1e6, "gitleaks-cpu-MB/s")
			b.ReportMetric(rate/theirRate, "x-gitleaks")
		})
	}
}

// cpu returns the CPU time of this process.
func cpu(b testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ciLog is like what builds print: timestamps, downloads, tests, digests, a name like "token" now and then.
func ciLog(r *rand.Rand, size int) []byte {
	var out bytes.Buffer
	kinds := []string{
		"go: downloading example.com/module/v%d v1.%d.%d\n",
		"=== RUN   TestKeyRotation/case_%d\n--- PASS: TestKeyRotation/case_%d (0.%02ds)\n",
		"npm http fetch GET 200 https://registry.example/-/package-%d-%d.tgz %dms (cache miss)\n",
		"#%d [internal] load build definition from Dockerfile sha256:%064x %dB done\n",
		"Get:%d http://deb.example stable/main amd64 libcurl%d amd64 7.%d-1 [312 kB]\n",
		"Setting up author-api-tools (%d.%d-%d) ...\n",
		"  warning: unused variable `token_%d` --> src/auth/key.rs:%d:%d\n",
		"compile: /usr/lib/go/pkg/tool/compile -o $WORK/b%d/_pkg_.a -trimpath -p crypto/x%d -lang=go1.%d\n",
	}
	for i := 0; out.Len() < size; i++ {
		fmt.Fprintf(&out, "2026-11-%02dT10:%02d:%02d.%07dZ ", i/90000%28+1, i/60%60, i%60, r.IntN(1e7))
		fmt.Fprintf(&out, kinds[r.IntN(len(kinds))], r.IntN(500), r.IntN(500), r.IntN(90))
	}
	return out.Bytes()
}

// base64Heavy is wrapped base64 of random bytes.
func base64Heavy(r *rand.Rand, size int) []byte {
	var out bytes.Buffer
	line := make([]byte, 57)
	for out.Len() < size {
		random(r, line)
		out.WriteString(base64.StdEncoding.EncodeToString(line) + "\n")
	}
	return out.Bytes()
}

// minified is code without line ends to speak of.
func minified(r *rand.Rand, size int) []byte {
	var out bytes.Buffer
	words := strings.Fields("function return var this.key keyCode e.auth t.token,n.password accessibility null!== void 0===a&&(b=c) apiVersion:2, JSON.parse(t) .secret, author Object.keys(e).forEach s.prototype.credentials=")
	for out.Len() < size {
		out.WriteString(words[r.IntN(len(words))])
		out.WriteByte(" ;,(){}=+"[r.IntN(9)])
		if r.IntN(5000) == 0 {
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

// oneLine is random text without a line end.
func oneLine(r *rand.Rand, size int) []byte {
	text := make([]byte, size)
	random(r, text)
	for i, b := range text {
		text[i] = " abcdefghijklmnopqrstuvwxyzABCDEF0123456789=:,.-_/\"'()"[int(b)%54]
	}
	return text
}

// adversarial is a generic finding after another, in one line.
func adversarial(r *rand.Rand, size int) []byte {
	var out bytes.Buffer
	value := make([]byte, 15)
	for out.Len() < size {
		random(r, value)
		fmt.Fprintf(&out, "api_key=%q ", base64.URLEncoding.EncodeToString(value))
	}
	return out.Bytes()
}

func random(r *rand.Rand, p []byte) {
	for i := range p {
		p[i] = byte(r.Uint32())
	}
}
