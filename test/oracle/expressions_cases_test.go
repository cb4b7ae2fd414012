package oracle

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// oracleContexts are the contexts of the cases, as JSON.
var oracleContexts = map[string]string{
	"github": `{"event":{"pull_request":{"labels":[{"name":"bug","id":1},{"name":"UI"},{"id":3}],"draft":false},
		"commits":[{"files":["a","b"]},{"files":["c"]},{"files":null}]},
		"token":"t","Ref":"refs/heads/main","run_number":17,"empty":"","nothing":null,"with-dash":"d","_x":true}`,
	"matrix": `{"os":["linux","macOS",3,true,null,{"a":1},["x","y"]],"include":{"b":{"v":1},"a":{"v":2},"c":"no"}}`,
	"inputs": `{"quote":"it's","lines":"a\nb\tc","angle":"<a href=\"x\">&</a>","wide":"ünïcödé 🎉","number":"42","braces":"{0}"}`,
	"steps":  `{}`,
}

// operands are one expression of each kind of value, and the borders between
// kinds.
var operands = []string{
	"null", "true", "false", "0", "1", "-1", "0.5", "NaN", "Infinity", "-Infinity", "''", "' '", "'0'", "'1'", "'-1'",
	"'a'", "'A'", "'b'", "'true'", "'null'", "' 1 '", "'0x1'", "'1e0'", "'NaN'", "'Infinity'",
	"github", "matrix", "github.event", "matrix.os", "matrix.os.*", "fromJSON('{}')", "fromJSON('[]')", "steps.none",
}

// expressionCases are all cases, no two of them equal: those of the file, every
// pair of operands under every operator, numbers in every place, and limits.
func expressionCases(t *testing.T) []string {
	t.Helper()
	var all []string
	seen := map[string]bool{}
	add := func(format string, args ...any) {
		if text := fmt.Sprintf(format, args...); !seen[text] {
			seen[text] = true
			all = append(all, text)
		}
	}
	for _, a := range operands {
		for _, form := range []string{"%s", "!%s", "!!(%s)", "toJSON(%s)", "format('<{0}>', %s)", "join(%s)", "(%s).x", "(%s)[0]", "(%s).*"} {
			add(form, a)
		}
		for _, b := range operands {
			for _, op := range []string{"==", "!=", "<", "<=", ">", ">=", "&&", "||"} {
				add("%s %s %s", a, op, b)
			}
			for _, form := range []string{"contains(%s, %s)", "startsWith(%s, %s)", "endsWith(%s, %s)", "join(%s, %s)", "(%s)[%s]"} {
				add(form, a, b)
			}
		}
	}
	for _, n := range numbers {
		add("%s", n)
		add("'%s' == %s", n, n)
		add("'%s' + 0", n)
		add("0 + %s", n)
		add("'%s' < 1", n)
		add("fromJSON('%s')", n)
		add("format('{0}', %s)", n)
	}
	list, err := os.ReadFile("testdata/expressions.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "##") {
			add("%s", line)
		}
	}
	for _, text := range deep() {
		add("%s", text)
	}
	return all
}

var numbers = strings.Fields(`
	0 00 -0 +0 1 +1 01 1. .5 -.5 +.5 5.e3 1e3 1E3 1e+3 1e-3 1.5e-3 0.1 0.0001 0.00012345 0.001 123.456 99.999
	123456789 1234567890123 999999999999999 2147483647 2147483648 -2147483649 1.7976931348623157e308
	0x0 0x1f 0xFF 0x7fffffff 0o17 0o0 0o777 0.30000000000000004 1.0000000000000002 100.125 3.14159265358979
	-123.456 1e14 123456789012345 0.5 0.25 1e400 -1e400 1e-400 . - + -- 1- 1e e1 1e+ 0x 0o 0o8 0xg 1_0 1,0 1.2.3
	.. -. +Infinity Infinity -Infinity NaN -NaN ∞ ½ ١`)

// deep are expressions at the limits.
func deep() []string {
	var all []string
	for _, n := range []int{10, 48, 49, 50, 60} {
		all = append(all,
			strings.Repeat("!", n)+"1",
			"github"+strings.Repeat(".a", n),
			strings.Repeat("toJSON(", n)+"1"+strings.Repeat(")", n),
			strings.Repeat("(", n)+"1"+strings.Repeat(")", n),
			"1"+strings.Repeat(" == 1", n),
			"0"+strings.Repeat(" || 0", n),
			"github"+strings.Repeat("[0]", n),
		)
	}
	return append(all,
		"'"+strings.Repeat("a", 20_998)+"'", "'"+strings.Repeat("a", 20_999)+"'", "contains('"+strings.Repeat("é", 19_000)+"', 'É')")
}
