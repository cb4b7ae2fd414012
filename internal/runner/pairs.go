package runner

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// maxPairsText bounds the text of a mapping that a caller gives, in bytes.
const maxPairsText = 1 << 20

// ParsePairs reads what a caller gives as a mapping, in YAML or JSON: names and
// scalars, which become text as the runner makes it of a with: in a workflow.
func ParsePairs(text string) ([]Pair, error) {
	if len(text) > maxPairsText {
		return nil, fmt.Errorf("more than %d bytes", maxPairsText)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, errors.New("neither YAML nor JSON") // the error would quote it, and it may hold secrets
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	r := &reader{}
	pairs := r.pairs(doc.Content[0], "the mapping")
	return pairs, errors.Join(r.problems...)
}
