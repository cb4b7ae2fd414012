package action

import "github.com/org/cilock-action/internal/verdict"

// maxScript is the longest script that is passed as one argument: Linux takes
// at most 128 KiB in a single one (MAX_ARG_STRLEN, include/uapi/linux/binfmts.h).
const maxScript = 120 << 10

// shellCommand is the argv that runs a script as the runner's own `run:` step
// would, with one difference: the script is an argument and not a temporary
// file, so that the evidence, and a policy over cmd, sees what ran.
// The options are those of the runner's templates (actions/runner v2.336.0).
func shellCommand(shell, script string) ([]string, error) {
	if len(script) > maxScript {
		return nil, verdict.Misuse("input command has %d bytes, at most %d fit in one argument: put the script in a file and run that", len(script), maxScript)
	}
	switch shell {
	case "", "bash":
		return []string{"bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script}, nil
	case "sh":
		return []string{"sh", "-e", "-c", script}, nil
	case "python":
		return []string{"python", "-c", script}, nil
	case "pwsh":
		return []string{
			"pwsh", "-NoLogo", "-NoProfile", "-NonInteractive", "-Command",
			"$ErrorActionPreference = 'stop'\n" + script + "\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }",
		}, nil
	}
	return nil, verdict.Misuse("input shell is %q, expected bash, sh, python or pwsh", shell)
}
