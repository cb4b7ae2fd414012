package secretscan

import "testing"

// BenchmarkRedactFound is of names as they are in most evidence: nothing is found in any of them.
func BenchmarkRedactFound(b *testing.B) {
	s, err := NewScanner(ScanOptions{Values: NewValues(manyValues(3))})
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{
		"path": "internal/action/collect_files.go", "numbered": "d0012/f-00123456.txt", "hashed": "dist/assets/index-4f3a2b1c9d8e7f60.js",
		"digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "class": "src/main/java/com/example/AbstractSingletonProxyFactoryBean.java",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s.RedactFound(text) != text {
					b.Fatal("redacted")
				}
			}
		})
	}
}
