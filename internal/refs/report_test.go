package refs

import (
	"strings"
	"testing"

	"github.com/org/cilock-action/pkg/secretscan"
)

// TestRedactImages: what stands behind the @ of an image is no host, so the
// image is no login, and is reported as it was written. A secret in it is not.
func TestRedactImages(t *testing.T) {
	redact := secretscan.NewRedactor([]string{"API_TOKEN=s3cretT0kenValue"}, secretscan.Options{}).RedactString
	for _, text := range []string{
		"docker://alpine@latest", "docker://alpine:3@SHA256:" + strings.Repeat("ab", 32), "docker://registry.test:5000/alpine@md5:00", "DOCKER://alpine@",
	} {
		r := Report{Rows: []Row{use(1, text)}}
		if r.Redact(redact); r.Rows[0].Uses != text {
			t.Errorf("%s became %s", text, r.Rows[0].Uses)
		}
	}
	for _, text := range []string{"docker://s3cretT0kenValue@latest", "docker://someone:else@registry.test/alpine", "docker://alpine@s3cretT0kenValue"} {
		r := Report{Rows: []Row{use(1, text)}}
		if r.Redact(redact); !strings.Contains(r.Rows[0].Uses, "[REDACTED:") || !strings.Contains(r.Rows[0].Canonical, "[REDACTED:") {
			t.Errorf("%s became %s", text, r.Rows[0].Uses)
		}
	}
}
