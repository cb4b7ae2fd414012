package decode

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestStat(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(3, 4))}
	texts := map[string][]byte{"log": ciLog(m, 2<<20), "base64": base64Log(m, 2<<20), "minified": minified(m, 1<<20)}
	if f := os.Getenv("STATFILE"); f != "" {
		b, _ := os.ReadFile(f)
		texts = map[string][]byte{f: b}
	}
	for name, text := range texts {
		type st struct {
			n, size int
			ex      string
		}
		st1 := map[string]*st{}
		b := NewBudget(Limits{})
		walk(b, text, func(n node) bool {
			p := strings.Join(n.path, " ")
			if st1[p] == nil {
				st1[p] = &st{}
			}
			s := st1[p]
			s.n++
			s.size += len(n.text)
			if s.n == 3 {
				s.ex = fmt.Sprintf("%.90q", n.text)
			}
			return true
		})
		var keys []string
		for k := range st1 {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b string) int { return st1[b].size - st1[a].size })
		fmt.Println("==", name, len(text), b.Gaps(), b.work)
		for _, k := range keys[:min(len(keys), 30)] {
			fmt.Printf("%-40s %6d %9d %s\n", k, st1[k].n, st1[k].size, st1[k].ex)
		}
	}
}
