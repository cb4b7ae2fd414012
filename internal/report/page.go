package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/org/cilock-action/internal/sink"
)

//go:embed page.html
var pageText string

//go:embed page.css
var styleText string

//go:embed page.js
var scriptText string

// Prefix is how every page begins, so that one is known from any other file.
const Prefix = "<!doctype html>\n<html lang=\"en\" class=\"cilock-report\">\n"

// contentPolicy lets the page's own style and script in and nothing else: no
// request of any kind, and no text that becomes markup.
func contentPolicy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{
		"default-src 'none'", "script-src " + hash(scriptText), "style-src " + hash(styleText),
		"base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
	}, "; ")
}

// embedded is a bundle as the page holds it.
type embedded struct {
	id   string
	data []byte
}

func newEmbedded(id string, b Bundle) embedded { return embedded{id, b.Data} }

// page writes the frame and the static part by a template, and behind it what no
// template needs to know: data that is JSON or base64, and the script.
func (v *view) page(d *data, bundles []embedded) ([]byte, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("make the page: %w", err)
	}
	var static bytes.Buffer
	err = t.Execute(&static, struct {
		*view
		Style template.CSS // ours
	}{v, template.CSS(styleText)})
	if err != nil {
		return nil, fmt.Errorf("make the page: %w", err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n", Prefix, contentPolicy())
	out.WriteString(sink.Reveal(static.String()))
	text, err := d.json()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&out, "<script type=\"application/json\" id=\"data\">%s</script>\n", text)
	for _, b := range bundles {
		fmt.Fprintf(&out, "<script type=\"application/octet-stream\" id=\"%s-bundle\">\n", b.id)
		if err := wrapBase64(&out, b.data); err != nil {
			return nil, err
		}
		out.WriteString("</script>\n")
	}
	fmt.Fprintf(&out, "<script>%s</script>\n</body>\n</html>\n", scriptText)
	return out.Bytes(), nil
}

// wrapBase64 writes lines of 76 characters, which every tool can decode (RFC 2045).
func wrapBase64(w io.Writer, data []byte) error {
	const width = 76
	for text := base64.StdEncoding.EncodeToString(data); len(text) > 0; {
		n := min(len(text), width)
		if _, err := io.WriteString(w, text[:n]+"\n"); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}
