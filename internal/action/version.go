package action

import (
	"runtime"
	"runtime/debug"

	"github.com/org/cilock-action/internal/verdict"
)

// Version prints what this program is, as far as its build has recorded it.
func Version(d Deps) (int, error) {
	version, commit := "(unknown)", "not recorded (built without version control)"
	if v := buildVersion(); v != "" {
		version = v
	}
	if info, ok := debug.ReadBuildInfo(); ok {
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

// buildVersion is the version of our module, or empty where the build did not record it.
func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return ""
}
