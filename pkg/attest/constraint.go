package attest

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sigstore/sigstore-go/pkg/fulcio/certificate"
	"github.com/sigstore/sigstore-go/pkg/root"
)

// Any as the only value of a Constraint's field allows all values.
const Any = "*"

// Constraint is what Witness' policies ask of a certificate (policy/constraints.go
// of go-witness): its names are exactly those of each list, in any order; an empty
// list means none. Extensions are Fulcio's by their names in sigstore-go's JSON or,
// as Witness writes them, in Go, with globs; one that is not named may be anything.
type Constraint struct {
	CommonName    string            `json:"commonname"`
	DNSNames      []string          `json:"dnsnames"`
	Emails        []string          `json:"emails"`
	Organizations []string          `json:"organizations"`
	URIs          []string          `json:"uris"`
	Extensions    map[string]string `json:"extensions"`
}

// Check refuses a constraint that asks for nothing, or for an extension that does
// not exist.
func (c Constraint) Check() error {
	known, err := extensionsOf(nil)
	if err != nil {
		return err
	}
	asks := c.CommonName != ""
	for _, list := range [][]string{c.DNSNames, c.Emails, c.Organizations, c.URIs} {
		asks = asks || slices.ContainsFunc(list, func(s string) bool { return s != "" })
	}
	for name, glob := range c.Extensions {
		if _, ok := known[extensionName(name)]; !ok {
			return fmt.Errorf("there is no certificate extension %s", quote(name))
		}
		if strings.ContainsAny(glob, `[]{}\`) {
			return fmt.Errorf("extension %s: %s has other patterns than * and ?, which are all that is read", quote(name), quote(glob))
		}
		asks = asks || glob != ""
	}
	if !asks {
		return errors.New("the constraint asks for nothing: it would fit certificates that name nobody")
	}
	return nil
}

// match compares a certificate. Its error is a *CheckError.
func (c Constraint) match(cert *x509.Certificate) error {
	var uris []string
	for _, u := range cert.URIs {
		uris = append(uris, u.String())
	}
	for _, one := range []struct {
		what        string
		want, found []string
	}{
		{"common name", []string{c.CommonName}, []string{cert.Subject.CommonName}},
		{"DNS names", c.DNSNames, cert.DNSNames},
		{"e-mail addresses", c.Emails, cert.EmailAddresses},
		{"organizations", c.Organizations, cert.Subject.Organization},
		{"URIs", c.URIs, uris},
	} {
		if !sameNames(one.want, one.found) {
			return &CheckError{"identity", "certificate", fmt.Sprintf("%s %q", one.what, one.want), fmt.Sprintf("%.200q", one.found)}
		}
	}
	found, err := extensionsOf(cert)
	if err != nil {
		return &CheckError{"identity", "certificate", "readable extensions", err.Error()}
	}
	for name, glob := range c.Extensions {
		if value := found[extensionName(name)]; glob != "" && !globbed(glob, value) {
			return &CheckError{"identity", "certificate", "extension " + name + " " + quote(glob), quote(value)}
		}
	}
	return nil
}

// extensionName is a name as it is in JSON: Issuer is issuer.
func extensionName(name string) string {
	if name == "" {
		return name
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// globbed matches the whole of a text; * stands for anything, also for slashes.
func globbed(glob, text string) bool {
	pattern := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(glob))
	ok, err := regexp.MatchString(`(?s)\A`+pattern+`\z`, text)
	return err == nil && ok
}

// sameNames compares two lists as sets. Empty names are none.
func sameNames(want, found []string) bool {
	if len(want) == 1 && want[0] == Any {
		return true
	}
	set := func(list []string) []string {
		list = slices.Sorted(slices.Values(list))
		return slices.DeleteFunc(slices.Compact(list), func(s string) bool { return s == "" })
	}
	return slices.Equal(set(want), set(found))
}

// extensionsOf are Fulcio's extensions of a certificate by their JSON names; of
// none, all names with empty values.
func extensionsOf(cert *x509.Certificate) (map[string]string, error) {
	names := map[string]string{}
	for _, name := range []string{
		"issuer", "githubWorkflowTrigger", "githubWorkflowSHA", "githubWorkflowName", "githubWorkflowRepository", "githubWorkflowRef",
		"buildSignerURI", "buildSignerDigest", "runnerEnvironment", "sourceRepositoryURI", "sourceRepositoryDigest", "sourceRepositoryRef",
		"sourceRepositoryIdentifier", "sourceRepositoryOwnerURI", "sourceRepositoryOwnerIdentifier", "buildConfigURI", "buildConfigDigest",
		"buildTrigger", "runInvocationURI", "sourceRepositoryVisibilityAtSigning",
	} {
		names[name] = ""
	}
	if cert == nil {
		return names, nil
	}
	e, err := certificate.ParseExtensions(cert.Extensions)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(e)
	if err == nil {
		err = json.Unmarshal(text, &names)
	}
	return names, err
}

// TimestampRoot is a trusted root of timestamp authorities alone. Each chain has
// the root last, and intermediates before it.
func TimestampRoot(chains ...[]*x509.Certificate) *TrustedRoot {
	r := &TrustedRoot{logs: map[string]*root.TransparencyLog{}, ctLogs: map[string]*root.TransparencyLog{}}
	for _, chain := range chains {
		if n := len(chain); n > 0 {
			r.tsas = append(r.tsas, &root.SigstoreTimestampingAuthority{
				Root: chain[n-1], Intermediates: chain[:n-1], ValidityPeriodStart: chain[n-1].NotBefore,
			})
		}
	}
	return r
}
