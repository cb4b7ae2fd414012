package scandoc

import (
	"bytes"
	"fmt"
	"testing"
)

// BenchmarkRecognise reads a bill of materials of 4 MiB, and JSON that is none.
func BenchmarkRecognise(b *testing.B) {
	var text bytes.Buffer
	text.WriteString(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}`)
	for i := 0; text.Len() < 4<<20; i++ {
		fmt.Fprintf(&text, `,{"type":"library","name":"library-%d","version":"1.2.3","purl":"pkg:generic/library-%d@1.2.3","hashes":[{"alg":"SHA-256","content":"%064d"}]}`, i, i, i)
	}
	text.WriteString("]}")
	for name, data := range map[string][]byte{
		"sbom": text.Bytes(), "other": bytes.Replace(text.Bytes(), []byte("bomFormat"), []byte("bomformat"), 1),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Recognise(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
