package attest

import "testing"

// TestStrictNames: a name in another case is no name, at any depth.
func TestStrictNames(t *testing.T) {
	type leaf struct {
		Raw []byte `json:"rawBytes"`
	}
	type tree struct {
		Leaf  *leaf  `json:"leaf"`
		Leafs []leaf `json:"leafs"`
	}
	for text, good := range map[string]bool{
		`{"leaf":{"rawBytes":"AA=="},"leafs":[{"rawBytes":"AA=="}]}`: true,
		`{"leaf":null,"leafs":[]}`:                                   true,
		`{}`:                                                         true,
		`{"LEAF":{"rawBytes":"AA=="}}`:                               false,
		`{"leaf":{"RawBytes":"AA=="}}`:                               false,
		`{"leafs":[{"RAWBYTES":"AA=="}]}`:                            false,
		`{"other":1}`:                                                false,
		`{"leaf":{}} {}`:                                             false,
	} {
		if err := strict([]byte(text), new(tree)); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
