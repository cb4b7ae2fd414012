package rules

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// Tier says how much a finding means.
type Tier int

// High is for secrets that say what they are: a fixed prefix, a PEM block, a JWT. Low is for what only its surroundings
// make likely: a name like api_key before it, or nothing but hexadecimal digits.
const (
	Low Tier = iota
	High
)

func (t Tier) String() string {
	if t == High {
		return "high"
	}
	return "low"
}

// tier returns the tier of a rule by its ID. Rules that are not Gitleaks' are as the user wants them: high, unless they
// call themselves generic.
func tier(id string, low []string) Tier {
	if slices.Contains(low, id) || strings.Contains(strings.ToLower(id), "generic") {
		return Low
	}
	return High
}

// lowRules lists Gitleaks' rules of the low tier: those whose secret has no fixed prefix, and those for what its issuer
// calls public or an identifier.
func lowRules() []string {
	return strings.Fields(`
	adafruit-api-key adobe-client-id airtable-api-key algolia-api-key alibaba-secret-key asana-client-id
	asana-client-secret atlassian-api-token bitbucket-client-id bitbucket-client-secret bittrex-access-key
	bittrex-secret-key cisco-meraki-api-key cloudflare-api-key cloudflare-global-api-key codecov-access-token
	cohere-api-token coinbase-access-token confluent-access-token confluent-secret-key contentful-delivery-api-token
	curl-auth-header curl-auth-user datadog-access-token discord-api-token discord-client-id discord-client-secret
	droneci-access-token dropbox-api-token etsy-access-token facebook-access-token facebook-secret fastly-api-token
	finicity-api-token finicity-client-secret finnhub-access-token flickr-access-token flutterwave-public-key
	freshbooks-access-token generic-api-key gitlab-session-cookie gitter-access-token hashicorp-tf-password
	heroku-api-key hubspot-api-key intercom-api-key jfrog-api-key jfrog-identity-token kraken-access-token
	kubernetes-secret-yaml kucoin-access-token kucoin-secret-key launchdarkly-access-token linear-client-secret
	linkedin-client-id linkedin-client-secret lob-pub-api-key looker-client-id looker-client-secret mailchimp-api-key
	mailgun-pub-key mailgun-signing-key mapbox-api-token mattermost-access-token messagebird-api-token
	messagebird-client-id netlify-access-token new-relic-browser-api-token new-relic-user-api-id nuget-config-password
	nytimes-access-token okta-access-token pkcs12-file plaid-client-id plaid-secret-key privateai-api-token
	rapidapi-access-token sendbird-access-id sendbird-access-token sentry-access-token sidekiq-secret
	sidekiq-sensitive-url snyk-api-token sonar-api-token sourcegraph-access-token squarespace-access-token
	sumologic-access-id sumologic-access-token telegram-bot-api-token travisci-access-token twitch-api-token
	twitter-access-secret twitter-access-token twitter-api-key twitter-api-secret vault-service-token
	zendesk-secret-key`)
}

// highRules lists Gitleaks' rules of the high tier. It is here so that a rule which a new version of Gitleaks brings is
// in neither list, and a test asks for its place.
func highRules() []string {
	return strings.Fields(`
	1password-secret-key 1password-service-account-token adobe-client-secret age-secret-key
	airtable-personnal-access-token alibaba-access-key-id anthropic-admin-api-key anthropic-api-key artifactory-api-key
	artifactory-reference-token authress-service-client-access-key aws-access-token
	aws-amazon-bedrock-api-key-long-lived aws-amazon-bedrock-api-key-short-lived azure-ad-client-secret beamer-api-token
	clickhouse-cloud-api-secret-key clojars-api-token cloudflare-origin-ca-key databricks-api-token
	defined-networking-api-token digitalocean-access-token digitalocean-pat digitalocean-refresh-token doppler-api-token
	dropbox-long-lived-api-token dropbox-short-lived-api-token duffel-api-token dynatrace-api-token easypost-api-token
	easypost-test-api-token facebook-page-access-token flutterwave-encryption-key flutterwave-secret-key
	flyio-access-token frameio-api-token freemius-secret-key gcp-api-key github-app-token github-fine-grained-pat
	github-oauth github-pat github-refresh-token gitlab-cicd-job-token gitlab-deploy-token
	gitlab-feature-flag-client-token gitlab-feed-token gitlab-incoming-mail-token gitlab-kubernetes-agent-token
	gitlab-oauth-app-secret gitlab-pat gitlab-pat-routable gitlab-ptt gitlab-rrt gitlab-runner-authentication-token
	gitlab-runner-authentication-token-routable gitlab-scim-token gocardless-api-token grafana-api-key
	grafana-cloud-api-token grafana-service-account-token harness-api-key hashicorp-tf-api-token heroku-api-key-v2
	huggingface-access-token huggingface-organization-api-token infracost-api-token intra42-client-secret jwt jwt-base64
	linear-api-key lob-api-key mailgun-private-api-token maxmind-license-key microsoft-teams-webhook
	new-relic-insert-key new-relic-user-api-key notion-api-token npm-access-token octopus-deploy-api-key openai-api-key
	openshift-user-token perplexity-api-key plaid-api-token planetscale-api-token planetscale-oauth-token
	planetscale-password postman-api-token prefect-api-token private-key pulumi-api-token pypi-upload-token
	readme-api-token rubygems-api-token scalingo-api-token sendgrid-api-token sendinblue-api-token sentry-org-token
	sentry-user-token settlemint-application-access-token settlemint-personal-access-token
	settlemint-service-access-token shippo-api-token shopify-access-token shopify-custom-access-token
	shopify-private-app-access-token shopify-shared-secret slack-app-token slack-bot-token slack-config-access-token
	slack-config-refresh-token slack-legacy-bot-token slack-legacy-token slack-legacy-workspace-token slack-user-token
	slack-webhook-url square-access-token stripe-access-token twilio-api-key twitter-bearer-token typeform-api-token
	vault-batch-token yandex-access-token yandex-api-key yandex-aws-access-token`)
}

