//go:build unix

package gitleaks

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
)

// buildLines are what "go build -x" prints of the standard library, without building it.
var buildLines = sync.OnceValue(func() []string {
	out, err := exec.Command("go", "build", "-n", "-a", "std").CombinedOutput()
	if err != nil {
		panic(fmt.Sprintf("go build -n: %v: %s", err, out))
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
})

// buildLog is a job's log: half of it what "go build -x" prints, half what tests and package managers do.
func buildLog(r *rand.Rand, size int) []byte {
	lines := buildLines()
	var out bytes.Buffer
	at := r.IntN(len(lines))
	for i := 0; out.Len() < size; i++ {
		fmt.Fprintf(&out, "2026-11-%02dT10:%02d:%02d.%07dZ ", i/90000%28+1, i/60%60, i%60, r.IntN(1e7))
		if r.IntN(2) == 0 {
			out.WriteString(lines[at%len(lines)] + "\n")
			at++
			continue
		}
		switch n := r.IntN(9000) + 1000; r.IntN(8) {
		case 0:
			fmt.Fprintf(&out, "=== RUN   TestKeyRotation/case_%d\n", n)
		case 1:
			fmt.Fprintf(&out, "    --- PASS: TestTokenStore/%s (0.%02ds)\n", letters(r, 8), n%100)
		case 2:
			fmt.Fprintf(&out, "ok  \tgithub.com/org/project/internal/auth%d\t%d.%03ds\tcoverage: %d.%d%% of statements\n", n%50, n%9, n%1000, n%100, n%10)
		case 3:
			fmt.Fprintf(&out, "npm http fetch GET 200 https://registry.example/@types/package-%d/-/package-%d-1.%d.tgz %dms (cache miss)\n", n%300, n%300, n%90, n)
		case 4:
			fmt.Fprintf(&out, "npm sill placeDep ROOT key-util@1.%d.%d OK for: project@0.0.0 want: ^1.%d.0\n", n%30, n%7, n%30)
		case 5:
			fmt.Fprintf(&out, "Get:%d http://deb.example/debian stable/main amd64 libcurl%d amd64 7.%d-1+deb12u%d [%d kB]\n", n%400, n%9, n%90, n%9, n)
		case 6:
			fmt.Fprintf(&out, "#%d sha256:%s %d.%dMB / 31.4MB %d.2s\n", n%30, hex.EncodeToString(noise(r, 32)), n%31, n%9, n%30)
		case 7:
			fmt.Fprintf(&out, "Preparing to unpack .../%03d-author-api-tools_%d.%d-1_amd64.deb ...\n", n%400, n%9, n%40)
		}
	}
	return out.Bytes()
}

// encodedBytes are what is encoded in a log: mostly something compressed, which looks random, and sometimes text.
func encodedBytes(r *rand.Rand, size int) []byte {
	if r.IntN(4) == 0 {
		return buildLog(r, size)[:size]
	}
	return noise(r, size)
}

// wrappedInLog is base64 in lines of 76 characters, with some lines of a log between two texts.
func wrappedInLog(r *rand.Rand, size int) []byte {
	var out bytes.Buffer
	for out.Len() < size {
		out.Write(buildLog(r, 600))
		text := base64.StdEncoding.EncodeToString(encodedBytes(r, 500+r.IntN(6000)))
		for ; len(text) > 0; text = text[min(76, len(text)):] {
			out.WriteString(text[:min(76, len(text))] + "\n")
		}
	}
	return out.Bytes()
}

// longBase64 is base64 without line ends, 4 to 100 kB in a line of a log.
func longBase64(r *rand.Rand, size int) []byte {
	var out bytes.Buffer
	for out.Len() < size {
		out.Write(buildLog(r, 600))
		out.WriteString("data: " + base64.StdEncoding.EncodeToString(encodedBytes(r, 3000+r.IntN(72_000))) + "\n")
	}
	return out.Bytes()
}

// hexDumps is what "hexdump -C" prints of files.
func hexDumps(r *rand.Rand, size int) []byte {
	var out bytes.Buffer
	for out.Len() < size {
		out.Write(buildLog(r, 300))
		out.WriteString(hexDump(encodedBytes(r, 1000+r.IntN(4000))))
	}
	return out.Bytes()
}

func hexDump(b []byte) string { return strings.TrimSuffix(hex.Dump(b), "\n") + "\n" }

// oneLongLine is a log without line ends.
func oneLongLine(r *rand.Rand, size int) []byte {
	return bytes.ReplaceAll(buildLog(r, size), []byte("\n"), []byte(" "))
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	random(r, b)
	return b
}

func letters(r *rand.Rand, n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}
