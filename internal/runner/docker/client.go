package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The causes of what keeps a container action from being started at all.
var (
	ErrNoClient = errors.New("a docker action needs Docker")
	ErrNoEngine = errors.New("a docker action needs a Docker engine that answers")
)

// Find looks the client up, with exec.LookPath for one.
func Find(look func(string) (string, error)) (path string, err error) {
	path, err = look("docker")
	if err != nil {
		return "", fmt.Errorf("%w: looked for the program docker in PATH: %w", ErrNoClient, err)
	}
	return path, nil
}

var apiVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+(\.[0-9]+)?$`)

// Check asks for the engine, so that an action whose engine is missing fails
// before anything of it has run (DockerCommandManager.cs).
func Check(ctx context.Context, exec Exec) error {
	answer, code, err := ask(ctx, exec, Invocation{Args: []string{"version", "--format", "{{.Server.APIVersion}}"}, Quiet: true})
	switch {
	case err != nil:
		return fmt.Errorf("ask for the Docker engine: %w", err)
	case code != 0:
		return fmt.Errorf("%w: docker version ended with code %d: %s", ErrNoEngine, code, answer.says())
	}
	if version := strings.TrimSpace(answer.out.kept.String()); !apiVersion.MatchString(version) {
		return fmt.Errorf("%w: its version is %.100q", ErrNoEngine, version)
	}
	return nil
}

// Client calls the docker client through Exec.
type Client struct {
	Exec Exec
	// Wait passes the time between two attempts to pull, after the given one;
	// the runner takes a random time of 1 to 10 seconds. An error ends the
	// attempts. Nil does not wait.
	Wait func(ctx context.Context, attempt int) error
}

// attempts is how often an image is asked for (ActionManager.cs).
const attempts = 3

// Prepare pulls the image, or builds the Dockerfile under the given tag, and says
// what the engine has then: what image, dir and tag are is in ImageRef and Tag.
// To run it, give Container the Id. digest is the registry's, empty for an image
// that was built.
func (c Client) Prepare(ctx context.Context, image, dir, tag string) (found Image, digest string, err error) {
	ref, build, err := ImageRef(image, dir)
	if err != nil {
		return Image{}, "", err
	}
	if build {
		if err = c.Build(ctx, Build{Dir: dir, Dockerfile: ref, Tag: tag}); err == nil {
			found, err = c.Inspect(ctx, tag)
		}
		return found, "", err
	}
	if err = c.Pull(ctx, ref); err != nil {
		return Image{}, "", err
	}
	if found, err = c.Inspect(ctx, ref); err != nil {
		return Image{}, "", err
	}
	digest, err = found.Digest(ref)
	return found, digest, err
}

// Pull gets an image, in up to three attempts.
func (c Client) Pull(ctx context.Context, image string) error {
	if err := checkImage(image); err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		code, err := c.Exec(ctx, Pull(image))
		switch {
		case err != nil:
			return fmt.Errorf("pull %s: %w", image, err)
		case code == 0:
			return nil
		case attempt == attempts:
			return fmt.Errorf("pull %s: docker pull failed with exit code %d, in attempt %d of %d", image, code, attempt, attempts)
		case ctx.Err() != nil:
			return fmt.Errorf("pull %s: %w", image, ctx.Err())
		}
		if c.Wait != nil {
			if err := c.Wait(ctx, attempt); err != nil {
				return fmt.Errorf("pull %s: wait after attempt %d of %d: %w", image, attempt, attempts, err)
			}
		}
	}
}

// Build builds an image.
func (c Client) Build(ctx context.Context, b Build) error {
	invocation, err := b.Invocation()
	if err != nil {
		return err
	}
	code, err := c.Exec(ctx, invocation)
	if err != nil {
		return fmt.Errorf("build %s: %w", b.Dockerfile, err)
	}
	if code != 0 {
		return fmt.Errorf("build %s: docker build failed with exit code %d", b.Dockerfile, code)
	}
	return nil
}

// Inspect says what an image is that the engine has.
func (c Client) Inspect(ctx context.Context, image string) (Image, error) {
	if err := checkImage(image); err != nil {
		return Image{}, err
	}
	answer, code, err := ask(ctx, c.Exec, Inspect(image))
	if err != nil {
		return Image{}, fmt.Errorf("inspect the image %s: %w", image, err)
	}
	if code != 0 {
		return Image{}, fmt.Errorf("inspect the image %s: exit code %d: %s", image, code, answer.says())
	}
	found, err := ParseInspect(answer.out.kept.Bytes())
	if err != nil {
		return Image{}, fmt.Errorf("inspect the image %s: %w", image, err)
	}
	return found, nil
}

// Run runs a container and returns the exit code of what ran in it. The client
// itself ends with 125 if it could not have it run, with 126 and 127 if the entry
// point cannot be run or is not there: a step fails by these as by any other.
func (c Client) Run(ctx context.Context, container Container) (exitCode int, err error) {
	invocation, err := container.Run()
	if err != nil {
		return 0, err
	}
	if exitCode, err = c.Exec(ctx, invocation); err != nil {
		return exitCode, fmt.Errorf("run the image %s: %w", container.Image, err)
	}
	return exitCode, nil
}

// answer is what a short command printed.
type answer struct{ out, err bounded }

// ask runs a command whose output is for us.
func ask(ctx context.Context, exec Exec, c Invocation) (*answer, int, error) {
	a := new(answer)
	c.Output, c.Errors = &a.out, &a.err
	code, err := exec(ctx, c)
	return a, code, err
}

// says is the beginning of what the client complained about, on one line.
func (a *answer) says() string {
	return fmt.Sprintf("%.300q", strings.TrimSpace(a.err.kept.String()))
}

// bounded keeps the beginning of what is written to it: one byte more than
// ParseInspect takes, so that it can say so.
type bounded struct{ kept bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := maxInspect + 1 - b.kept.Len(); room > 0 {
		b.kept.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