// prefixed lists what makes a finding of a low rule high after all: one form of the secret has a prefix, another none.
func prefixed(id string) []string {
	switch id {
	case "atlassian-api-token":
		return []string{"ATATT3"}
	case "sonar-api-token":
		return []string{"squ_", "sqp_", "sqa_"}
	case "sourcegraph-access-token":
		return []string{"sgp_"}
	case "vault-service-token":
		return []string{"hvs."}
	}
	return nil
}

// Tier returns the tier of one finding in a text, which may differ from its rule's: a JWT is high if its header is
// JSON, a PEM block if it holds base64 and not prose, a rule whose expression is one constant if a token's worth of base64
// goes on behind that (a list of rules, such as the one in a program that scans, has the constant alone), and a rule that knows a form with a prefix and one without is
// high for the first.
func (s *Set) Tier(text []byte, m Match) Tier {
	r, secret := s.rules[m.Rule], text[m.Start:m.End]
	switch {
	case r.ID == "jwt" && !jwtHeader(secret), r.ID == "private-key" && !pemBody(secret):
		return Low
	case r.ID == constantRule && !goesOn(text[m.End:]):
		return Low
	case slices.ContainsFunc(prefixed(r.ID), func(p string) bool { return bytes.HasPrefix(secret, []byte(p)) }):
		return High
	}
	return r.Tier
}

// constantRule matches what all keys of a kind begin with, and nothing of the key.
const constantRule = "aws-amazon-bedrock-api-key-short-lived"

// goesOn reports whether text begins with 16 characters of base64.
func goesOn(text []byte) bool {
	const token = 16
	return len(text) >= token && !slices.ContainsFunc(text[:token], func(b byte) bool { return !base64Byte(b) })
}

// jwtHeader reports whether a JWT's first part is the base64url of a JSON object with an algorithm, as RFC 7519 (5) and
// RFC 7515 (4.1.1) want it.
func jwtHeader(token []byte) bool {
	first, _, _ := bytes.Cut(token, []byte("."))
	text, err := base64.RawURLEncoding.DecodeString(string(first))
	var header struct{ Alg *string }
	return err == nil && json.Unmarshal(text, &header) == nil && header.Alg != nil
}

// pemBody reports whether a PEM block has a key's worth of base64: 64 characters, in runs that are longer than words.
func pemBody(block []byte) bool {
	total, run := 0, 0
	for _, b := range block {
		if base64Byte(b) && b != '-' {
			run++
			continue
		}
		if run >= 16 {
			total += run
		}
		run = 0
	}
	return total+run >= 64
}

// Integrity reports whether a finding is the digest of something public: in an integrity string as in W3C's
// Subresource Integrity and in lock files (sha256-, sha384-, sha512- and base64), or in a go.sum (h1:). Only findings
// of the low tier are: a prefixed token stays one whatever stands before it.
func (s *Set) Integrity(text []byte, m Match) bool {
	if s.Tier(text, m) == High {
		return false
	}
	// A rule may have taken the prefix for a part of the secret, or the secret for a part of the digest.
	from := m.Start
	for from > max(0, m.Start-128) && base64Byte(text[from-1]) {
		from--
	}
	to := m.End
	for to < min(len(text), m.End+128) && base64Byte(text[to]) {
		to++
	}
	word := text[from:to]
	if h1 := []byte("h1:"); bytes.HasSuffix(text[:from], h1) {
		return digestLen(word, 32)
	}
	for _, d := range []struct {
		prefix string
		size   int
	}{{"sha256-", 32}, {"sha384-", 48}, {"sha512-", 64}} {
		if rest, ok := bytes.CutPrefix(word, []byte(d.prefix)); ok {
			return digestLen(rest, d.size)
		}
	}
	return false
}

// base64Byte reports whether b is of the standard alphabet, its padding, or the hyphen of an integrity string.
func base64Byte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '+' || b == '/' || b == '=' || b == '-'
}

// digestLen reports whether text is the base64 of size bytes.
func digestLen(text []byte, size int) bool {
	sum, err := base64.StdEncoding.DecodeString(string(text))
	return err == nil && len(sum) == size
}
