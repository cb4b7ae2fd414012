package attest

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/signature"
)

// MaxTrustedRootSize is the most that ParseTrustedRoot reads, in bytes. The
// public instance's root has 7 kB.
const MaxTrustedRootSize = 4 << 20

// TrustedRoot has the certificate authorities, logs and timestamp authorities
// of one or more Sigstore instances.
type TrustedRoot struct {
	authorities []root.CertificateAuthority
	tsas        []root.TimestampingAuthority
	logs        map[string]*root.TransparencyLog // by log ID in hex
	ctLogs      map[string]*root.TransparencyLog
	sum         string
}

// ParseTrustedRoot reads trusted_root.json (protobuf-specs,
// sigstore_trustroot.proto, media type
// application/vnd.dev.sigstore.trustedroot+json;version=0.1), or several of
// them in one file, as `gh attestation trusted-root` prints them.
func ParseTrustedRoot(data []byte) (*TrustedRoot, error) {
	if len(data) > MaxTrustedRootSize {
		return nil, fmt.Errorf("trusted root has %d bytes, at most %d are read", len(data), MaxTrustedRootSize)
	}
	sum := sha256.Sum256(data)
	r := &TrustedRoot{logs: map[string]*root.TransparencyLog{}, ctLogs: map[string]*root.TransparencyLog{}, sum: hex.EncodeToString(sum[:])}
	dec := json.NewDecoder(bytes.NewReader(data))
	for n := 0; ; n++ {
		var text json.RawMessage
		err := dec.Decode(&text)
		if errors.Is(err, io.EOF) && n > 0 {
			return r, nil
		}
		if err == nil {
			err = wellFormed(text)
		}
		var one *root.TrustedRoot
		if err == nil {
			one, err = root.NewTrustedRootFromJSON(text)
		}
		if err != nil && mediaType(text, "signingconfig") {
			return nil, errors.New("this is a signing_config.json, expected trusted_root.json")
		}
		if err != nil {
			return nil, fmt.Errorf("read trusted root: %w", err)
		}
		r.authorities = append(r.authorities, one.FulcioCertificateAuthorities()...)
		r.tsas = append(r.tsas, one.TimestampingAuthorities()...)
		maps.Copy(r.logs, one.RekorLogs())
		maps.Copy(r.ctLogs, one.CTLogs())
	}
}

// mediaType reports whether a file says that it is one of Sigstore's files of a
// kind: trustedroot or signingconfig (the media types of sigstore_trustroot.proto).
func mediaType(text []byte, kind string) bool {
	var file struct {
		MediaType string `json:"mediaType"`
	}
	return json.Unmarshal(text, &file) == nil && strings.HasPrefix(file.MediaType, "application/vnd.dev.sigstore."+kind)
}

// Choose leaves in the root only the certificate authority, log and timestamp
// authority of these URLs. An empty URL leaves all of its kind. It makes no
// network call.
func (r *TrustedRoot) Choose(fulcio, rekor, timestamp string) (*TrustedRoot, error) {
	chosen := *r
	var err error
	if chosen.authorities, err = choose(r.authorities, "certificate authority", fulcio, func(a root.CertificateAuthority) string { return authorityOf(a).url }); err != nil {
		return nil, err
	}
	if chosen.tsas, err = choose(r.tsas, "timestamp authority", timestamp, func(a root.TimestampingAuthority) string { return tsaOf(a).url }); err != nil {
		return nil, err
	}
	ids, err := choose(slices.Sorted(maps.Keys(r.logs)), "transparency log", rekor, func(id string) string { return r.logs[id].BaseURL })
	if err != nil {
		return nil, err
	}
	chosen.logs = map[string]*root.TransparencyLog{}
	for _, id := range ids {
		chosen.logs[id] = r.logs[id]
	}
	return &chosen, nil
}

func choose[T any](all []T, kind, url string, urlOf func(T) string) ([]T, error) {
	if url == "" {
		return all, nil
	}
	var found []T
	var names []string
	for _, one := range all {
		if strings.TrimRight(urlOf(one), "/") == strings.TrimRight(url, "/") {
			found = append(found, one)
		}
		names = append(names, quote(urlOf(one)))
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("trusted root has no %s %s, it has: %s", kind, quote(url), strings.Join(names, ", "))
	}
	return found, nil
}

