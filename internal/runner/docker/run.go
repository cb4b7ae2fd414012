package docker

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Container is one run of an image, at one stage of an action.
type Container struct {
	// Image is best the Id that Inspect told before: a tag may have moved, and a
	// variable DOCKER_HOST of the step leads this call, and no other, to another
	// engine, which then does not know the image.
	Image      string
	Entrypoint string   // one word; empty: the image's
	Args       []string // verbatim
	Env        []string // NAME=value; see Environment
	Name       string   // see Name
	Labels     []string // see Label
	Host       Host
	Workdir    string // empty: /github/workspace
	Network    string // of the job's containers; empty: the engine's default
}

// namePattern is what the engine takes as a name.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// Run is the command that runs the container. The order of the flags and the
// variables that everybody gets are the runner's (DockerCommandManager.cs);
// --privileged and --pid are not among them. It fails if a variable or a folder
// has no spelling that the client understands.
func (c Container) Run() (Invocation, error) {
	fail := func(err error) (Invocation, error) {
		return Invocation{}, fmt.Errorf("run the image %s: %w", c.Image, err)
	}
	if err := checkImage(c.Image); err != nil {
		return fail(err)
	}
	if !namePattern.MatchString(c.Name) {
		return fail(fmt.Errorf("%q is not a name for a container", c.Name))
	}
	args := []string{"run", "--name", c.Name}
	for _, label := range c.Labels {
		args = append(args, "--label", label)
	}
	workdir := c.Workdir
	if workdir == "" {
		workdir = InWorkspace
	}
	args = append(args, "--workdir", workdir, "--rm")
	env := c.environment()
	flags, err := names(env)
	if err != nil {
		return fail(err)
	}
	for _, name := range flags {
		args = append(args, "-e", name)
	}
	if c.Entrypoint != "" {
		args = append(args, "--entrypoint", c.Entrypoint)
	}
	if c.Network != "" {
		args = append(args, "--network", c.Network)
	}
	for _, p := range c.Host.mounts() {
		flags, err := p.mountFlags()
		if err != nil {
			return fail(err)
		}
		args = append(args, flags...)
	}
	args = append(append(args, c.Image), c.Args...)
	if slices.ContainsFunc(args, func(s string) bool { return strings.Contains(s, "\x00") }) {
		return fail(errors.New("an argument has a NUL, which no program can be given"))
	}
	return Invocation{Args: args, Env: env}, nil
}

// environment adds what every container gets: GITHUB_ACTIONS whatever the step
// says, CI if it says nothing. The runner writes these two as NAME=true on the
// command line; here they are passed as all others are.
func (c Container) environment() []string {
	env := append(slices.Clone(c.Env), "GITHUB_ACTIONS=true")
	if !slices.ContainsFunc(c.Env, func(v string) bool { return strings.HasPrefix(v, "CI=") }) {
		env = append(env, "CI=true")
	}
	return lastOfEach(env)
}

// Limits are what a container action can do, or what is not seen of it, that
// evidence about the step must say. Each is a sentence.
func (c Container) Limits() []string {
	limits := []string{
		"the socket of the container engine was mounted: the action could start other containers, with any right and any folder of the machine",
		"the engine started the container: its processes are no descendants of the step",
	}
	for _, v := range c.Env {
		if name, _, _ := strings.Cut(v, "="); steersClient(name) {
			limits = append(limits, "the variable "+name+" of the step reached the docker client too, as on the runner")
		}
	}
	return limits
}

// steersClient says whether the client itself goes by a variable. All variables
// of the container are in the client's environment, on the runner as well.
// HOME, which every container gets, only leads the client to no configuration.
func steersClient(name string) bool {
	for _, prefix := range []string{"DOCKER_", "BUILDKIT_", "BUILDX_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Build is a build of an action's own Dockerfile.
type Build struct {
	Dir        string // the action's folder
	Dockerfile string // absolute, or relative to Dir
	Tag        string // see Tag
}

// Invocation is the command. Its context is the folder of the Dockerfile, which
// is not always the action's (ContainerActionHandler.cs).
func (b Build) Invocation() (Invocation, error) {
	file := b.Dockerfile
	if !filepath.IsAbs(file) {
		file = filepath.Join(b.Dir, file)
	}
	if !filepath.IsAbs(file) { // it could begin with -, or be a URL
		return Invocation{}, fmt.Errorf("build %s: not an absolute path", file)
	}
	if err := checkImage(b.Tag); err != nil {
		return Invocation{}, fmt.Errorf("build %s: %w", file, err)
	}
	return Invocation{Args: []string{"build", "-t", b.Tag, "-f", file, filepath.Dir(file)}}, nil
}

// Pull is the command that gets an image; see Client.Pull for the attempts. The
// runner pulls before every job, whether or not the engine has the image.
func Pull(image string) Invocation { return Invocation{Args: []string{"pull", image}} }

// Inspect is the command that tells what an image is; ParseInspect reads it.
func Inspect(image string) Invocation {
	return Invocation{Args: []string{"image", "inspect", "--format", inspectFormat, image}, Quiet: true}
}

// Remove ends a container that its client no longer waits for. The runner has no
// such call: it leaves the container when it kills the client.
func Remove(name string) Invocation {
	return Invocation{Args: []string{"rm", "--force", name}, Quiet: true}
}

// Label is the mark of all containers and images of one runner: six hex digits.
// The runner makes it of its configuration file.
func Label(runner string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(runner)))[:6]
}

// Tag names the image that is built for one step, by the label and an id of 32
// hex digits.
func Tag(label, id string) string { return label + ":" + id }

// Name is the name of a container: the image's letters, digits and underscores
// from the first letter on, and six characters that make it unique.
func Name(image, unique string) string {
	var b strings.Builder
	for _, r := range image {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if letter || b.Len() > 0 && (r >= '0' && r <= '9' || r == '_') {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return "action_" + unique // docker wants a letter or digit first
	}
	return b.String() + "_" + unique
}
