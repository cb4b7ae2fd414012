package secretscan

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestValues says which values of an environment are looked for, and which are not.
func TestValues(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	login := b64([]byte("robot:FAKEregistry1"))
	account, _ := json.MarshalIndent(map[string]string{
		"type": "service_account", "project_id": "my-project-123", "private_key": fakePEM(), "private_key_id": fake(21, 40),
		"client_email": "bot@my-project.example.com", "token_uri": "https://oauth2.example.com/token",
	}, "", "  ")
	for name, c := range map[string]struct {
		environ        []string
		hidden, public []string
	}{
		"tokens": {
			[]string{"NPM_TOKEN=" + fake(1, 36), "GITHUB_PAT=" + fake(2, 40), "short_token=FAKE123", "AWS_SECRET_ACCESS_KEY=/wFAKErXUtnFEMI/K7MDENG+bPxR"},
			[]string{fake(1, 36), fake(2, 40), "/wFAKErXUtnFEMI/K7MDENG+bPxR"},
			[]string{"FAKE123"},
		},
		"lower case, as in a host name": {[]string{"A_TOKEN=FAKEabcDEF99xyz"}, []string{"FAKEabcDEF99xyz", "fakeabcdef99xyz"}, nil},
		"white space and quotes around": {[]string{"A_TOKEN= \"" + fake(1, 20) + "\"\n"}, []string{fake(1, 20)}, nil},
		"names that say nothing":        {[]string{"FOO=" + fake(1, 20), "DATABASE=abcdefgh"}, nil, []string{fake(1, 20), "abcdefgh"}},
		"no entry":                      {[]string{"A_TOKEN", "", "=A_TOKEN=abcdefgh", "=C:=C:\\abcdefg"}, nil, []string{"A_TOKEN", "abcdefgh"}},
		"the runner's constants": {
			[]string{
				"GITHUB_SHA=0123456789abcdef0123456789abcdef01234567", "GITHUB_REPOSITORY=octo-org/repository", "GITHUB_WORKSPACE=/zz/work/repo",
				"PWD=/zz/work/pwd", "HOME=/zz/home", "CACHE_KEY=0123456789abcdef0123456789abcdef01234567", "REPO_SECRET=octo-org/repository",
				"WORK_KEY=/zz/work/repo/", "PWD_KEY=/zz/work/pwd",
			},
			nil,
			[]string{"0123456789abcdef0123456789abcdef01234567", "octo-org/repository", "/zz/work/repo", "/zz/work/repo/", "/zz/work/pwd"},
		},
		"tokens of the runner": {
			[]string{
				"GITHUB_TOKEN=" + fake(1, 40), "ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + fake(2, 900), "GITHUB_AUTH=" + fake(3, 10),
				"ACTIONS_ID_TOKEN_REQUEST_URL=https://pipelines.example.com/" + fake(4, 20) + "/idtoken?api-version=2.0",
			},
			[]string{fake(1, 40), fake(2, 900), fake(3, 10), "/" + fake(4, 20) + "/idtoken?api-version=2.0"},
			nil,
		},
		"paths": {
			[]string{
				"GOOGLE_APPLICATION_CREDENTIALS=/home/runner/work/gha-creds.json", "SSH_AUTH_SOCK=/tmp/ssh-abcdefgh/agent.1", "KUBECONFIG=/home/runner/.kube/config",
				`WIN_KEY=D:\a\repo\key.pem`, "SIGN_KEY_PATH=keys/signing.pem", "TOKEN_FILE=token.text",
			},
			nil,
			[]string{"/home/runner/work/gha-creds.json", "/tmp/ssh-abcdefgh/agent.1", "/home/runner/.kube/config", `D:\a\repo\key.pem`, "keys/signing.pem", "token.text"},
		},
		"settings":       {[]string{"API_AUTH=disabled", "X_AUTH=Required"}, nil, []string{"disabled", "Required"}},
		"urls, no login": {[]string{"AUTH_URL=https://login.example.com/oauth", "KEY_SERVER=hkps://keys.example.com"}, nil, []string{"https://login.example.com/oauth", "hkps://keys.example.com"}},
		"webhooks":       {[]string{"SLACK_WEBHOOK_URL=https://hooks.example.com/services/T0/B0/" + fake(5, 24)}, []string{"/services/T0/B0/" + fake(5, 24)}, []string{"https://hooks.example.com"}},
		"urls with a login": {
			[]string{
				"DATABASE_URL=postgres://dbuser12:p%40ss" + fake(6, 10) + "@db.example.com/app", "GIT_REMOTE=https://" + fake(7, 30) + "@git.example.com",
				"GIT_REMOTE2=https://x-access-token:" + fake(8, 30) + "@git.example.com", "GIT_REMOTE3=https://" + fake(9, 30) + ":x-oauth-basic@git.example.com",
			},
			[]string{"p%40ss" + fake(6, 10), "p@ss" + fake(6, 10), fake(7, 30), fake(8, 30), fake(9, 30)},
			[]string{"dbuser12", "db.example.com", "x-access-token", "x-oauth-basic"},
		},
		"connection strings": {
			[]string{
				"AZURE_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=https;AccountName=account1;AccountKey=" + b64([]byte(fake(10, 64))) + ";EndpointSuffix=core.example.net",
				"DB_DSN=dbuser12:" + fake(11, 12) + "@tcp(db.example.com:3306)/app",
			},
			[]string{b64([]byte(fake(10, 64))), fake(11, 12)},
			[]string{"account1", "EndpointSuffix=core.example.net", "dbuser12"},
		},
		"docker login": {
			[]string{`DOCKER_AUTH_CONFIG={"auths":{"registry.example.com":{"auth":"` + login + `"}}}`},
			[]string{login, "FAKEregistry1", "robot:FAKEregistry1"},
			[]string{"registry.example.com"},
		},
		"service account": {
			[]string{"GCP_CREDENTIALS=" + string(account), "GCP_KEY_B64=" + b64(account)},
			[]string{fake(21, 40), fake(105, 64), string(account)},
			[]string{"service_account", "my-project-123", "bot@my-project.example.com", "https://oauth2.example.com/token"},
		},
		"json array and nested json": {
			[]string{`A_SECRETS=["` + fake(1, 10) + `",{"a":{"b":["` + fake(2, 10) + `"]}}, 12345678, null]`, `B_SECRET={"c":"{\"d\":\"` + fake(3, 10) + `\"}"}`},
			[]string{fake(1, 10), fake(2, 10), fake(3, 10)},
			[]string{"12345678"},
		},
		"headers": {[]string{"AUTH_HEADER=Bearer " + fake(1, 30), "GIT_AUTH=Basic " + login}, []string{fake(1, 30), login, "FAKEregistry1"}, []string{"Bearer"}},
		"dotenv":  {[]string{"ENV_SECRETS=USER=someuser\nDB_PASSWORD=" + fake(1, 10) + "\n"}, []string{fake(1, 10)}, nil},
		"yaml":    {[]string{"KUBECONFIG=kind: Config\nusers:\n- name: x\n  token: " + fake(1, 30)}, []string{fake(1, 30)}, nil},
		"nul":     {[]string{`A_SECRET={"a":"` + fake(1, 10) + `\u0000` + fake(2, 10) + `"}`}, []string{fake(1, 10), fake(2, 10)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewRedactor(c.environ, Options{})
			if l := r.Limits(); len(l) != 0 {
				t.Errorf("limits: %q", l)
			}
			for _, v := range c.hidden {
				if got := r.RedactString("<" + v + ">"); !strings.HasPrefix(got, "<[REDACTED:") || !strings.HasSuffix(got, "]>") || strings.Contains(got, "FAKE") {
					t.Errorf("%q becomes %q", v, got)
				}
			}
			for _, v := range c.public {
				check(t, r, "<"+v+">", "<"+v+">")
			}
		})
	}
}