// logURLs lists the logs, for messages.
func (r *TrustedRoot) logURLs() string {
	var urls []string
	for _, id := range slices.Sorted(maps.Keys(r.logs)) {
		urls = append(urls, quote(r.logs[id].BaseURL)+" ("+id[:min(len(id), 16)]+"…)")
	}
	if urls == nil {
		return "none"
	}
	return strings.Join(urls, ", ")
}

// RootInfo is what there is to say about a trusted root itself.
type RootInfo struct {
	SHA256 string `json:"sha256"` // of the file
	// Newest is the start of the newest key or certificate: the root is at least
	// as new as this, and a root much older than its instance lacks keys.
	Newest time.Time `json:"newest"`
	// Expires is when a kind of authority will have nothing valid any more; zero
	// if that is not known. What was signed before then stays verifiable.
	Expires time.Time `json:"expires,omitzero"`
	// Missing are the kinds that have nothing valid now.
	Missing []string `json:"missing,omitempty"`
}

// period is how long a part of a trusted root is valid; a zero end is open.
type period struct {
	url        string
	start, end time.Time
}

// Info describes the root as of now.
func (r *TrustedRoot) Info(now time.Time) RootInfo {
	info := RootInfo{SHA256: r.sum}
	kind := func(name string, parts []period) {
		valid, open := false, false
		var last time.Time
		for _, p := range parts {
			if p.start.After(info.Newest) && !p.start.After(now) {
				info.Newest = p.start
			}
			valid = valid || !p.start.After(now) && (p.end.IsZero() || p.end.After(now))
			open = open || p.end.IsZero()
			if p.end.After(last) {
				last = p.end
			}
		}
		if !valid {
			info.Missing = append(info.Missing, name)
		} else if !open && (info.Expires.IsZero() || last.Before(info.Expires)) {
			info.Expires = last
		}
	}
	var cas, tsas []period
	for _, a := range r.authorities {
		cas = append(cas, authorityOf(a))
	}
	for _, a := range r.tsas {
		tsas = append(tsas, tsaOf(a))
	}
	kind("certificate authority", cas)
	kind("transparency log", logPeriods(r.logs))
	kind("certificate transparency log", logPeriods(r.ctLogs))
	if len(tsas) > 0 { // an instance with Rekor v1 alone needs none
		kind("timestamp authority", tsas)
	}
	return info
}

func logPeriods(logs map[string]*root.TransparencyLog) []period {
	var out []period
	for _, l := range logs {
		out = append(out, period{l.BaseURL, l.ValidityPeriodStart, l.ValidityPeriodEnd})
	}
	return out
}

func authorityOf(a root.CertificateAuthority) period {
	ca, ok := a.(*root.FulcioCertificateAuthority)
	if !ok || ca.Root == nil {
		return period{}
	}
	return period{ca.URI, ca.ValidityPeriodStart, earlier(ca.ValidityPeriodEnd, ca.Root.NotAfter)}
}

func tsaOf(a root.TimestampingAuthority) period {
	tsa, ok := a.(*root.SigstoreTimestampingAuthority)
	if !ok || tsa.Root == nil {
		return period{}
	}
	end := earlier(tsa.ValidityPeriodEnd, tsa.Root.NotAfter)
	if tsa.Leaf != nil {
		end = earlier(end, tsa.Leaf.NotAfter)
	}
	return period{tsa.URI, tsa.ValidityPeriodStart, end}
}

// earlier is the earlier of two ends, of which a zero one is open.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// material is the root as sigstore-go takes it, with one public key beside it.
func (r *TrustedRoot) material(key crypto.PublicKey) root.TrustedMaterial {
	return &material{TrustedRoot: r, key: key}
}

type material struct {
	*TrustedRoot
	key crypto.PublicKey
}

func (m *material) TimestampingAuthorities() []root.TimestampingAuthority     { return m.tsas }
func (m *material) FulcioCertificateAuthorities() []root.CertificateAuthority { return m.authorities }
func (m *material) RekorLogs() map[string]*root.TransparencyLog               { return m.logs }
func (m *material) CTLogs() map[string]*root.TransparencyLog                  { return m.ctLogs }

// PublicKeyVerifier answers with the one key, whatever a bundle calls it.
func (m *material) PublicKeyVerifier(string) (root.TimeConstrainedVerifier, error) {
	v, err := signature.LoadVerifier(m.key, crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("load public key: %w", err)
	}
	return root.NewExpiringKey(v, time.Time{}, time.Time{}), nil
}
