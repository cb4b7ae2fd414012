package actionref

import (
	"fmt"
	"strings"
	"testing"
)

// TestUntrusted: what an expression can bring into a script.
func TestUntrusted(t *testing.T) {
	for expression, want := range map[string]bool{
		"github.event.issue.title":                                         true,
		"github.event.pull_request.head.ref":                               true,
		"github.event.commits[0].message":                                  true,
		"github.event.commits[1].author.email":                             true,
		"github.head_ref":                                                  true,
		"GitHub.Event.Comment.Body":                                        true,
		"github['event']['issue']['title']":                                true,
		"github [ 'event' ] . issue . body":                                true,
		"github.event[matrix.key]":                                         true,
		"github[inputs.which]":                                             true,
		"toJSON(github.event)":                                             true,
		"toJSON(github)":                                                   true,
		"format('x {0}', github.event.review.body)":                        true,
		"github.event.pull_request.labels.*.name":                          true,
		"github.event.inputs.version":                                      true,
		"github.event.issue.number == 1 && github.event.issue.title":       true,
		"github.event.pages[0].page_name || 'x'":                           true,
		"github.event.pull_request.head.sha":                               false,
		"github.event.pull_request.number":                                 false,
		"github.event_name":                                                false,
		"github.sha":                                                       false,
		"github.event.repository.full_name":                                false,
		"contains(github.event.pull_request.labels.*.name, 'x')":           false,
		"startsWith(github.event.issue.title, 'a') && 'yes' || 'no'":       false,
		"github.event.issue.title == 'a'":                                  false,
		"'github.event.issue.title'":                                       false,
		"secrets.TOKEN":                                                    false,
		"contains(github.event.issue.title, 'x') && github.event.ref_name": true,
		"":                          false,
		"((((":                      false,
		"))))github.head_ref":       true,
		"'unclosed github.head_ref": false,
	} {
		if got := untrusted(expression); got != want {
			t.Errorf("untrusted(%q) = %v, want %v", expression, got, want)
		}
	}
}

// TestInjectionPlaces: the position is that of the expression in the file,
// in every style of scalar, and only run: is a script.
func TestInjectionPlaces(t *testing.T) {
	src := strings.Join([]string{
		"on: push",
		"jobs:",
		"  a:",
		"    steps:",
		"      - run: echo ${{ github.sha }} ${{ github.head_ref }}",
		"      - run: |",
		"          echo ok",
		"          é ${{ github.event.issue.title }}",
		"      - run: \"x ${{ github.event.issue.body }}\"",
		"      - uses: a/b@v1",
		"        with: { run: '${{ github.head_ref }}' }",
		"      - &x { run: 'y ${{github.head_ref}}' }",
		"      - *x",
		"      - run: ${{ github.head_ref",
	}, "\n")
	var got []string
	for _, i := range Find([]byte(src)).Injections {
		got = append(got, fmt.Sprintf("%d:%d %s %s", i.Line, i.Col, i.Expression, i.Job))
	}
	want := []string{
		"5:37 github.head_ref a",
		"8:13 github.event.issue.title a",
		"9:17 github.event.issue.body a",
		"12:22 github.head_ref a",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("injections\n%q, want\n%q", got, want)
	}
}
