package gitleaks

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/logging"

	"github.com/org/cilock-action/pkg/secretscan"
)

// pair is what both sides have to agree on.
type pair struct{ rule, secret string }

// detector returns Gitleaks' detector with its default rules, which decodes nothing and heeds no "gitleaks:allow".
// Rules for some paths only apply to all text, as ours do.
func detector(t testing.TB) *detect.Detector {
	t.Helper()
	logging.Logger = zerolog.Nop()
	v := viper.New()
	v.SetConfigType("toml")
	if err := v.ReadConfig(strings.NewReader(config.DefaultConfig)); err != nil {
		t.Fatal(err)
	}
	var vc config.ViperConfig
	if err := v.Unmarshal(&vc); err != nil {
		t.Fatal(err)
	}
	cfg, err := vc.Translate()
	if err != nil {
		t.Fatal(err)
	}
	for id, rule := range cfg.Rules {
		if rule.Regex != nil {
			rule.Path = nil
			cfg.Rules[id] = rule
		}
	}
	d := detect.NewDetector(cfg)
	d.IgnoreGitleaksAllow = true
	return d
}

// theirs returns what Gitleaks finds in a text.
func theirs(d *detect.Detector, text []byte) map[pair]bool {
	found := map[pair]bool{}
	for _, f := range d.DetectBytes(text) {
		found[pair{f.RuleID, f.Secret}] = true
	}
	return found
}

// ours returns what we find, and the rules that had enough.
func ours(s *secretscan.TextScanner, text []byte) (map[pair]bool, map[string]bool) {
	found, full := map[pair]bool{}, map[string]bool{}
	matches, truncated := s.ScanText(text)
	for _, m := range matches {
		found[pair{m.RuleID, string(text[m.Start:m.End])}] = true
	}
	for _, rule := range truncated {
		full[rule] = true
	}
	return found, full
}

func scanner(t testing.TB) *secretscan.TextScanner {
	t.Helper()
	s, err := secretscan.NewTextScanner()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
