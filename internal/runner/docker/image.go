package docker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/org/cilock-action/pkg/actionref"
)

const scheme = "docker://"

// ImageRef reads runs.image of action.yml, or the uses of a step: docker://REF,
// or a Dockerfile, whose path is relative to dir, the action's folder, and never
// to the workspace. For an image it returns REF, for a Dockerfile its absolute
// path and build. The scheme is without case here (ContainerActionHandler.cs);
// what counts as a Dockerfile is in DockerUtil.cs.
func ImageRef(image, dir string) (ref string, build bool, err error) {
	if len(image) >= len(scheme) && strings.EqualFold(image[:len(scheme)], scheme) {
		ref = image[len(scheme):]
		if err := checkImage(ref); err != nil {
			return "", false, err
		}
		return ref, false, nil
	}
	base := path.Base(image)
	lower := strings.ToLower(base[:min(1, len(base))]) + base[min(1, len(base)):]
	if !strings.HasPrefix(lower, "dockerfile.") && !strings.HasSuffix(base, "Dockerfile") && !strings.HasSuffix(base, "dockerfile") {
		return "", false, fmt.Errorf("image %q is neither docker://IMAGE nor the path of a Dockerfile", image)
	}
	ref, err = dockerfile(image, dir)
	return ref, err == nil, err
}

// dockerfile finds a Dockerfile below dir, which no link may lead out of.
func dockerfile(name, dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the Dockerfile %q: %w", name, err)
	}
	local := filepath.FromSlash(name)
	if !filepath.IsLocal(local) {
		return "", fmt.Errorf("find the Dockerfile %q: it leads out of the action's folder %s", name, dir)
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return "", fmt.Errorf("open the action's folder: %w", err)
	}
	defer root.Close()
	info, err := root.Stat(local)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("find the Dockerfile %q: it is not in the action's folder %s: %w", name, dir, err)
	case err != nil: // a link that leads out, too
		return "", fmt.Errorf("find the Dockerfile %q in the action's folder %s: %w", name, dir, err)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("find the Dockerfile %q in the action's folder %s: it is not a file", name, dir)
	}
	return filepath.Join(abs, local), nil
}

// checkImage refuses what the client would not take as one image: a flag, an
// empty name, white space.
func checkImage(ref string) error {
	if strings.HasPrefix(ref, "-") {
		return fmt.Errorf("image %q: the name of an image does not begin with -", ref)
	}
	if strings.ContainsFunc(ref, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return fmt.Errorf("image %q: no image has white space in its name", ref)
	}
	if r := actionref.Parse(scheme+ref, actionref.InRunsImage); r.Kind() != actionref.KindImage {
		return fmt.Errorf("image %q: %s", ref, r.Why())
	}
	return nil
}

// Pinned returns the digest that the name of an image pins it by, sha256:HEX, or
// nothing: a tag can be moved.
func Pinned(ref string) string {
	return actionref.Parse(scheme+ref, actionref.InRunsImage).Digest()
}

// Image is an image as the engine has it.
type Image struct {
	ID string // sha256:HEX of its configuration; also of an image that was built here
	// Digests are NAME@sha256:HEX, of the manifests in registries that it came
	// from. An image that was built here has none.
	Digests      []string
	OS           string
	Architecture string
}

// inspectFormat keeps the answer small: an image can have any labels.
const inspectFormat = `{"Id":{{json .Id}},"RepoDigests":{{json .RepoDigests}},"Os":{{json .Os}},"Architecture":{{json .Architecture}}}`

// Bounds on what is read of an inspection.
const (
	maxInspect = 1 << 20
	maxDigests = 1000
	maxWord    = 64 // bytes of an operating system or architecture
)

var (
	idPattern         = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	repoDigestPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}$`)
)

// ParseInspect reads what the command of Inspect prints, or a list of one such
// object, as without a format. What is no digest is an error: it would be signed.
func ParseInspect(data []byte) (Image, error) {
	if len(data) > maxInspect {
		return Image{}, fmt.Errorf("read the inspection of an image: longer than %d bytes", maxInspect)
	}
	type object struct {
		ID           string `json:"Id"`
		RepoDigests  []string
		OS           string `json:"Os"`
		Architecture string
	}
	var all []object
	text := strings.TrimSpace(string(data))
	if strings.HasPrefix(text, "{") {
		text = "[" + text + "]"
	}
	d := json.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&all); err != nil {
		return Image{}, fmt.Errorf("read the inspection of an image: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || len(all) != 1 {
		return Image{}, fmt.Errorf("read the inspection of an image: not one object")
	}
	o := all[0]
	if !idPattern.MatchString(o.ID) {
		return Image{}, fmt.Errorf("read the inspection of an image: %.100q is not an Id", o.ID)
	}
	if len(o.RepoDigests) > maxDigests {
		return Image{}, fmt.Errorf("read the inspection of an image: %d digests are more than %d", len(o.RepoDigests), maxDigests)
	}
	// Older engines list an image without a repository as <none>@<none>.
	digests := slices.DeleteFunc(o.RepoDigests, func(s string) bool { return strings.HasPrefix(s, "<none>@") })
	for _, digest := range digests {
		if !repoDigestPattern.MatchString(digest) {
			return Image{}, fmt.Errorf("read the inspection of an image: %.200q is not NAME@DIGEST", digest)
		}
	}
	if len(o.OS) > maxWord || len(o.Architecture) > maxWord {
		return Image{}, fmt.Errorf("read the inspection of an image: its platform is longer than %d bytes", maxWord)
	}
	return Image{o.ID, digests, o.OS, o.Architecture}, nil
}

// Digest is the digest that the image has in the registry and repository of ref,
// the name that it was pulled by; empty if the engine knows none. It is an error
// if ref pins another one.
func (i Image) Digest(ref string) (string, error) {
	var known []string
	for _, entry := range i.Digests {
		name, digest, _ := strings.Cut(entry, "@")
		if repository(name) == repository(ref) {
			known = append(known, digest)
		}
	}
	if pin := Pinned(ref); pin != "" {
		if !slices.Contains(known, pin) {
			return "", fmt.Errorf("image %s: the engine has it with digest %q", ref, known)
		}
		return pin, nil
	}
	if len(known) == 0 {
		return "", nil
	}
	return known[0], nil
}

// repository is the one spelling of a repository, without tag and digest. The
// engine leaves out docker.io/library/.
func repository(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		ref = ref[:i]
	}
	for _, host := range []string{"docker.io/", "index.docker.io/"} {
		ref = strings.TrimPrefix(ref, host)
	}
	return strings.TrimPrefix(ref, "library/")
}
