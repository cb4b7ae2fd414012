package secretscan

import "testing"

func TestSecretName(t *testing.T) {
	secret := []string{
		"GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_RUNTIME_TOKEN",
		"AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_CREDENTIALS",
		"GITHUB_PAT", "GH_PAT", "MYPAT", "githubPat", "PATS", "DOCKER_AUTH_CONFIG", "NPM_TOKEN", "NODE_AUTH_TOKEN", "SLACK_WEBHOOK_URL",
		"GOOGLE_APPLICATION_CREDENTIALS", "SSH_PRIVATE_KEY", "KUBECONFIG", "KUBE_CONFIG_DATA", "DB_PASSWORD", "DB_PASSWD", "DB_PASS",
		"DBPASS", "DB_PWD", "MYSQL_PWD", "GPG_PASSPHRASE", "apikey", "api-key", "apiKey", "x.api.key", "API_KEY_2", "API_KEYS", "DEPLOYKEY",
		"SENTRY_DSN", "AZURE_SAS", "CI_JOB_JWT", "SSH_KEY", "COOKIE_JAR", "HTTP_BEARER", "INPUT_GITHUB-TOKEN", "npm_config__auth",
		"npm_config_//registry/:_authToken", "COMPOSER_AUTH", "VAULT_AUTH", "OAUTH2_CLIENT", "PIN", "USER_PIN", "Authorization",
		"NEXT_PUBLIC_TOKEN", "KEY", "key", "PASSKEY",
	}
	plain := []string{
		"", "PATH", "GITHUB_PATH", "MYPATH", "PATHS", "userPath", "PWD", "OLDPWD", "pwd", "GITHUB_SHA", "GITHUB_REPOSITORY", "GITHUB_ACTOR",
		"RUNNER_TEMP", "HOME", "DATABASE_URL", "GOPRIVATE", "KEYBOARD", "MONKEY", "COMPAT", "GIT_ASKPASS", "BYPASS", "GIT_AUTHOR_NAME",
		"AUTHOR", "AUTH0_DOMAIN", "COSIGN_PUBLIC_KEY", "publicKey", "SPINNER", "PASSENGER", "DISPATCH", "DSNAME", "SASS_DIR", "NPATH",
		"PATTERN", "CI", "_", "---", "\xff\xfe", "COMPASS",
	}
	for _, name := range secret {
		if !SecretName(name) {
			t.Errorf("%q is taken for plain", name)
		}
	}
	for _, name := range plain {
		if SecretName(name) {
			t.Errorf("%q is taken for secret", name)
		}
	}
}
