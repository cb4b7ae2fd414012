package attacks

import (
	"testing"

	"github.com/org/cilock-action/test/stack"
)

// TestTamperedRekor1 is TestTampered with the older log, which also promises
// an entry and says when it took it in.
func TestTamperedRekor1(t *testing.T) {
	tampered(t, stack.StartRekor1(t, stack.Start(t)), append(attacks(),
		attack{"promise", "log entry", func(b, _ map[string]any) {
			flip(at(b, material, "tlogEntries", "inclusionPromise"), "signedEntryTimestamp", 1)
		}},
		attack{"time of the entry", "log entry", func(b, _ map[string]any) { at(b, material, "tlogEntries")["integratedTime"] = "1700000000" }},
		attack{"no timestamp, but the log's", "", func(b, _ map[string]any) { delete(at(b, material), timestamp) }},
		attack{"neither", "trusted time", func(b, _ map[string]any) {
			delete(at(b, material), timestamp)
			delete(at(b, material, "tlogEntries"), "inclusionPromise")
		}},
	))
}
