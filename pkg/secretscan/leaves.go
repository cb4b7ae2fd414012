package secretscan

import (
	"encoding/json"
	"strings"
)

// maxJSON bounds the JSON that is taken apart, in bytes.
const maxJSON = 1 << 20

// Keys of service accounts, kubeconfigs and docker logins whose values are no secrets and are in evidence for other
// reasons; without separators, lower case.
var publicKeys = map[string]bool{
	"type": true, "projectid": true, "clientemail": true, "clientid": true, "tenantid": true, "subscriptionid": true,
	"universedomain": true, "email": true, "username": true, "user": true, "login": true, "name": true, "region": true,
	"account": true, "host": true, "hostname": true, "server": true, "database": true, "dbname": true, "quotaprojectid": true,
	"apiversion": true, "kind": true, "namespace": true, "expiration": true,
}

// json adds the strings in a value that is a JSON object or array, and reports whether it is one.
func (v *values) json(value string, depth int) bool {
	if len(value) > maxJSON || value == "" || value[0] != '{' && value[0] != '[' || !json.Valid([]byte(value)) {
		return false
	}
	d := json.NewDecoder(strings.NewReader(value))
	var keys []string // of the objects and arrays around; an array goes by the key it is under
	var inObject []bool
	key, atKey := "", false
	for {
		token, err := d.Token()
		if err != nil {
			return true // the end
		}
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				keys, inObject = append(keys, key), append(inObject, t == '{')
				atKey = t == '{'
				continue
			}
			keys, inObject = keys[:len(keys)-1], inObject[:len(inObject)-1]
		case string:
			if atKey {
				key, atKey = t, false
				continue
			}
			v.leaf(key, t, depth)
		}
		if n := len(inObject); n > 0 {
			atKey = inObject[n-1]
			if !atKey {
				key = keys[n-1]
			}
		}
	}
}

func (v *values) leaf(key, text string, depth int) {
	compact := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key))
	if !publicKeys[compact] && v.parts <= maxParts {
		before := v.weak
		v.weak = !SecretName(key)
		v.value(key, text, depth+1)
		v.weak = before
	}
}