func TestListedNames(t *testing.T) {
	r := NewRedactor([]string{"PLAIN=" + fake(1, 20), "plain=" + fake(2, 20)}, Options{Names: []string{"PLAIN"}})
	check(t, r, fake(1, 20)+" "+fake(2, 20), "[REDACTED:PLAIN] "+fake(2, 20))
}

// The same environment in another order gives the same evidence.
func TestOrderOfEnvironment(t *testing.T) {
	environ := []string{"B_TOKEN=" + fake(1, 20), "A_TOKEN=" + fake(1, 20), "C_TOKEN=" + fake(1, 21)}
	for range 2 {
		check(t, NewRedactor(environ, Options{}), fake(1, 20)+" "+fake(1, 21), "[REDACTED:A_TOKEN] [REDACTED:C_TOKEN]")
		slices.Reverse(environ)
	}
}

func TestManyParts(t *testing.T) {
	var list []string
	for i := range uint32(2 * maxParts) {
		list = append(list, fake(i, 12))
	}
	text, _ := json.Marshal(list)
	r := NewRedactor([]string{"MANY_SECRETS=" + string(text)}, Options{MaxNeedles: 1 << 20})
	if l := r.Limits(); len(l) != 1 || !strings.Contains(l[0], "MANY_SECRETS: only the first 1024 parts") {
		t.Errorf("limits: %q", l)
	}
	deep := strings.Repeat(`{"a":`, 9000) + `"` + fake(1, 20) + `"` + strings.Repeat("}", 9000)
	check(t, NewRedactor([]string{"DEEP_SECRET=" + deep}, Options{}), "<"+fake(1, 20)+">", "<[REDACTED:DEEP_SECRET]>")
}
