package action

import (
	"runtime"
	"runtime/debug"

	"github.com/org/cilock-action/internal/verdict"
)

// Version prints what this program is, as far as its build has recorded it.
func Version(d Deps) (int, error) {
	version, commit := "(unknown)", "not recorded (built without version control)"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			version = info.Main.Version
		}
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if settings["vcs.revision"] != "" {
			commit = settings["vcs.revision"]
			if settings["vcs.modified"] == "true" {
				commit += ", with changes"
			}
		}
	}
	for _, line := range []string{
		"cilock " + version, "commit: " + commit, "go: " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, "fips: " + fipsCheck().Found,
	} {
		if err := d.Sink.Line(line); err != nil {
			return verdict.ExitIO, err
		}
	}
	return verdict.ExitOK, nil
}
