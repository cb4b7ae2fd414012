package secretscan

import (
	"slices"
	"testing"
)

func TestRedactArgs(t *testing.T) {
	r := NewRedactor([]string{"NPM_TOKEN=" + fake(1, 36), "NOTE_SECRET=two words here", "ODD_SECRET=$TOKEN and more"}, Options{})
	known := fake(1, 36)
	for _, c := range []struct{ in, want []string }{
		{nil, []string{}},
		{[]string{"true"}, []string{"true"}},
		{[]string{"x", "--password", "hunter2", "y"}, []string{"x", "--password", "[REDACTED:arg]", "y"}},
		{[]string{"x", "--password", "-abc"}, []string{"x", "--password", "[REDACTED:arg]"}},
		{[]string{"x", "-password", "--abc"}, []string{"x", "-password", "[REDACTED:arg]"}},
		{[]string{"x", "--token=a"}, []string{"x", "--token=[REDACTED:arg]"}},
		{[]string{"x", "--token=a b=c"}, []string{"x", "--token=[REDACTED:arg]"}},
		{[]string{"x", "--token=" + known}, []string{"x", "--token=[REDACTED:NPM_TOKEN]"}},
		{[]string{"x", "--token", known}, []string{"x", "--token", "[REDACTED:NPM_TOKEN]"}},
		{[]string{"x", "--token", known + "x"}, []string{"x", "--token", "[REDACTED:arg]"}},
		{[]string{"x", known, "a" + known}, []string{"x", "[REDACTED:NPM_TOKEN]", "a[REDACTED:NPM_TOKEN]"}},
		{[]string{"env", "PASSWORD=x", "DB_PASS=a b", "PATH=/x", "NAME=y"}, []string{"env", "PASSWORD=[REDACTED:arg]", "DB_PASS=[REDACTED:arg]", "PATH=/x", "NAME=y"}},
		{[]string{"java", "-Dapi.key=x", "-Dname=y"}, []string{"java", "-Dapi.key=[REDACTED:arg]", "-Dname=y"}},
		{[]string{"msbuild", "/p:Password=x", "/password:y"}, []string{"msbuild", "/p:Password=[REDACTED:arg]", "/password:[REDACTED:arg]"}},
		{[]string{"npm", "config", "set", "//registry.example.com/:_authToken=x"}, []string{"npm", "config", "set", "//registry.example.com/:_authToken=[REDACTED:arg]"}},
		{[]string{"openssl", "-passin", "pass:x", "-pass", "file:/tmp/y"}, []string{"openssl", "-passin", "pass:[REDACTED:arg]", "-pass", "[REDACTED:arg]"}},
		{[]string{"curl", "-u", "bob:x", "-H", "Authorization: Bearer y", "https://u:p@h"}, []string{"curl", "-u", "[REDACTED:arg]", "-H", "Authorization: [REDACTED:arg]", "https://[REDACTED:url]@h"}},
		{[]string{"curl", "-H", "X-Api-Key:y", "-H", "Accept: z"}, []string{"curl", "-H", "X-Api-Key:[REDACTED:arg]", "-H", "Accept: z"}},
		{[]string{"/usr/bin/curl", "--user", "bob:x"}, []string{"/usr/bin/curl", "--user", "[REDACTED:arg]"}},
		{[]string{"docker", "run", "-u", "1000:1000", "auth:v1", "org/token-service:1.2"}, []string{"docker", "run", "-u", "1000:1000", "auth:v1", "org/token-service:1.2"}},
		// What stays: switches, paths, plain URLs, where a secret is.
		{[]string{"docker", "login", "--password-stdin", "-u", "bob"}, []string{"docker", "login", "--password-stdin", "-u", "bob"}},
		{[]string{"x", "--token-file", "t.txt", "--no-password", "y", "--ask-pass", "z"}, []string{"x", "--token-file", "t.txt", "--no-password", "y", "--ask-pass", "z"}},
		{[]string{"cosign", "sign", "--key", "cosign.key", "--key", "gcpkms://projects/x", "--key=/etc/k"}, []string{"cosign", "sign", "--key", "cosign.key", "--key", "gcpkms://projects/x", "--key=/etc/k"}},
		{[]string{"x", "--password", "--", "y"}, []string{"x", "--password", "--", "y"}},
		{[]string{"x", "--password"}, []string{"x", "--password"}},
		{[]string{"x", "--password="}, []string{"x", "--password="}},
		{[]string{"x", "--", "-", "=", "--=", ""}, []string{"x", "--", "-", "=", "--=", ""}},
		// Scripts.
		{[]string{"sh", "-c", "TOKEN=abc curl -H 'Authorization: Bearer x y' https://h && echo ok"}, []string{"sh", "-c", "TOKEN=[REDACTED:arg] curl -H 'Authorization: [REDACTED:arg]' https://h && echo ok"}},
		{[]string{"bash", "-ec", "login --password -abc; deploy --token=\"a b\"\nrun --token"}, []string{"bash", "-ec", "login --password [REDACTED:arg]; deploy --token=\"[REDACTED:arg]\"\nrun --token"}},
		{[]string{"sh", "-c", `x --token "$TOKEN" -H "Authorization: Bearer ${TOKEN}" --key $(get key)`}, []string{"sh", "-c", `x --token "$TOKEN" -H "Authorization: Bearer ${TOKEN}" --key $(get key)`}},
		{[]string{"sh", "-c", "x --token\ny"}, []string{"sh", "-c", "x --token\ny"}},
		{[]string{"ssh", "host", "mysql --password foo x"}, []string{"ssh", "host", "mysql --password [REDACTED:arg] x"}},
		{[]string{"sh", "-c", "echo two words here"}, []string{"sh", "-c", "echo [REDACTED:NOTE_SECRET]"}},
		{[]string{"sh", "-c", "x --token $TOKEN and more"}, []string{"sh", "-c", "x --token [REDACTED:ODD_SECRET]"}},
		{[]string{"sh", "-c", "A_KEY=two words here"}, []string{"sh", "-c", "A_KEY=[REDACTED:arg] words here"}},
		{[]string{"sh", "-c", `x --token "open quote`}, []string{"sh", "-c", `x --token "[REDACTED:arg]`}},
	} {
		before := slices.Clone(c.in)
		if got := r.RedactArgs(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q:\n got %q\nwant %q", c.in, got, c.want)
		}
		if !slices.Equal(c.in, before) {
			t.Errorf("the argument was changed to %q", c.in)
		}
		if again := r.RedactArgs(c.want); !slices.Equal(again, c.want) {
			t.Errorf("%q once more: %q", c.want, again)
		}
	}
}
