//go:build linux && (amd64 || arm64)

package ptrace

import (
	"strings"
	"testing"
)

// times is how often a stress test repeats.
func times(n int) int {
	if testing.Short() {
		return n / 20
	}
	return n
}

func TestGoVersionManyTimes(t *testing.T) {
	for range times(200) {
		r := run(t, "go", "version")
		r.sound(t)
		if !r.state.Success() || !strings.HasPrefix(r.out, "go version") {
			t.Fatalf("%v %s", r.state, r.out)
		}
	}
}

func TestPipelineManyTimes(t *testing.T) {
	for range times(100) {
		r := run(t, "sh", "-c", "seq 1000 | cat | cat | cat | cat | cat | cat | wc -l")
		r.sound(t)
		if !r.state.Success() || r.out != "1000\n" {
			t.Fatalf("%v %s", r.state, r.out)
		}
	}
}
