package actionref

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// workflowOf returns a workflow of about n lines, a reference in every fifth.
func workflowOf(n int) []byte {
	var b strings.Builder
	b.WriteString("name: ci\non: [push]\npermissions:\n  contents: read\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n")
	for i := 8; i < n; i += 5 {
		fmt.Fprintf(&b, "      - name: step %d\n        uses: acme/tool%d@3f1c9a7be0d25486af77c41be83d90265cb1e8d4 # v1.%d.0\n        with:\n          path: out/${{ matrix.os }}\n          if-no-files-found: error\n", i, i, i)
	}
	return []byte(b.String())
}

// BenchmarkFind1000 reads 1,000 workflows of 200 lines on all cores, as
// `cilock refs` does. The goal is one second on two cores.
func BenchmarkFind1000(b *testing.B) {
	src := workflowOf(200)
	b.SetBytes(int64(1000 * len(src)))
	for b.Loop() {
		files := make(chan struct{}, 1000)
		for range 1000 {
			files <- struct{}{}
		}
		close(files)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for range files {
					if f := Find(src); len(f.Uses) < 38 || len(f.Problems) > 0 {
						b.Error(len(f.Uses), f.Problems)
					}
				}
			})
		}
		wg.Wait()
	}
}
