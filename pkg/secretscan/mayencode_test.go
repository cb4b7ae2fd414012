package secretscan

import (
	"strings"
	"testing"
)

func TestMayEncode(t *testing.T) {
	for _, name := range []string{
		"", "short-Name1", "internal/action/collect_files.go", "d17/f17234", "src/main/java/com/example/AbstractSingletonProxyFactoryBean.java",
		"node_modules/lodash/_baseClone.js", "a/deep/path/of/many/words/that/goes/on/and/on/index.html",
	} {
		if mayEncode([]byte(name)) {
			t.Errorf("%q is looked at", name)
		}
	}
	for _, text := range []string{
		"x-9f86d081884c7d65", "MFRGGZDFMZTWQ2LK", "c2VjcmV0IHNlY3JldA", "QWxhZGRpbpvcGVuIHNlc", "%67%68%70%5f%67%68%70%5f", `\x67\x68\x70\x5f\x67\x68\x70\x5f`,
		"[103, 104, 112, 95, 103, 104, 112, 95, 103]", "&#103;&#104;&#112;&#95;&#103;&#104;&#112;&#95;", "67:68:70:5f:67:68:70:5f:67", "g h p _ g h p _ g h p _",
		"a/dir/b\x1f\x8b\x08 packed", "<~9jqo^BlbD-BleB1DJ+*+F(f,q~>",
	} {
		if !mayEncode([]byte(text)) {
			t.Errorf("%q is not looked at", text)
		}
		if long := strings.Repeat("word/", 40) + text; !mayEncode([]byte(long)) {
			t.Errorf("%q is not looked at behind other text", text)
		}
	}
}
