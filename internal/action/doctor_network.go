package action

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/org/cilock-action/pkg/attest"
)

// hostTimeout bounds the question to one host. All are asked at once.
const hostTimeout = 10 * time.Second

func oidcCheck(d Deps) Check {
	c := Check{
		Name: "oidc", Found: "no OIDC token can be had", Cost: "evidence cannot be signed keylessly, and the claims of the job's token are not in it",
		Fix: "in a workflow: permissions: id-token: write",
	}
	if d.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL") != "" && d.Getenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN") != "" {
		c.State, c.Found = StateOK, "the job may ask for a token"
	}
	return c
}

// runHosts are the places that a run would ask, each once, without paths: those
// are of no use here, and the token service's is not for others to see.
func runHosts(d Deps) (hosts []string) {
	public := attest.PublicInstance()
	all := append([]string{public.Fulcio, public.Rekor}, public.Timestamps...)
	all = append(all, cmp.Or(d.Getenv("GITHUB_SERVER_URL"), "https://github.com"), cmp.Or(d.Getenv("GITHUB_API_URL"), "https://api.github.com"))
	if token := d.Getenv("ACTIONS_ID_TOKEN_REQUEST_URL"); token != "" {
		all = append(all, token)
	}
	for _, text := range all {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			continue
		}
		if host := u.Scheme + "://" + u.Host; !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// networkCheck names the hosts, and asks them nothing unless it is told to.
func networkCheck(ctx context.Context, in DoctorInputs, d Deps) Check {
	hosts := runHosts(d)
	var names []string
	for _, h := range hosts {
		_, name, _ := strings.Cut(h, "://")
		names = append(names, name)
	}
	c := Check{
		Name: "network", State: StateUnknown, Found: "not asked; a run would ask " + strings.Join(names, ", "),
		Cost: "without them nothing is signed keylessly, and nothing is proved about actions; a run with a key and --resolve local asks nobody",
		Fix:  "cilock doctor --online asks each of them once",
	}
	if !in.Online {
		return c
	}
	var unreachable []string
	for i, err := range askAll(ctx, hosts) {
		if err != nil {
			unreachable = append(unreachable, fmt.Sprintf("%s (%s)", names[i], oneLine(err.Error(), 200)))
		}
	}
	if len(unreachable) > 0 {
		c.State, c.Found, c.Fix = stateMissing, "no answer from "+strings.Join(unreachable, ", "), "let this machine reach them, or name a proxy in HTTPS_PROXY"
		return c
	}
	c.State, c.Found = StateOK, "all answer: "+strings.Join(names, ", ")
	return c
}

// askAll asks for the root of each host. Any answer will do.
func askAll(ctx context.Context, hosts []string) []error {
	client := &http.Client{Timeout: hostTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	errs := make([]error, len(hosts))
	var wg sync.WaitGroup
	for i, host := range hosts {
		wg.Go(func() {
			request, err := http.NewRequestWithContext(ctx, http.MethodHead, host+"/", nil)
			if err != nil {
				errs[i] = err
				return
			}
			response, err := client.Do(request)
			if err != nil {
				if wrapped := new(url.Error); errors.As(err, &wrapped) {
					err = wrapped.Err // without the address, which is named already
				}
				errs[i] = err
				return
			}
			response.Body.Close()
		})
	}
	wg.Wait()
	return errs
}
