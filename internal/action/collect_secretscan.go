package action

import "context"

// secretsCollector accounts for the scan of what the step printed, which is over
// by then (see settle) or a gap. What the scan found, here and in the products, becomes the section that deriveSecrets makes.
type secretsCollector struct{ scan *secretScan }

func (secretsCollector) Name() string { return secretscanName }

func (c secretsCollector) Start(context.Context, Target) (Stop, error) {
	return func(_ context.Context, s Step) (Section, error) {
		if c.scan.get() == nil {
			return Section{}, c.scan.err
		}
		c.scan.mu.Lock()
		taps := c.scan.taps
		c.scan.mu.Unlock()
		var gaps []string
		for _, t := range taps {
			select {
			case <-t.done:
			default:
				if s.Started {
					gaps = append(gaps, t.name+" was not scanned to its end: there was no time left")
				}
			}
		}
		return Section{Phase: PostProduct, Gaps: gaps}, nil
	}, nil
}
