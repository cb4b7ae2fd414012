package secretscan

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// findCanary plants a token that the scanner makes up, in base64 unless nothing is decoded, scans that as any other source,
// and reports whether the token was found as what it is. A source of it is in no result.
func (s *Scanner) findCanary() bool {
	token := canaryToken()
	text := "GITHUB_TOKEN=" + token
	if s.depth > 0 {
		text = base64.StdEncoding.EncodeToString([]byte(text))
	}
	src := s.newSource("canary", false)
	if err := src.scan(context.Background(), strings.NewReader("canary: "+text+"\n")); err != nil {
		return false
	}
	digest := s.digest([]byte(token))
	for _, f := range src.tally.findings {
		if f.Digest == hex.EncodeToString(digest[:]) && f.Tier == TierHigh && len(f.EncodingPath) >= min(1, s.depth) {
			return true
		}
	}
	return false
}

// canaryToken looks like one of GitHub's personal access tokens: "ghp_" and 36 letters and digits. Nobody issued it.
func canaryToken() string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz012345678901"
	b := make([]byte, 36)
	rand.Read(b)
	for i := range b {
		b[i] = letters[b[i]&63]
	}
	return "ghp_" + string(b)
}
