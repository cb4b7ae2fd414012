package secretscan

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

func hits(v *Values, text string, encoded bool) (out []Hit) {
	v.Find([]byte(text), encoded, func(h Hit) bool { out = append(out, h); return true })
	return out
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

func wide(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// TestValueForms: a value is found however it was printed, and where.
func TestValueForms(t *testing.T) {
	value := fake(3, 15) + "/+é" + fake(4, 15)
	v := NewValues([]Value{{"A_TOKEN", value}})
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for form, texts := range map[string][]string{
		"":              {value, "x" + value + "y"},
		"base64":        {b64(value), b64("a" + value), b64("ab" + value + "c"), base64.RawURLEncoding.EncodeToString([]byte("ab" + value + "c"))},
		"base64,base64": {b64(b64(value)), b64("x" + b64("y"+value)), b64(b64("zz" + value + "zz"))},
		"base64,utf16":  {b64(wide(value)), b64(wide("echo " + value))},
		"hex":           {hex.EncodeToString([]byte(value)), fmt.Sprintf("%X", "z"+value)},
		"percent":       {url.QueryEscape(value), url.PathEscape(value)},
		"reversed":      {backwards(value)},
		"rot13":         {strings.Map(rot13, value), strings.Map(rot13, b64(value))},
		"base32":        {base32.StdEncoding.EncodeToString([]byte(value)), base32.StdEncoding.EncodeToString([]byte("abc" + value))},
		"lowercase":     {strings.ToLower(value)},
		"split":         {value[:15] + "\n" + value[15:], value[:12] + "\r\n2026-01-02T03:04:05.1234567Z app-1  | " + value[12:], value[:10] + "-" + value[10:20] + "-" + value[20:]},
		"part":          {value[:28], value[7:]},
	} {
		for _, text := range texts {
			text = "before " + text + " after"
			got := hits(v, text, true)
			if len(got) == 0 || got[0].Form != form || got[0].Value != 0 || got[0].Start < 7 || got[0].End > len(text)-6 {
				t.Errorf("%s: %q: hits %+v", form, text, got)
			}
		}
	}
	for _, text := range []string{"", value[:7], value[:14], value[:14] + strings.Repeat(" ", 200) + value[14:], fake(5, 34)} {
		if got := hits(v, text, true); len(got) != 0 {
			t.Errorf("%q: hits %+v", text, got)
		}
	}
}

// TestValueParts: what is inside a value is looked for too, by the value's name.
func TestValueParts(t *testing.T) {
	login := base64.StdEncoding.EncodeToString([]byte("robot:FAKEregistry1"))
	v := NewValues([]Value{
		{"DOCKER_AUTH_CONFIG", `{"auths":{"registry.example.com":{"auth":"` + login + `"}}}`},
		{"DATABASE_URL", "postgres://someuser:" + fake(5, 12) + "@db.example.com/app"},
		{"SSH_KEY", fakePEM()},
		{"JSON_SECRET", `{"cluster":"my-cluster","api_key":"FAKEabcd","blob":"` + fake(7, 20) + `"}`},
	}, "registry.example.com")
	for text, name := range map[string]string{
		"FAKEregistry1 ": "DOCKER_AUTH_CONFIG", "robot:FAKEregistry1": "DOCKER_AUTH_CONFIG", login: "DOCKER_AUTH_CONFIG",
		fake(5, 12): "DATABASE_URL", fake(105, 64): "SSH_KEY", fakePEM(): "SSH_KEY", "FAKEabcd": "JSON_SECRET", fake(7, 20): "JSON_SECRET",
	} {
		got := hits(v, text, false)
		if len(got) != 1 || v.list[got[0].Value].Name != name {
			t.Errorf("%q: hits %+v", text, got)
		}
		if name == "SSH_KEY" && len(got) == 1 && v.list[got[0].Value].Text != strings.TrimSpace(fakePEM()) {
			t.Errorf("%q stands for %.20q", text, v.list[got[0].Value].Text)
		}
	}
	for _, text := range []string{"db.example.com", "someuser", "registry.example.com", "my-cluster", "-----BEGIN FAKE PRIVATE KEY-----"} {
		if got := hits(v, text, true); len(got) != 0 {
			t.Errorf("%q: hits %+v", text, got)
		}
	}
}

// TestEnvironValues says which variables hold a secret.
func TestEnvironValues(t *testing.T) {
	environ := []string{
		"A_TOKEN=" + fake(1, 20), "PLAIN=" + fake(2, 20), "LISTED=" + fake(3, 20), "DB_USER=postgres1", "DB_PASSWORD=postgres1",
		"GITHUB_SHA=" + fake(4, 40), "SHA_KEY=" + fake(4, 40), "GH=" + fake(5, 40), "GH_TOKEN=" + fake(5, 40), "A_PASSWORD=password",
		"B_PASSWORD=aaaaaaaaaaaa", "REMOTE=https://u:" + fake(6, 10) + "@h/", "KEY_FILE=/home/me/key.pem", "AUTH_URL=https://h/auth", "no entry", "=",
	}
	secret, public := EnvironValues(environ, []string{"LISTED"})
	v := NewValues(secret, public...)
	var names []string
	for _, value := range v.list {
		names = append(names, value.Name)
	}
	if want := []string{"A_TOKEN", "GH_TOKEN", "LISTED", "REMOTE"}; !slices.Equal(names, want) {
		t.Errorf("values of %q, want %q", names, want)
	}
}

// TestValuesDoNotPrint: no verb shows a value.
func TestValuesDoNotPrint(t *testing.T) {
	value := Value{"A_TOKEN", fake(1, 20)}
	v := NewValues([]Value{value})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, x := range []any{value, &value, []Value{value}, v, struct{ V *Values }{v}, map[string]Value{"a": value}} {
			got := fmt.Sprintf(verb, x)
			for _, form := range []string{"FAKE", hex.EncodeToString([]byte("FAKE")), "70 65 75 69"} {
				if strings.Contains(got, form) {
					t.Errorf("%s of %T: %s", verb, x, got)
				}
			}
		}
	}
}

func TestMasks(t *testing.T) {
	text := "a\n::add-mask::one%25%0Atwo\n  ::Add-Mask a=b::three\r##[add-mask]four%5D\nx ##[add-mask a=b;]five\r\n" +
		"echo ::add-mask::no\n::add-masks::no\n::add-mask::\n::add-mask no\nadd-mask\n::add-mask::last"
	var got []string
	masks([]byte(text), func(m mask) bool {
		got = append(got, m.value)
		if line := text[m.start:m.end]; strings.ContainsAny(line, "\r\n") || !strings.Contains(strings.ToLower(line), "add-mask") {
			t.Errorf("mask %q is at %q", m.value, line)
		}
		return true
	})
	if want := []string{"one%\ntwo", "three", "four]", "five", "last"}; !slices.Equal(got, want) {
		t.Errorf("masks %q, want %q", got, want)
	}
}

func TestGitConfigValues(t *testing.T) {
	login := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + fake(1, 36)))
	config := "[core]\n\tbare = false\n[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic " + login + "\n\tsslVerify = true\n"
	got := GitConfigValues([]byte(config))
	if len(got) != 3 || got[0].Text != login || got[1].Text != "x-access-token:"+fake(1, 36) || got[2].Text != fake(1, 36) {
		t.Errorf("%d values", len(got))
	}
	for _, bad := range []string{"", "extraheader", "extraheader = x", "extraheader = AUTHORIZATION: basic", "extraheader = Accept: a b", "x = AUTHORIZATION: basic " + login} {
		if got := GitConfigValues([]byte(bad)); len(got) != 0 {
			t.Errorf("%q: %d values", bad, len(got))
		}
	}
}
