package attest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	sigroot "github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/tuf"
	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"
)

// Repository is where an instance of Sigstore publishes its authorities and its
// services, as The Update Framework has it
// (https://theupdateframework.github.io/specification/): signed by keys that
// the root names, and valid for some days.
//
// Nothing is kept from one time to the next. Metadata that is old but still
// valid is therefore not recognised as such: the age of what is fetched is the
// repository's word within the life of its timestamp.
type Repository struct {
	URL string // of the metadata; targets are below it
	// Root is the root.json that trust starts from, of any version: newer ones
	// are fetched, each signed by the one before. Nil is the one of Sigstore's
	// public instance that sigstore-go carries.
	Root      []byte
	Transport http.RoundTripper // nil is http.DefaultTransport
}

// PublicRepository is that of Sigstore's public instance
// (https://docs.sigstore.dev/about/the-public-good-instance/).
const PublicRepository = tuf.DefaultMirror

// MaxRootSize bounds a root.json, in bytes, as go-tuf does.
const MaxRootSize = 512_000

// Published is what a repository says of its instance.
type Published struct {
	TrustedRoot   []byte // trusted_root.json
	SigningConfig []byte // signing_config.v0.2.json; nil if there is none
}

// The names of the targets, which all of Sigstore's clients read.
const (
	trustedRootTarget   = "trusted_root.json"
	signingConfigTarget = "signing_config.v0.2.json"
)

// Fetch gets both files and proves them by the repository's metadata. The error
// is a *ServiceError. A repository that cannot be reached for the moment is
// asked again until ctx ends.
func (r Repository) Fetch(ctx context.Context) (p Published, err error) {
	root := r.Root
	if root == nil {
		root = tuf.DefaultRoot()
	}
	if err := checkBase(r.URL); err != nil {
		return p, &ServiceError{tufName, shown(r.URL), 0, err}
	}
	from := &downloads{ctx: ctx, leg: leg{service: tufName, url: r.URL, base: r.Transport}}
	up, err := r.refreshed(root, from)
	if err != nil {
		return p, from.explain(err)
	}
	if p.TrustedRoot, err = target(up, trustedRootTarget); err != nil {
		return p, from.explain(err)
	}
	if _, err = ParseTrustedRoot(p.TrustedRoot); err != nil {
		return p, from.explain(err)
	}
	if up.GetTopLevelTargets()[signingConfigTarget] == nil {
		return p, nil
	}
	if p.SigningConfig, err = target(up, signingConfigTarget); err == nil {
		_, err = sigroot.NewSigningConfigFromJSON(p.SigningConfig)
	}
	if err != nil {
		return Published{}, from.explain(err)
	}
	return p, nil
}

// refreshed is a client with the newest metadata.
func (r Repository) refreshed(root []byte, from *downloads) (*updater.Updater, error) {
	c, err := config.New(strings.TrimRight(r.URL, "/"), root)
	if err != nil {
		return nil, err
	}
	c.Fetcher, c.DisableLocalCache = from, true
	c.LocalMetadataDir = os.DevNull // it reads there all the same; empty would be the current folder
	up, err := updater.New(c)
	if err != nil {
		return nil, fmt.Errorf("the root.json to start from: %w", err)
	}
	return up, up.Refresh()
}

// target downloads a file and compares it with what the metadata says of it. Whoever
// signs the metadata may say that it is of any size.
func target(up *updater.Updater, name string) ([]byte, error) {
	info, err := up.GetTargetInfo(name)
	if err != nil {
		return nil, err
	}
	if info.Length > MaxTrustedRootSize {
		return nil, fmt.Errorf("%s has %d bytes, at most %d are read", name, info.Length, MaxTrustedRootSize)
	}
	_, data, err := up.DownloadTarget(info, "", "")
	return data, err
}

// tufName is what errors call the repository.
const tufName = "the TUF repository"

// downloads is go-tuf's Fetcher over a leg, whose bounds, retries and refusals
// it has. go-tuf gives it no context.
type downloads struct {
	ctx    context.Context
	leg    leg
	failed error // the last that was not an answer about a file
}

// DownloadFile fetches one file of at most max bytes.
func (d *downloads) DownloadFile(url string, most int64, _ time.Duration) (data []byte, err error) {
	err = d.leg.do(d.ctx, func(ctx context.Context, transport http.RoundTripper) error {
		transport.(*bounded).most = most
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := (&http.Client{Transport: transport}).Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		data, err = io.ReadAll(resp.Body) // bounded by the transport
		return err
	})
	d.failed = err
	// So a repository says that there is no newer root; some stores of files
	// answer 403 to whoever may not list what they have.
	if none := new(refusal); errors.As(err, &none) && (none.status == http.StatusNotFound || none.status == http.StatusForbidden) {
		return nil, &metadata.ErrDownloadHTTP{StatusCode: http.StatusNotFound, URL: url}
	}
	return data, err
}

// explain gives the error of the network where that was the last thing to
// happen, which go-tuf wraps in the names of its stages, and the metadata's fault
// elsewhere.
func (d *downloads) explain(err error) error {
	if d.failed != nil {
		return d.failed
	}
	return &ServiceError{tufName, shown(d.leg.url), 1, errors.New(quote(err.Error()))}
}
