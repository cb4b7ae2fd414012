package action

import (
	"slices"
	"strings"
)

// stepEnv is the environment of the step: ours, less what signs. The two
// variables by which a job gets its OIDC token are taken out, and the one that
// holds such a token, since who has them can sign as the job; passOIDC leaves
// them. So is the variable that an env:// key names.
func stepEnv(environ []string, key string, passOIDC bool) []string {
	keyVariable, fromEnv := strings.CutPrefix(key, keyFromEnv)
	out := make([]string, 0, len(environ))
	for _, kv := range environ {
		name, _, _ := cutEnv(kv)
		if strings.HasPrefix(name, InputPrefix) || strings.HasPrefix(name, ContextPrefix) || fromEnv && name == keyVariable {
			continue
		}
		if (strings.HasPrefix(name, "ACTIONS_ID_TOKEN_REQUEST_") || name == tokenVariable) && !passOIDC {
			continue
		}
		out = append(out, kv)
	}
	return out
}

// withoutInputs takes out the inputs of this action itself: act hands them to the
// script as well, which the runner does not, and a wrapped action would take them
// for its own.
func withoutInputs(environ []string) []string {
	own := map[string]bool{}
	for _, in := range inputs() {
		own["INPUT_"+strings.ToUpper(in.name)] = true
		own[strings.Replace(InputVariable(in.name), InputPrefix, "INPUT_", 1)] = true
	}
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := cutEnv(kv)
		return own[name]
	})
}

// withEnv sets one variable, replacing any that is there.
func withEnv(environ []string, name, value string) []string {
	return append(withoutEnv(environ, name), name+"="+value)
}

// withoutEnv takes one variable out.
func withoutEnv(environ []string, name string) []string {
	out := make([]string, 0, len(environ)+1)
	for _, kv := range environ {
		if k, _, _ := cutEnv(kv); k != name {
			out = append(out, kv)
		}
	}
	return out
}

// cutEnv splits KEY=VALUE. A leading '=' belongs to the name, as Windows'
// per-drive variables have it.
func cutEnv(kv string) (name, value string, ok bool) {
	if kv == "" {
		return "", "", false
	}
	i := strings.IndexByte(kv[1:], '=')
	if i < 0 {
		return kv, "", false
	}
	return kv[:i+1], kv[i+2:], true
}

// getenv looks names up in a list of KEY=VALUE, as os.Getenv does in our own.
func getenv(env []string) func(name string) string {
	return func(name string) string {
		value, _ := lookupEnv(env, name)
		return value
	}
}

// lookupEnv returns the value of name in a list of KEY=VALUE. Of repeated
// names the last counts, as os/exec has it.
func lookupEnv(env []string, name string) (string, bool) {
	for i := len(env) - 1; i >= 0; i-- {
		if k, v, ok := cutEnv(env[i]); ok && k == name {
			return v, true
		}
	}
	return "", false
}
